//! Whether cached tokens are fresh: whether this process receives every change notification.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use latchkey_shared::Timestamp;

const FRESH: i64 = i64::MAX;

/// Freshness of the token cache. It is always fresh in a process that is alone with its database.
#[derive(Debug)]
pub struct CacheFreshness {
    /// Since when change notifications may have been missed, in seconds since 1970.
    stale_since: AtomicI64,
    grace: Duration,
}

impl CacheFreshness {
    /// A fresh cache. While it is stale and the database does not answer, it may be used for `grace`.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self { stale_since: AtomicI64::new(FRESH), grace }
    }

    /// Whether no change notification can have been missed.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.stale_since.load(Ordering::Acquire) == FRESH
    }

    /// Change notifications may be missed from now on. A cache that is stale already stays so since then.
    pub fn mark_stale(&self, now: Timestamp) {
        let _ = self.stale_since.compare_exchange(FRESH, now.unix(), Ordering::AcqRel, Ordering::Acquire);
    }

    /// Change notifications arrive again, and the cache was cleared.
    pub fn mark_fresh(&self) {
        self.stale_since.store(FRESH, Ordering::Release);
    }

    /// Whether the cache may be used while the database does not answer.
    #[must_use]
    pub fn within_grace(&self, now: Timestamp) -> bool {
        let since = self.stale_since.load(Ordering::Acquire);
        since == FRESH || now.unix().saturating_sub(since) < i64::try_from(self.grace.as_secs()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_period_begins_when_the_cache_becomes_stale() {
        let at = Timestamp::from_unix;
        let cache = CacheFreshness::new(Duration::from_secs(60));
        assert!(cache.is_fresh() && cache.within_grace(at(0)));
        cache.mark_stale(at(100));
        cache.mark_stale(at(150));
        assert!(!cache.is_fresh());
        assert!(cache.within_grace(at(159)) && !cache.within_grace(at(160)));
        cache.mark_fresh();
        assert!(cache.is_fresh() && cache.within_grace(at(1000)));
    }
}
