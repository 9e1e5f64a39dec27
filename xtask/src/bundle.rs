//! The page: trunk builds it from `frontend/`, `shared/` and `styles/` into `dist/`.

use crate::steps::{Step, Steps};
use crate::{Result, files, precompress, process, styles, workspace};

/// Everything that the page is made from.
pub const SOURCES: &[&str] = &[
    "frontend",
    "shared",
    "styles",
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "rust-toolchain.toml",
];

/// Written last, and by release builds only: its time is the time of the release bundle.
const MARK: &str = "dist/index.html.br";

/// The page as it is served, compressed and within its size budget. Nothing to do when no source is newer.
pub fn release(steps: &mut Steps) -> Result {
    if files::newest(&[MARK]) > files::newest(SOURCES) {
        return Ok(());
    }
    steps.step("build the page", |step| trunk(step, &["--release"]))?;
    steps.step("compress the page", |step| {
        styles::join(workspace::dist())?;
        let figures = precompress::main(workspace::dist())?;
        figures.into_iter().for_each(|figure| step.note(figure));
        Ok(())
    })
}

/// The page for development, built fast: with checks, names of functions, and much larger.
pub fn debug(step: &mut Step) -> Result {
    trunk(step, &["--cargo-profile", "dev"])
}

fn trunk(step: &mut Step, arguments: &[&str]) -> Result {
    let mut command = process::command("trunk");
    // Trunk reads NO_COLOR as `true` or `false` and refuses the usual `1`.
    command.args(["build", "--offline", "--locked", "--color", "never"]).args(arguments).env_remove("NO_COLOR");
    step.run(&mut command)
}
