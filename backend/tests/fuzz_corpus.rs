//! Replays what fuzzing has kept: `cargo xtask fuzz` explores further.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may end at the first surprise")]

#[path = "../../fuzz/checks.rs"]
mod checks;

use std::{fs, path::Path};

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        check(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 3, "{} is almost empty", folder.display());
}

#[test]
fn rql() {
    replay("rql", checks::rql);
}

#[test]
fn authorization() {
    replay("authorization", checks::authorization);
}

#[test]
fn key_format() {
    replay("key_format", checks::key_format);
}
