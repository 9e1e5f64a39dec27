//! What has to be there before anything can be built or tested. Each part does nothing when it is there.

use crate::steps::{Step, Steps};
use crate::tools::Tool;
use crate::{Result, debian, files, process};

const WASM: &str = "wasm32-unknown-unknown";

/// For `build`, `run` and `dev`.
pub fn build(steps: &mut Steps) -> Result {
    steps.step("look for system packages", |step| debian::ensure(debian::BUILD, step))?;
    steps.step("look for the WASM target", |step| {
        let libraries =
            process::output_of(process::command("rustc").args(["--print", "target-libdir", "--target", WASM]));
        if libraries.is_some_and(|folder| std::path::Path::new(&folder).is_dir()) {
            return Ok(());
        }
        step.run(process::command("rustup").args(["target", "add", WASM]))
    })?;
    steps.step("look for build tools", |step| {
        Tool::wasm_bindgen()?.ensure(step)?;
        Tool::trunk().ensure(step)
    })?;
    steps.step("fetch crates", |step| step.run(&mut process::cargo(["fetch", "--locked"])))
}

/// For `test`, after [`build`].
pub fn test(steps: &mut Steps) -> Result {
    steps.step("look for test packages", |step| debian::ensure(debian::TEST, step))?;
    steps.step("look for test tools", |step| {
        for component in ["rustfmt", "clippy"] {
            let program = if component == "rustfmt" { "fmt" } else { component };
            if process::output_of(&mut process::cargo([program, "--version"])).is_none() {
                step.run(process::command("rustup").args(["component", "add", component]))?;
            }
        }
        Tool::nextest().ensure(step)?;
        Tool::wasm_pack().ensure(step)?;
        Tool::deny().ensure(step)
    })?;
    steps.step("fetch browser test packages", |step| npm(step, "e2e"))
}

/// The packages that `folder/package-lock.json` pins.
pub fn npm(step: &mut Step, folder: &str) -> Result {
    let lock = format!("{folder}/package-lock.json");
    let there = format!("{folder}/node_modules/.package-lock.json");
    if files::newest(&[lock.as_str()]) <= files::newest(&[there.as_str()]) {
        return Ok(());
    }
    // Chromium is Debian's: the download of Playwright's own is not wanted.
    step.run(process::command("npm").args(["ci", "--prefix", folder]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}
