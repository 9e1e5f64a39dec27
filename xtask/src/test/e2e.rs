//! The release server and a real browser, by Playwright.

use std::env;
use std::fs;

use super::{Checks, counts};
use crate::{build, process, workspace};

const REPORT: &str = "e2e/report/results.json";

pub fn all(checks: &mut Checks, filter: &[String]) {
    // Of an earlier run: it must not be counted when this one ends before it writes its own.
    let _ = fs::remove_file(REPORT);
    let here = env::current_dir().unwrap_or_default();
    let mut command = process::command("npx");
    command.args(["--no-install", "playwright", "test"]).args(filter).current_dir("e2e");
    command.env("LATCHKEY_BIN", here.join(workspace::server(build::RELEASE)));
    checks.many(
        "browser tests",
        |step| step.run(&mut command),
        |_| counts::playwright(&fs::read_to_string(REPORT).unwrap_or_default()),
    );
}
