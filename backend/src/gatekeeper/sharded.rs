//! A value for each core, so that threads do not contend for it.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

thread_local! {
    /// The number of this thread among those that have used a shard.
    static NUMBER: usize = {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    };
}

/// A `T` for each core. Threads write to their own, readers add up.
#[derive(Debug)]
pub struct Sharded<T>(Vec<Shard<T>>);

/// Aligned to two cache lines, which some processors fetch together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard<T>(T);

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self((0..cores).map(|_| Shard::default()).collect())
    }
}

impl<T> Sharded<T> {
    /// The shard of this thread.
    #[must_use]
    pub fn own(&self) -> &T {
        let number = NUMBER.with(|number| *number);
        &self.0[number % self.0.len()].0
    }

    /// All shards.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}
