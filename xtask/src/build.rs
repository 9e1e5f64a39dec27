//! `cargo xtask build`: from a clone to one file, with the page inside.

use crate::steps::Steps;
use crate::{Result, bundle, process, setup, workspace};

pub fn main(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(format!("`build` takes no arguments, found `{argument}`"));
    }
    let mut steps = Steps::of("build")?;
    all(&mut steps)?;
    println!("{}", workspace::server("release").display());
    Ok(())
}

/// Set-up, page and server.
pub fn all(steps: &mut Steps) -> Result {
    setup::build(steps)?;
    bundle::release(steps)?;
    server(steps)
}

/// The release server, which takes `dist/` in.
pub fn server(steps: &mut Steps) -> Result {
    steps.step("build the server", |step| {
        step.run(&mut process::cargo(["build", "--release", "--locked", "--package", "latchkey"]))
    })
}
