//! `cargo xtask run`: build everything, then become the server.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::steps::Steps;
use crate::{Result, build, process, workspace};

/// Enough to try the server out, in half the build time of a release.
pub const PROFILE: &str = "quick";

pub fn main(flags: &[String]) -> Result {
    build::all(&mut Steps::of("run")?, PROFILE)?;
    // Not a child but this very process: Ctrl-C and SIGTERM reach the server, and its exit code is the command's.
    let error = serve(process::command(workspace::server(PROFILE)), flags).exec();
    Err(format!("{}: {error}", workspace::server(PROFILE).display()))
}

/// `latchkey serve`, with its data beside the sources unless the person says otherwise.
pub fn serve(mut command: Command, flags: &[String]) -> Command {
    command.stdin(Stdio::inherit()).arg("serve").args(flags);
    if std::env::var_os("LATCHKEY_DATA_DIR").is_none() {
        // In the environment, where a flag of the person's outranks it.
        command.env("LATCHKEY_DATA_DIR", Path::new("latchkey-data"));
    }
    command
}
