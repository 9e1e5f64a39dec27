//! Checks that read the sources without running them.

use super::Checks;
use crate::process;

const CONSOLE: &str = "latchkey-console";

pub fn all(checks: &mut Checks) {
    checks.command("formatting", &mut process::cargo(["fmt", "--all", "--check"]));
    // The page is looked at where it runs: on the host half of it would be dead code.
    checks.command("clippy", &mut clippy(&["--workspace", "--exclude", CONSOLE]));
    checks.command("clippy for WASM", &mut clippy(&["--package", CONSOLE, "--target", "wasm32-unknown-unknown"]));
    // Advisories need a database from the network, and would turn an old commit red: not part of the tests.
    checks.command("dependencies", &mut process::cargo(["deny", "--locked", "check", "bans", "licenses", "sources"]));
    checks.command("types of the browser tests", process::command("npm").args(["run", "--prefix", "e2e", "check"]));
}

fn clippy(scope: &[&str]) -> std::process::Command {
    let mut command = process::cargo(["clippy", "--locked", "--all-targets"]);
    command.args(scope).args(["--", "--deny", "warnings"]);
    command
}
