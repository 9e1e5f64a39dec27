//! `cargo xtask dev`: a debug build that follows the sources.

use std::process::Child;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::steps::Steps;
use crate::{Result, bundle, files, process, run, setup, workspace};

/// What the server is made from. It reads the page from disk in debug builds.
const SERVER_SOURCES: &[&str] = &["backend", "shared", "Cargo.toml", "Cargo.lock"];

pub fn main(flags: &[String]) -> Result {
    let mut steps = Steps::of("dev")?;
    setup::build(&mut steps)?;
    let mut page = Part { sources: bundle::SOURCES, built: None };
    let mut server = Part { sources: SERVER_SOURCES, built: None };
    let mut running: Option<Child> = None;
    loop {
        let page_is_new = page.has_changed();
        let server_is_new = server.has_changed();
        if page_is_new || server_is_new {
            if let Err(why) = rebuild(&mut steps, page_is_new, server_is_new) {
                println!("{why}\nThe build before it goes on; waiting for the next change.");
            } else {
                // Also for a new page: the server works out what the page may run when it starts.
                if let Some(mut old) = running.take() {
                    process::stop(&mut old, "TERM")?;
                }
                let program = process::background(&workspace::server("debug"), "TERM");
                let started = run::serve(program, flags).spawn();
                running = Some(started.map_err(|error| format!("the server did not start: {error}"))?);
            }
        }
        thread::sleep(Duration::from_secs(1));
    }
}

/// Something built, and how new its sources were then.
struct Part {
    sources: &'static [&'static str],
    built: Option<SystemTime>,
}

impl Part {
    /// Whether the sources changed since this was asked last.
    fn has_changed(&mut self) -> bool {
        let newest = files::newest(self.sources);
        std::mem::replace(&mut self.built, newest) != newest
    }
}

fn rebuild(steps: &mut Steps, page: bool, server: bool) -> Result {
    if page {
        steps.step("build the page", bundle::debug)?;
    }
    if server {
        steps.step("build the server", |step| step.run(&mut process::cargo(["build", "--package", "latchkey"])))?;
    }
    Ok(())
}
