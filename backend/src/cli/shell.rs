//! What a shell and `man` know of the command line.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::Args;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell: `source <(latchkey completions bash)`.
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub struct Man {
    /// A folder that is there, such as /usr/local/share/man/man1.
    folder: PathBuf,
}

/// Prints what a shell completes.
pub fn completions(command: &Completions, mut cli: clap::Command) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut cli, "latchkey", &mut script);
    io::stdout().write_all(&script).map_err(|error| error.to_string())
}

/// Writes a page for each command.
pub fn man(command: &Man, cli: clap::Command) -> Result<(), String> {
    clap_mangen::generate_to(cli, &command.folder).map_err(|error| format!("{}: {error}", command.folder.display()))
}
