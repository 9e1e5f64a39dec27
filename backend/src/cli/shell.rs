//! What a shell and `man` know of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::operator;

/// For which shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell: `source <(latchkey completions bash)`.
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub struct Man {
    /// A folder such as /usr/local/share/man/man1. Made when absent.
    folder: PathBuf,
}

/// Prints what a shell completes.
pub fn completions(command: &Completions, mut cli: clap::Command) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut cli, "latchkey", &mut script);
    operator::write(&String::from_utf8_lossy(&script))
}

/// Writes a page for each command.
pub fn man(command: &Man, cli: clap::Command) -> Result<(), String> {
    let written =
        std::fs::create_dir_all(&command.folder).and_then(|()| clap_mangen::generate_to(cli, &command.folder));
    written.map_err(|error| format!("{}: {error}", command.folder.display()))
}
