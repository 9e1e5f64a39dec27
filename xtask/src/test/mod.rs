//! `cargo xtask test`: every check, going on after a failed one, with a sum at the end.

mod api;
mod browser;
pub mod clients;
mod counts;
mod e2e;
mod lint;

use std::time::Instant;

use clap::{Args, ValueEnum};

use self::counts::Counts;
use crate::steps::{Step, Steps};
use crate::{Result, build, bundle, setup};

/// A part that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Formatting, clippy, licences, the types of the browser tests.
    Lint,
    /// Unit, property and API tests, on SQLite and PostgreSQL.
    Api,
    /// Components of the console in a headless Chromium.
    Browser,
    /// The release server with a real browser.
    E2e,
    /// The release server with the real clients of the Connect API.
    Clients,
}

/// What to run.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Run this part alone.
    #[arg(long)]
    only: Option<Part>,
    /// Filters for the test runner of that part.
    #[arg(requires = "only", trailing_var_arg = true, allow_hyphen_values = true)]
    filter: Vec<String>,
}

impl Wanted {
    fn has(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

pub fn main(wanted: &Wanted) -> Result {
    if wanted.only == Some(Part::Lint) && !wanted.filter.is_empty() {
        return Err("the part `lint` takes no filter".to_owned());
    }
    let started = Instant::now();
    let mut checks = Checks { steps: Steps::of("test")?, sum: Counts::default(), failures: Vec::new() };
    setup::build(&mut checks.steps)?;
    setup::test(&mut checks.steps)?;
    if wanted.has(Part::Lint) {
        lint::all(&mut checks);
    }
    let needs_release = wanted.has(Part::E2e) || wanted.has(Part::Clients);
    let built = needs_release
        && checks.one("build within the size budget", |steps| {
            bundle::release(steps)?;
            build::server(steps, build::RELEASE)
        });
    if wanted.has(Part::Api) {
        api::all(&mut checks, &wanted.filter);
    }
    if wanted.has(Part::Browser) {
        browser::all(&mut checks, &wanted.filter);
    }
    if needs_release && !built {
        checks.skip("browser tests and clients", "the release did not build");
    }
    if built && wanted.has(Part::Clients) {
        clients::all(&mut checks, &wanted.filter);
    }
    if built && wanted.has(Part::E2e) {
        e2e::all(&mut checks, &wanted.filter);
    }
    checks.close(started)
}

/// The checks so far.
#[derive(Debug)]
struct Checks {
    steps: Steps,
    sum: Counts,
    failures: Vec<String>,
}

impl Checks {
    /// A check that counts as one. Says whether it passed.
    fn one(&mut self, name: &str, work: impl FnOnce(&mut Steps) -> Result) -> bool {
        let passed = work(&mut self.steps).map_err(|why| self.failures.push(format!("{name}: {why}"))).is_ok();
        self.sum += Counts { passed: passed.into(), failed: (!passed).into(), retried: 0 };
        passed
    }

    /// One command that counts as one check.
    fn command(&mut self, name: &str, command: &mut std::process::Command) {
        self.one(name, |steps| steps.step(name, |step| step.run(command)));
    }

    /// A step that runs many tests, which `count` finds in its output.
    ///
    /// A run that fails beside its tests (it does not compile, say) counts as one failure, and so does a run of no
    /// test at all: silence must not look like success.
    fn many(&mut self, name: &str, work: impl FnOnce(&mut Step) -> Result, count: impl FnOnce(&str) -> Counts) {
        let mut counts = Counts::default();
        let outcome = self.steps.step(name, |step| {
            let outcome = work(step);
            counts = count(&step.text());
            step.note(counts.to_string());
            // As nextest and Playwright name a test that had to be tried again.
            for line in step.text().lines().filter(|line| line.contains("FLAKY ") || line.contains("(retry #1)")) {
                step.note(line.trim());
            }
            match outcome {
                Ok(()) if counts.passed == 0 => Err("no test ran".to_owned()),
                outcome => outcome,
            }
        });
        if let Err(why) = outcome {
            counts.failed = counts.failed.max(1);
            self.failures.push(format!("{name}: {why}"));
        }
        self.sum += counts;
    }

    /// A part that could not be tried.
    fn skip(&mut self, name: &str, why: &str) {
        self.failures.push(format!("{name}: not run, because {why}"));
        self.sum += Counts { failed: 1, ..Counts::default() };
    }

    fn close(self, started: Instant) -> Result {
        println!();
        for failure in &self.failures {
            println!("FAILED {failure}");
        }
        println!("{} s in all", started.elapsed().as_secs());
        println!("{}", self.sum);
        if self.failures.is_empty() { Ok(()) } else { Err("not every check passed".to_owned()) }
    }
}
