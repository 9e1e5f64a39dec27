//! Where things are. Every path is relative to the root of the checkout, which [`enter`] makes the current folder.

use std::env;
use std::path::{Path, PathBuf};

use crate::Result;

/// Moves to the root of the checkout, so that a command does the same from any of its folders.
///
/// The root is looked for at run time: a target folder shared by two checkouts also shares this program.
pub fn enter() -> Result {
    let here = env::current_dir().map_err(|error| format!("the current folder cannot be read: {error}"))?;
    let root = here
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
        .ok_or("this is not a checkout of Latchkey: no Cargo.lock here or above")?;
    env::set_current_dir(root).map_err(|error| format!("{}: {error}", root.display()))
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// The server as `cargo build` leaves it; `profile` is `debug`, or one of Cargo.toml.
pub fn server(profile: &str) -> PathBuf {
    target().join(profile).join("latchkey")
}

/// The page as trunk leaves it.
pub fn dist() -> &'static Path {
    Path::new("dist")
}

/// The user's cache for tools. Not the target folder: `cargo clean` would cost a quarter of an hour.
pub fn tools() -> Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set: no place to keep tools")?;
    Ok(cache.join("latchkey/tools"))
}
