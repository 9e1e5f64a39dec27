//! `cargo xtask fuzz`: explores what no input may do, beyond the corpus that the tests replay. What it finds goes to
//! `fuzz/artifacts/`; a finding that was mended belongs into `fuzz/corpus/`.

use std::fs;

use crate::steps::Steps;
use crate::tools::Tool;
use crate::{Result, process, setup, workspace};

/// The fuzz targets.
pub const TARGETS: [&str; 3] = ["rql", "authorization", "key_format"];

pub fn main(seconds: u32, names: &[String]) -> Result {
    let mut steps = Steps::of("fuzz")?;
    setup::build(&mut steps)?;
    steps.step("look for cargo-fuzz and the nightly compiler", |step| {
        if process::output_of(process::command("rustup").args(["run", "nightly", "rustc", "--version"])).is_none() {
            step.run(process::command("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))?;
        }
        Tool::fuzz().ensure(step)
    })?;
    for target in TARGETS.into_iter().filter(|target| names.is_empty() || names.iter().any(|name| name == target)) {
        steps.step(&format!("fuzz {target} for {seconds} s"), |step| {
            // libFuzzer adds what it learns to the first folder: not to the one that is committed.
            let learned = std::path::absolute(workspace::target().join("fuzz-corpus").join(target));
            let learned = learned.map_err(|error| error.to_string())?;
            fs::create_dir_all(&learned).map_err(|error| format!("{}: {error}", learned.display()))?;
            let mut fuzz = process::command("rustup");
            fuzz.args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", "fuzz", target]).arg(&learned);
            fuzz.arg(format!("fuzz/corpus/{target}")).arg("--").arg(format!("-max_total_time={seconds}"));
            // The pinned compiler, which cargo passes on, must not outweigh the nightly one.
            fuzz.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC").env_remove("CARGO");
            fuzz.env("CARGO_TARGET_DIR", std::path::absolute(workspace::target()).unwrap_or_default().join("fuzz"));
            step.run(&mut fuzz)?;
            let done = step.text().lines().rev().find(|line| line.starts_with("Done ")).map(str::to_owned);
            step.note(done.unwrap_or_default());
            Ok(())
        })?;
    }
    Ok(())
}
