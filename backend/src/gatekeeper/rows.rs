//! Counts that threads do not share.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

thread_local! {
    /// The number of this thread among those that have asked for a row.
    static NUMBER: usize = {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    };
}

/// The same once for each core, so that threads that write seldom write in one place: they would wait for each other, above
/// all when one hot key is asked for. Whoever reads adds up.
#[derive(Debug)]
pub struct Rows<T>(Vec<Row<T>>);

/// As wide as two lines of a processor's cache, which some of them fetch together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Row<T>(T);

impl<T: Default> Default for Rows<T> {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self((0..cores).map(|_| Row::default()).collect())
    }
}

impl<T> Rows<T> {
    /// That of this thread.
    #[must_use]
    pub fn own(&self) -> &T {
        let number = NUMBER.with(|number| *number);
        &self.0[number % self.0.len()].0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|row| &row.0)
    }
}
