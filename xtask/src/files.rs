//! Walking folders and comparing times.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Every file below a path, or the path itself where it is a file. What cannot be read is left out.
pub fn below(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return if path.is_file() { vec![path.to_owned()] } else { Vec::new() };
    };
    let mut files: Vec<PathBuf> = entries.flatten().flat_map(|entry| below(&entry.path())).collect();
    files.sort();
    files
}

/// The time of the latest change in or below these paths; `None` when nothing is there.
///
/// Folders count too: a file that was removed leaves a trace only there.
pub fn newest(paths: &[&str]) -> Option<SystemTime> {
    paths.iter().filter_map(|path| newest_below(Path::new(path))).max()
}

fn newest_below(path: &Path) -> Option<SystemTime> {
    let own = fs::metadata(path).and_then(|data| data.modified()).ok();
    let inner =
        fs::read_dir(path).into_iter().flatten().flatten().filter_map(|entry| newest_below(&entry.path())).max();
    own.max(inner)
}
