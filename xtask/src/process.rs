//! Starting and stopping other programs.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::Result;

/// Folders searched before those of PATH. A list of our own, because changing a process's environment is not safe.
static PREFERRED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Puts a folder in front of the search path of every later [`command`] and [`find`].
pub fn prefer(folder: PathBuf) {
    PREFERRED.lock().unwrap_or_else(PoisonError::into_inner).insert(0, folder);
}

fn search_path() -> Vec<PathBuf> {
    let mut folders = PREFERRED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    folders
}

/// A command with the environment that it would have in a shell.
///
/// `cargo xtask` runs this program through `cargo run`, which describes the crate `xtask` in `CARGO_*` variables.
/// Some build scripts (that of `ring`, for one) watch those, and would build again after each change between
/// `cargo build` in a shell and a build from here.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if let Ok(path) = env::join_paths(search_path()) {
        command.env("PATH", path);
    }
    command.stdin(Stdio::null()).env("CARGO_TERM_COLOR", "never");
    command
}

/// `cargo` with arguments.
pub fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = command("cargo");
    command.args(arguments);
    command
}

/// What a command prints on its standard output, or nothing when it is absent or fails.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first file of that name on the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    search_path().into_iter().map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A background program that ends with this one, even when this one is killed: `setpriv` asks the kernel for it.
pub fn background(program: &Path, signal: &str) -> Command {
    let mut command = command("setpriv");
    command.arg(format!("--pdeathsig={signal}")).arg("--").arg(program);
    command
}

/// Sends a signal (`TERM`, `QUIT`, …) and waits for the end.
pub fn stop(child: &mut Child, signal: &str) -> Result {
    if matches!(child.try_wait(), Ok(Some(_))) {
        return Ok(());
    }
    // The shell's own `kill`: a small Debian has no such program, and the standard library can only send KILL.
    let sent = command("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal, &child.id().to_string()]).status();
    if !matches!(sent, Ok(status) if status.success()) {
        child.kill().map_err(|error| format!("process {} cannot be stopped: {error}", child.id()))?;
    }
    child.wait().map(drop).map_err(|error| format!("process {} cannot be waited for: {error}", child.id()))
}

/// How a person would type the command.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
