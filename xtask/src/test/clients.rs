//! The real clients of the Connect API, from PyPI and npm, against the release server.

use std::path::PathBuf;
use std::{env, fs};

use super::{Checks, counts};
use crate::steps::Step;
use crate::{Result, build, process, setup, workspace};

const PYTHON: &str = "clients/python";
const GATEWAYS: &str = "clients/gateways";
const CONTRACT: &str = "clients/contract";
const GENERATED: &str = "clients/generated";
const JAVASCRIPT: &str = "clients/javascript";

pub(super) fn all(checks: &mut Checks, filter: &[String]) {
    let (python, contract) = match checks.steps.step("fetch the clients of the Connect API", fetch) {
        Ok(programs) => programs,
        Err(why) => return checks.skip("clients", &why),
    };
    let server = env::current_dir().unwrap_or_default().join(workspace::server(build::RELEASE));
    let mut pytest = process::command(python.join("python"));
    pytest.args(["-m", "pytest", "-q", PYTHON]).env("LATCHKEY_BIN", &server);
    if !filter.is_empty() {
        pytest.arg("-k").arg(filter.join(" or "));
    }
    pytest.env("PYTHONDONTWRITEBYTECODE", "1").env("SCHEMATHESIS", contract.join("schemathesis"));
    checks.many("Python clients", |step| step.run(&mut pytest), counts::pytest);
    let gateways = checks.steps.step("fetch the proxies and a resource server", |step| environment(step, GATEWAYS));
    match gateways {
        Ok(programs) => {
            let mut pytest = process::command(programs.join("python"));
            pytest.args(["-m", "pytest", "-q", GATEWAYS]).env("LATCHKEY_BIN", &server);
            if !filter.is_empty() {
                pytest.arg("-k").arg(filter.join(" or "));
            }
            pytest.env("PYTHONDONTWRITEBYTECODE", "1");
            if let Ok(xtask) = env::current_exe() {
                pytest.env("XTASK", xtask);
            }
            checks.many("proxies and a resource server", |step| step.run(&mut pytest), counts::pytest);
        }
        Err(why) => checks.skip("proxies and a resource server", &why),
    }
    let generated = checks.steps.step("fetch the generators of clients", |step| {
        setup::npm(step, GENERATED)?;
        environment(step, GENERATED)
    });
    match generated {
        Ok(programs) => {
            let mut pytest = process::command(programs.join("python"));
            pytest.args(["-m", "pytest", "-q", GENERATED]).env("LATCHKEY_BIN", &server);
            if !filter.is_empty() {
                pytest.arg("-k").arg(filter.join(" or "));
            }
            pytest.env("PYTHONDONTWRITEBYTECODE", "1");
            checks.many("generated clients", |step| step.run(&mut pytest), counts::pytest);
        }
        Err(why) => checks.skip("generated clients", &why),
    }
    if filter.is_empty() {
        let mut node = process::command("node");
        node.args(["--test", "--test-reporter", "tap", JAVASCRIPT]).env("LATCHKEY_BIN", &server);
        checks.many("JavaScript client", |step| step.run(&mut node), counts::tap);
    }
}

/// The clients in their pinned versions; returns where the programs are of the Python ones, and of what holds the API
/// against its document.
fn fetch(step: &mut Step) -> Result<(PathBuf, PathBuf)> {
    setup::npm(step, JAVASCRIPT)?;
    Ok((environment(step, PYTHON)?, environment(step, CONTRACT)?))
}

/// A virtual environment with exactly what `folder/requirements.txt` pins. Made again when that file changes.
pub fn environment(step: &mut Step, folder: &str) -> Result<PathBuf> {
    let lock = format!("{folder}/requirements.txt");
    let wanted = fs::read(&lock).map_err(|error| format!("{lock}: {error}"))?;
    let place = env::current_dir().unwrap_or_default().join(workspace::target()).join(folder);
    let (programs, stamp) = (place.join("bin"), place.join("installed.txt"));
    if fs::read(&stamp).ok().as_deref() != Some(&wanted) {
        step.run(process::command("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
        let mut pip = process::command(programs.join("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", &lock]);
        step.run(&mut pip)?;
        fs::write(&stamp, &wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    }
    Ok(programs)
}
