//! The command line: the server, and what an operator does without the console.
//!
//! A file per noun. The commands work on the database while servers run, are events in the audit trail like any change,
//! and say what they did, with `--json` for programs. How running servers hear of them: `docs/adr/0008`.

mod account;
mod catalogue;
mod explain;
mod observed;
mod operator;
mod reload;
mod session;
mod shell;
mod token;
mod user;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, builder::Resettable};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    config::{self, Config, DataConfig, KeyConfig},
    keys::Keys,
    serve,
    store::without_passwords,
};

/// The number of SIGXFSZ on Linux, for which tokio has no name.
const SIGXFSZ: i32 = 25;

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
    /// List, add, disable and enable users, and set their passwords.
    #[command(subcommand)]
    User(user::Command),
    /// End the sessions of users.
    #[command(subcommand)]
    Session(session::Command),
    /// Create, list, show, rotate, disable, enable and delete tokens, and grant them modules.
    #[command(subcommand)]
    Token(token::Command),
    /// List, add and rename the accounts that own tokens.
    #[command(subcommand)]
    Account(account::Command),
    /// Check a catalogue, say what it would change, or make one from an OpenAPI document.
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// Have every server that works with this database read its catalogue again, without dropping a request.
    Reload(reload::Reload),
    /// Say what would become of a request with the key of a token, and which rules decide.
    Explain(explain::Explain),
    /// Print what APIs in observe mode let pass and would have refused.
    Observed(observed::Observed),
    /// Print what a shell completes.
    Completions(shell::Completions),
    /// Write the manual pages.
    Man(shell::Man),
    /// Print the pepper: the one key that gatekeepers need. Whoever has it cannot see a key, but can tell whether a key
    /// is right for a digest in the database.
    Pepper(PepperConfig),
}

#[derive(Debug, Args)]
struct PepperConfig {
    #[command(flatten)]
    data: DataConfig,

    #[command(flatten)]
    key: KeyConfig,
}

/// Runs the command line. What goes wrong is one line on standard error, and an exit code that is not 0.
#[must_use]
pub fn run() -> ExitCode {
    let parsed = without_empty_variables(Cli::command()).try_get_matches().and_then(|it| Cli::from_arg_matches(&it));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            // One line: what is wrong, which is the first paragraph. How it is right is a `--help` away.
            let text = error.to_string();
            let paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
            let line = paragraph.join(" ");
            let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage: ")).unwrap_or("latchkey");
            let is_command = |word: &&str| word.starts_with(|first: char| first.is_ascii_lowercase());
            let command: Vec<&str> = usage.split(' ').take_while(is_command).collect();
            return failed(&format!("{} (see {} --help)", line.trim_start_matches("error: "), command.join(" ")));
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("starting: {error}")),
    };
    // Before anything is written: a file that has reached the limit of `ulimit -f` is a failed write, and not the end.
    let _ = runtime.block_on(async { signal(SignalKind::from_raw(SIGXFSZ)) });
    let done = match cli.command {
        Command::Serve(mut config) => config::password("LATCHKEY_ADMIN_PASSWORD").and_then(|password| {
            config.admin_password = password;
            runtime.block_on(serve::serve(*config)).map_err(|error| error.to_string())
        }),
        Command::User(command) => runtime.block_on(user::run(command)),
        Command::Session(command) => runtime.block_on(session::run(command)),
        Command::Token(command) => runtime.block_on(token::run(command)),
        Command::Account(command) => runtime.block_on(account::run(command)),
        Command::Catalogue(command) => runtime.block_on(catalogue::run(command)),
        Command::Reload(command) => runtime.block_on(reload::run(command)),
        Command::Explain(command) => runtime.block_on(explain::run(command)),
        Command::Observed(command) => runtime.block_on(observed::run(command)),
        Command::Completions(command) => shell::completions(&command, Cli::command()),
        Command::Man(command) => shell::man(&command, Cli::command()),
        Command::Pepper(config) => print_pepper(&config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(&message),
    }
}

/// A variable of the environment that is there and empty counts as not given.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty_variables)
}

fn failed(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "latchkey: {}", without_passwords(&message.replace('\n', " ")));
    ExitCode::FAILURE
}

fn print_pepper(config: &PepperConfig) -> Result<(), String> {
    let missing = || format!("there is no master key in {}", config.key.path(&config.data).display());
    let master = config.key.given(&config.data).map_err(|error| error.to_string())?.ok_or_else(missing)?;
    let pepper = crate::hex(Keys::derive(&master).pepper.as_slice());
    writeln!(io::stdout(), "{pepper}").map_err(|error| error.to_string())
}
