//! Tools of the build that are crates: found where they are, otherwise put into the user's cache.

use std::fs;
use std::path::Path;

use crate::steps::Step;
use crate::{Result, process, workspace};

/// A program that crates.io has.
#[derive(Debug)]
pub struct Tool {
    pub package: &'static str,
    pub program: &'static str,
    pub version: String,
    /// `false`: any version of the same minor series does, because only its verdict counts, not what it makes.
    pub exact: bool,
}

impl Tool {
    /// Builds the page. Trunk 0.22 needs a newer compiler than ours.
    pub fn trunk() -> Self {
        Self { package: "trunk", program: "trunk", version: "0.21.14".to_owned(), exact: true }
    }

    /// Writes the JavaScript around the WASM; must be the very version that Cargo.lock has.
    pub fn wasm_bindgen() -> Result<Self> {
        let lock = fs::read_to_string("Cargo.lock").map_err(|error| format!("Cargo.lock: {error}"))?;
        let version = locked(&lock, "wasm-bindgen").ok_or("Cargo.lock names no wasm-bindgen")?.to_owned();
        Ok(Self { package: "wasm-bindgen-cli", program: "wasm-bindgen", version, exact: true })
    }

    /// Runs the component tests in Chromium.
    pub fn wasm_pack() -> Self {
        Self { package: "wasm-pack", program: "wasm-pack", version: "0.15.0".to_owned(), exact: true }
    }

    /// Runs the native tests.
    pub fn nextest() -> Self {
        Self { package: "cargo-nextest", program: "cargo-nextest", version: "0.9.143".to_owned(), exact: false }
    }

    /// Looks at licences, bans and sources of the dependencies.
    pub fn deny() -> Self {
        Self { package: "cargo-deny", program: "cargo-deny", version: "0.20.2".to_owned(), exact: false }
    }

    /// Explores with inputs of its own making.
    pub fn fuzz() -> Self {
        Self { package: "cargo-fuzz", program: "cargo-fuzz", version: "0.13.1".to_owned(), exact: false }
    }

    /// Puts the tool on the search path of every later command, installing it when it is nowhere.
    pub fn ensure(&self, step: &mut Step) -> Result {
        if process::find(self.program).is_some_and(|program| self.is(&program)) {
            return Ok(());
        }
        let root = workspace::tools()?.join(format!("{}-{}", self.package, self.version));
        let folder = root.join("bin");
        if !self.is(&folder.join(self.program)) {
            self.install(&root, step)?;
            step.note(format!("{} {} is now in {}", self.program, self.version, folder.display()));
        }
        process::prefer(folder);
        Ok(())
    }

    fn install(&self, root: &Path, step: &mut Step) -> Result {
        let package = format!("{}@{}", self.package, self.version);
        if process::find("cargo-binstall").is_some() {
            let mut binstall =
                process::cargo(["binstall", "--no-confirm", "--disable-strategies", "compile", "--root"]);
            // It may know no ready-made file for this machine: then the compiler does it.
            if step.run(binstall.arg(root).arg(&package)).is_ok() {
                return Ok(());
            }
        }
        let mut install = process::cargo(["install", "--locked", "--root"]);
        // Its own target folder: `cargo install` would otherwise fill ours with what is never used again.
        install.arg(root).arg(&package).env("CARGO_TARGET_DIR", root.join("target"));
        // Compiling a tool takes longer than all that it ever does.
        for (setting, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "256"), ("DEBUG", "0")] {
            install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        step.run(&mut install)?;
        fs::remove_dir_all(root.join("target")).map_err(|error| format!("{}: {error}", root.display()))
    }

    fn is(&self, program: &Path) -> bool {
        let asked = process::output_of(process::command(program).arg("--version"));
        asked.is_some_and(|answer| self.accepts(&answer))
    }

    /// Whether `<program> --version` answered with a version that does.
    fn accepts(&self, answer: &str) -> bool {
        let found = answer.split_whitespace().nth(1).unwrap_or_default();
        if self.exact { found == self.version } else { series(found) == series(&self.version) }
    }
}

/// `1.2` of `1.2.3`.
fn series(version: &str) -> Option<&str> {
    version.rsplit_once('.').map(|(series, _)| series)
}

/// The version of a package in the text of a Cargo.lock.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let after = lock.lines().skip_while(|line| *line != name).nth(1)?;
    after.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::{Tool, locked};

    #[test]
    fn exact_tool_accepts_its_own_version_only() {
        let trunk = Tool::trunk();
        assert!(trunk.accepts("trunk 0.21.14"));
        assert!(!trunk.accepts("trunk 0.21.15"));
        assert!(!trunk.accepts(""));
    }

    #[test]
    fn inexact_tool_accepts_its_series() {
        let nextest = Tool::nextest();
        assert!(nextest.accepts("cargo-nextest 0.9.99 (60fa45f63 2026-08-04)\nrelease: 0.9.99"));
        assert!(!nextest.accepts("cargo-nextest 0.10.0"));
        assert!(!nextest.accepts("cargo-nextest"));
    }

    #[test]
    fn version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.5\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.129"));
        assert_eq!(locked(lock, "trunk"), None);
    }
}
