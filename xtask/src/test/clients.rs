//! The real clients of the Connect API, from PyPI and npm, against the release server.

use std::path::PathBuf;
use std::{env, fs};

use super::{Checks, counts};
use crate::steps::Step;
use crate::{Result, process, workspace};

const PYTHON: &str = "clients/python";
const JAVASCRIPT: &str = "clients/javascript";
const LOCK: &str = "clients/python/requirements.txt";

pub fn all(checks: &mut Checks, filter: &[String]) {
    let python = match checks.steps.step("fetch the clients of the Connect API", fetch) {
        Ok(python) => python,
        Err(why) => return checks.skip("clients", &why),
    };
    let server = env::current_dir().unwrap_or_default().join(workspace::server("release"));
    let mut pytest = process::command(&python);
    pytest.args(["-m", "pytest", "-q", PYTHON]).args(filter).env("LATCHKEY_BIN", &server);
    pytest.env("PYTHONDONTWRITEBYTECODE", "1");
    checks.many("Python clients", |step| step.run(&mut pytest), counts::pytest);
    if filter.is_empty() {
        let mut node = process::command("node");
        node.args(["--test", "--test-reporter", "tap", JAVASCRIPT]).env("LATCHKEY_BIN", &server);
        checks.many("JavaScript client", |step| step.run(&mut node), counts::tap);
    }
}

/// The clients in their pinned versions; returns the Python that has them.
fn fetch(step: &mut Step) -> Result<PathBuf> {
    let folder = env::current_dir().unwrap_or_default().join(workspace::target()).join("clients");
    let (venv, stamp) = (folder.join("venv"), folder.join("requirements.txt"));
    let wanted = fs::read(LOCK).map_err(|error| format!("{LOCK}: {error}"))?;
    let python = venv.join("bin/python");
    if fs::read(&stamp).ok().as_deref() != Some(&wanted) || !python.exists() {
        step.run(process::command("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = process::command(&python);
        step.run(pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            LOCK,
        ]))?;
        fs::write(&stamp, &wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    }
    let (lock, there) =
        (format!("{JAVASCRIPT}/package-lock.json"), format!("{JAVASCRIPT}/node_modules/.package-lock.json"));
    if crate::files::newest(&[lock.as_str()]) > crate::files::newest(&[there.as_str()]) {
        step.run(process::command("npm").args(["ci", "--prefix", JAVASCRIPT]))?;
    }
    Ok(python)
}
