//! The command line.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use latchkey_shared::{Email, Role};

use crate::{
    accounts::user_add::{self, NewUser},
    clock::Clock,
    config::{self, Config, DataConfig},
    rng::Rng,
    serve,
    store::Store,
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
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user to the account. The password is read from LATCHKEY_USER_PASSWORD.
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
}

/// Runs the command line. What goes wrong is one line on standard error, and an exit code that is not 0.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
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

async fn add_user(add: UserAdd) -> Result<(), String> {
    let password = std::env::var("LATCHKEY_USER_PASSWORD")
        .map_err(|_| "set LATCHKEY_USER_PASSWORD to the user's password".to_owned())?;
    let store = Store::connect(&add.data.database_url()).await.map_err(|error| error.to_string())?;
    let account = store.first_account().await.map_err(|error| error.to_string())?;
    let account = account.ok_or("there is no account yet: start the server once")?;
    let (clock, rng) = (Clock::system(), Rng::system());
    let tx = store.begin().await.map_err(|error| error.to_string())?;
    let new = NewUser { email: add.email, name: add.name, role: add.role, password };
    user_add::add(&tx, &clock, &rng, &account.id, new).await.map_err(|error| error.to_string())?;
    tx.commit().await.map_err(|error| error.to_string())
}
