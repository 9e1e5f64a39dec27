//! Components of the console, mounted one by one in a headless Chromium.

use super::{Checks, counts};
use crate::{debian, process};

pub fn all(checks: &mut Checks, filter: &[String]) {
    let driver = debian::find("chromedriver").unwrap_or_else(|| "chromedriver".into());
    let mut command = process::command("wasm-pack");
    // No installing: its own choice of driver and tools would come from the network.
    command.args(["test", "--headless", "--chrome", "--chromedriver"]).arg(driver);
    command.args(["--mode", "no-install", "frontend", "--locked"]);
    if !filter.is_empty() {
        command.arg("--").args(filter);
    }
    checks.many("component tests", |step| step.run(&mut command), counts::wasm);
}
