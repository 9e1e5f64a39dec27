//! `cargo xtask pictures`: every screen, for `docs/`. See `e2e/pictures/`.

use std::env;

use crate::steps::Steps;
use crate::{Result, build, debian, process, run, setup, workspace};

pub fn main() -> Result {
    let mut steps = Steps::of("pictures")?;
    build::all(&mut steps, run::PROFILE)?;
    steps.step("look for what takes pictures", |step| {
        debian::ensure(debian::BROWSER, step)?;
        debian::ensure(debian::PICTURES, step)?;
        setup::npm(step, "e2e")
    })?;
    let here = env::current_dir().unwrap_or_default();
    let mut playwright = process::command("npx");
    playwright.args(["--no-install", "playwright", "test", "--config", "pictures"]).current_dir("e2e");
    playwright.env("LATCHKEY_BIN", here.join(workspace::server(run::PROFILE)));
    steps.step("take the pictures", |step| step.run(&mut playwright))
}
