//! `cargo xtask bench`: what decisions, lists and revocations cost, beside what others do, in tables of ratios. See
//! `bench/`.

use std::env;

use crate::postgres::Cluster;
use crate::steps::Steps;
use crate::test::clients;
use crate::{Result, build, debian, process, setup, workspace};

pub fn main(sections: &[String]) -> Result {
    let mut steps = Steps::of("bench")?;
    build::all(&mut steps, build::RELEASE)?;
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
    match bench.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("bench/bench.py ended with {status}")),
        Err(error) => Err(format!("bench/bench.py: {error}")),
    }
}
