//! Debian packages: installed where this is allowed, otherwise named with the command that installs them.

use std::fs;
use std::path::PathBuf;

use crate::steps::Step;
use crate::{Result, process};

/// A package, and the program that tells whether it is there, however it came.
#[derive(Debug)]
pub struct Package {
    pub name: &'static str,
    pub program: &'static str,
    /// Arguments with which the program fails when a part of it is packed apart.
    pub proof: &'static [&'static str],
}

/// A package that is there when its program is.
const fn package(name: &'static str, program: &'static str) -> Package {
    Package { name, program, proof: &[] }
}

impl Package {
    fn is_there(&self) -> bool {
        find(self.program).is_some()
            && (self.proof.is_empty() || process::output_of(process::command(self.program).args(self.proof)).is_some())
    }
}

/// SQLite and `ring` are C at heart.
pub const BUILD: &[Package] = &[package("gcc libc6-dev", "cc")];

/// The proxy of the demo.
pub const NGINX: Package = package("nginx-light", "nginx");

/// What the tests need beside that.
pub const TEST: &[Package] = &[
    package("postgresql", "initdb"),
    NGINX,
    package("pgbouncer", "pgbouncer"),
    package("chromium", "chromium"),
    package("chromium-driver", "chromedriver"),
    package("nodejs", "node"),
    package("npm", "npm"),
    // Makes I/O calls fail.
    package("fiu-utils", "fiu-run"),
    package("curl", "curl"),
    package("openssl", "openssl"),
    package("git", "git"),
    // Debian packs the part of Python that makes virtual environments apart.
    Package { name: "python3 python3-venv", program: "python3", proof: &["-c", "import ensurepip"] },
];

/// What `pictures` and `bench page` need beside [`BUILD`].
pub const BROWSER: &[Package] = &[package("chromium", "chromium"), package("nodejs", "node"), package("npm", "npm")];

/// What `pictures` needs beside that.
pub const PICTURES: &[Package] = &[package("faketime", "faketime"), package("pngquant", "pngquant")];

/// What `bench` needs beside [`TEST`].
pub const BENCH: &[Package] =
    &[package("wrk", "wrk"), package("nghttp2-client", "h2load"), package("valgrind", "valgrind")];

/// Makes sure that every package is there.
pub fn ensure(packages: &[Package], step: &mut Step) -> Result {
    let missing: Vec<&Package> = packages.iter().filter(|package| !package.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().flat_map(|package| package.name.split(' ')).collect();
    let Some(sudo) = privilege() else {
        let programs: Vec<&str> = missing.iter().map(|package| package.program).collect();
        return Err(format!(
            "missing: {}. On Debian this brings them:\n    sudo apt-get update && sudo apt-get install --yes {}",
            programs.join(", "),
            names.join(" ")
        ));
    };
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> =
            sudo.iter().chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]).copied().collect();
        let mut command = process::command(words[0]);
        command.args(&words[1..]).args(arguments);
        command
    };
    step.run(&mut apt(&["update"]))?;
    step.run(apt(&["install", "--yes", "--no-install-recommends"]).args(&names))?;
    step.note(format!("installed {}", names.join(" ")));
    Ok(())
}

/// A program on the search path, among those of the administrator, or where Debian keeps the server side of PostgreSQL:
/// the newest version's.
pub fn find(program: &str) -> Option<PathBuf> {
    let of_administrator = || Some(PathBuf::from("/usr/sbin").join(program)).filter(|file| file.is_file());
    process::find(program).or_else(of_administrator).or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let found = versions.flatten().map(|version| version.path().join("bin").join(program));
        found.filter(|file| file.is_file()).max_by_key(|file| version_of(file))
    })
}

fn version_of(file: &std::path::Path) -> Option<u32> {
    file.parent()?.parent()?.file_name()?.to_str()?.parse().ok()
}

/// Words to put before `apt-get`, where it exists and may be used without asking anybody.
fn privilege() -> Option<Vec<&'static str>> {
    process::find("apt-get")?;
    if is_root() {
        return Some(Vec::new());
    }
    process::output_of(process::command("sudo").args(["--non-interactive", "true"]))
        .map(|_| vec!["sudo", "--non-interactive"])
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    process::output_of(process::command("id").arg("-u")).as_deref() == Some("0")
}
