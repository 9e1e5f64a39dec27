//! `cargo xtask build`: from a clone to one file, with the page inside.

use crate::steps::Steps;
use crate::{Result, bundle, process, setup, workspace};

pub fn main() -> Result {
    let mut steps = Steps::of("build")?;
    all(&mut steps, RELEASE)?;
    println!("{}", workspace::server(RELEASE).display());
    Ok(())
}

/// The profile of what is tested and shipped.
pub const RELEASE: &str = "release";

/// Set-up, page and server, the server by a profile of Cargo.toml.
pub fn all(steps: &mut Steps, profile: &str) -> Result {
    setup::build(steps)?;
    bundle::release(steps)?;
    server(steps, profile)
}

/// The server with the page of `dist/` in it.
pub fn server(steps: &mut Steps, profile: &str) -> Result {
    steps.step("build the server", |step| {
        step.run(&mut process::cargo(["build", "--profile", profile, "--locked", "--package", "latchkey"]))
    })
}
