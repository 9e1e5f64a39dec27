//! Counts that threads do not share.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads with a row of their own; more share.
const ROWS: usize = 8;

thread_local! {
    static ROW: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed) % ROWS
    };
}

/// A few times the same, one for each thread that writes. Cores that write in one place wait for each other, least of all
/// for the sake of one hot key; whoever reads adds up.
#[derive(Debug, Default)]
pub struct Rows<T>([Row<T>; ROWS]);

/// As wide as two lines of a processor's cache, which some of them fetch together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Row<T>(T);

impl<T> Rows<T> {
    /// That of this thread.
    #[must_use]
    pub fn own(&self) -> &T {
        &self.0[ROW.with(|row| *row)].0
    }

    /// Those of all threads.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|row| &row.0)
    }
}
