//! Whether what is in memory can be believed: whether every change that another replica makes is heard of.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use latchkey_shared::Timestamp;

const TRUSTED: i64 = i64::MAX;

/// Whether the index is up to date. A process that is alone with its database always believes itself.
#[derive(Debug)]
pub struct Trust {
    /// Since when changes may have been missed, in seconds since 1970.
    doubtful_since: AtomicI64,
    grace: Duration,
}

impl Trust {
    /// Believes. In doubt and without a database, what was known stays good for `grace`.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self { doubtful_since: AtomicI64::new(TRUSTED), grace }
    }

    /// Whether no change can have been missed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.doubtful_since.load(Ordering::Acquire) == TRUSTED
    }

    /// From now on changes may be missed.
    pub fn doubt(&self, now: Timestamp) {
        // Who doubts already has done so for longer.
        let _ = self.doubtful_since.compare_exchange(TRUSTED, now.unix(), Ordering::AcqRel, Ordering::Acquire);
    }

    /// Every change is heard of again, and the index has forgotten what it could not be sure of.
    pub fn restore(&self) {
        self.doubtful_since.store(TRUSTED, Ordering::Release);
    }

    /// Whether what is in memory may be used although nobody can confirm it.
    #[must_use]
    pub fn has_grace(&self, now: Timestamp) -> bool {
        let since = self.doubtful_since.load(Ordering::Acquire);
        since == TRUSTED || now.unix().saturating_sub(since) < i64::try_from(self.grace.as_secs()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_begins_with_the_first_doubt_and_ends() {
        let at = Timestamp::from_unix;
        let trust = Trust::new(Duration::from_secs(60));
        assert!(trust.holds() && trust.has_grace(at(0)));
        trust.doubt(at(100));
        trust.doubt(at(150));
        assert!(!trust.holds());
        assert!(trust.has_grace(at(159)) && !trust.has_grace(at(160)));
        trust.restore();
        assert!(trust.holds() && trust.has_grace(at(1000)));
    }
}
