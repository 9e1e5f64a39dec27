//! The command line.

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use latchkey_shared::{Email, Role};

use crate::{
    accounts::user_add::{self, NewUser},
    clock::Clock,
    config::{self, Config, DataConfig, KeyConfig},
    events::Action,
    keys::{KeyFileError, Keys},
    rng::Rng,
    serve,
    store::{NewEvent, Store, sqlite_path},
};

/// A self-hosted console, API and gatekeeper for integration tokens.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is told to stop.
    Serve(Box<Config>),
    /// Manage the people who sign in.
    #[command(subcommand)]
    User(UserCommand),
    /// Print the pepper: the one key that gatekeepers need. Whoever has it cannot see a key, but can tell whether a key is
    /// right for a digest in the database.
    Pepper(PepperConfig),
    /// Look at the accounts that own tokens.
    #[command(subcommand)]
    Account(AccountCommand),
}

#[derive(Debug, Args)]
struct PepperConfig {
    #[command(flatten)]
    data: DataConfig,

    #[command(flatten)]
    key: KeyConfig,
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Print every account: its id, a tab, its name.
    List(DataConfig),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user to an account. The password is read from LATCHKEY_USER_PASSWORD.
    Add(UserAdd),
}

#[derive(Debug, Args)]
struct UserAdd {
    #[command(flatten)]
    data: DataConfig,

    /// The address to sign in with.
    #[arg(long, value_parser = config::email)]
    email: Email,

    /// The name shown beside what they do.
    #[arg(long)]
    name: String,

    /// What they may do: viewer, member or admin.
    #[arg(long, value_parser = |text: &str| Role::from_word(text).ok_or("must be viewer, member or admin"))]
    role: Role,

    /// The account to which they belong. By default the first one.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// Runs the command line. What goes wrong is one line on standard error, and an exit code that is not 0.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            // One line: what is wrong. How it is right is a `--help` away.
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            return failed(&format!("{line} (see latchkey --help)"));
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("starting: {error}")),
    };
    let done = match cli.command {
        Command::Serve(mut config) => {
            config.admin_password = std::env::var("LATCHKEY_ADMIN_PASSWORD").ok();
            runtime.block_on(serve::serve(*config)).map_err(|error| error.to_string())
        }
        Command::User(UserCommand::Add(add)) => runtime.block_on(add_user(add)),
        Command::Pepper(config) => print_pepper(&config),
        Command::Account(AccountCommand::List(data)) => runtime.block_on(list_accounts(&data)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("latchkey: {}", message.replace('\n', " "));
    ExitCode::FAILURE
}

/// The database of a server that was started at least once: these commands make none.
async fn existing(data: &DataConfig) -> Result<Store, String> {
    let never_started = || "there is no Latchkey database here yet: start the server once".to_owned();
    let url = data.database_url();
    if sqlite_path(&url).is_some_and(|path| !Path::new(path).exists()) {
        return Err(never_started());
    }
    let store = Store::connect(&url).await.map_err(|error| error.to_string())?;
    match store.has_tables().await {
        Ok(true) => Ok(store),
        Ok(false) => Err(never_started()),
        Err(error) => Err(error.to_string()),
    }
}

fn print_pepper(config: &PepperConfig) -> Result<(), String> {
    let missing = || KeyFileError::Missing(config.key.path(&config.data)).to_string();
    let master = config.key.given(&config.data).map_err(|error| error.to_string())?.ok_or_else(missing)?;
    let pepper = crate::hex(Keys::derive(&master).pepper.as_slice());
    writeln!(io::stdout(), "{pepper}").map_err(|error| error.to_string())
}

async fn list_accounts(data: &DataConfig) -> Result<(), String> {
    let accounts = existing(data).await?.accounts().await.map_err(|error| error.to_string())?;
    let lines: String = accounts.iter().map(|account| format!("{}\t{}\n", account.id, account.name)).collect();
    io::stdout().write_all(lines.as_bytes()).map_err(|error| error.to_string())
}

async fn add_user(add: UserAdd) -> Result<(), String> {
    let password = std::env::var("LATCHKEY_USER_PASSWORD")
        .map_err(|_| "set LATCHKEY_USER_PASSWORD to the user's password".to_owned())?;
    let store = existing(&add.data).await?;
    let account = match &add.account {
        Some(id) => store
            .account(id)
            .await
            .map_err(|error| error.to_string())?
            .ok_or(format!("--account: there is no account {id}"))?,
        None => store.first_account().await.map_err(|error| error.to_string())?.ok_or("there is no account yet")?,
    };
    let (clock, rng) = (Clock::system(), Rng::system());
    let tx = store.begin().await.map_err(|error| error.to_string())?;
    let new = NewUser { email: add.email, name: add.name, role: add.role, password };
    let user = user_add::add(&tx, &clock, &rng, &account.id, new).await.map_err(|error| error.to_string())?;
    let event = NewEvent {
        account_id: account.id,
        at: clock.now().unix(),
        actor_id: "CLI".to_owned(),
        actor_name: "Command line".to_owned(),
        action: Action::UserAdded.as_str(),
        object_id: user.id,
        object_name: user.name,
        address: String::new(),
        request_id: String::new(),
        details: serde_json::json!({ "role": user.role }).to_string(),
    };
    tx.record(event).await.map_err(|error| error.to_string())?;
    tx.commit().await.map_err(|error| error.to_string())
}
