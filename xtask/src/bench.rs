//! `cargo xtask bench`: what decisions, lists and revocations cost, beside what others do, in tables of ratios (see
//! `bench/`), and what the page costs in a browser (see `e2e/bench/`).

use std::env;
use std::process::Command;

use crate::postgres::Cluster;
use crate::steps::Steps;
use crate::test::clients;
use crate::{Result, build, debian, process, run, setup, workspace};

/// The section of the page. It needs other programs than the rest, and is left out unless it is named.
const PAGE: &str = "page";

pub fn main(sections: &[String]) -> Result {
    let mut steps = Steps::of("bench")?;
    let (page, others): (Vec<&String>, Vec<&String>) = sections.iter().partition(|section| *section == PAGE);
    if sections.is_empty() || !others.is_empty() {
        servers(&mut steps, &others)?;
    }
    if page.is_empty() { Ok(()) } else { in_browser(&mut steps) }
}

/// The page, in Chromium. How fast the server was compiled to be does not matter here.
fn in_browser(steps: &mut Steps) -> Result {
    build::all(steps, run::PROFILE)?;
    steps.step("fetch React and Lighthouse", |step| {
        debian::ensure(debian::BROWSER, step)?;
        setup::npm(step, "e2e")?;
        setup::npm(step, "e2e/bench")
    })?;
    let mut bench = process::command("npx");
    bench.args(["--no-install", "tsx", "page.ts"]).current_dir("e2e/bench");
    bench.env("LATCHKEY_BIN", env::current_dir().unwrap_or_default().join(workspace::server(run::PROFILE)));
    finish(&mut bench, "e2e/bench/page.ts")
}

fn servers(steps: &mut Steps, sections: &[&String]) -> Result {
    build::all(steps, build::RELEASE)?;
    steps.step("look for what loads and what is compared", |step| {
        debian::ensure(debian::TEST, step)?;
        debian::ensure(debian::BENCH, step)
    })?;
    steps.step("build the yardstick", |step| {
        step.run(&mut process::cargo(["build", "--locked", "--release", "-p", "latchkey", "--example", "bare_axum"]))
    })?;
    let programs = steps.step("fetch the peers", |step| {
        setup::npm(step, "bench/peers/better-auth")?;
        clients::environment(step, "bench")
    })?;
    let place =
        |name: &str| env::current_dir().unwrap_or_default().join(workspace::target()).join("release").join(name);
    let cluster = steps.step("start PostgreSQL", Cluster::start)?;
    let mut bench = process::command(programs.join("python"));
    bench.arg("bench/bench.py").args(sections).env("BENCH_POSTGRES", cluster.url());
    bench.env("LATCHKEY_BIN", place("latchkey")).env("BENCH_BARE", place("examples/bare_axum"));
    // A proxy would be measured, too.
    bench.env("NO_PROXY", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1");
    finish(&mut bench, "bench/bench.py")
}

/// Runs what prints the tables.
fn finish(bench: &mut Command, name: &str) -> Result {
    match bench.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} ended with {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}
