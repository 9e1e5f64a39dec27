//! What the gatekeeper knows of a token.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use latchkey_shared::{AllowedAddresses, ModuleId, TokenId, TokenStatus};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};

use super::modules::{ModuleSet, Modules};
use crate::store::{CredentialRow, StoreError, entities::account};

/// A token as the gatekeeper keeps it: all that a decision needs, and no more, since there may be a million.
#[derive(Debug)]
pub struct Entry {
    /// The digits of its id.
    pub number: u32,
    /// The account that owns it.
    pub account: Arc<account::Model>,
    /// Its name, as it stands in a header: see [`Entry::name`].
    pub name_header: Box<str>,
    /// Its id in the user's own system, as it stands in a header; empty if it has none.
    pub external_id_header: Box<str>,
    /// The name of its extension.
    pub extension: Arc<str>,
    /// What it may use.
    pub modules: Arc<ModuleSet>,
    /// When it ends.
    pub expires_at: Option<i64>,
    pub(super) digest: [u8; 32],
    pub(super) state: State,
    pub(super) rare: Option<Box<Rare>>,
    /// Another one for each entry, also for those of the same token.
    pub(super) serial: u64,
}

/// The next serial.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// Text in a header: everything but visible ASCII is percent-encoded, and `%` itself, so that it reads back.
const IN_HEADER: &AsciiSet = &CONTROLS.add(b'%');

/// What few tokens have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// The digest of the previous secret, and when it expires.
    pub previous: Option<([u8; 32], Option<i64>)>,
    pub not_before: Option<i64>,
    pub addresses: Option<AllowedAddresses>,
    pub limit: Option<Arc<Limit>>,
}

/// What a person or the API last made of a token; the other statuses follow from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Inactive,
    Deleted,
}

impl Entry {
    /// Makes an entry of a row. `limit` finds the limit that the token has had so far.
    ///
    /// # Errors
    /// [`StoreError::Damaged`]: better no key than one without its rules.
    pub fn new(
        row: &CredentialRow,
        account: Arc<account::Model>,
        modules: &Modules,
        limit: impl FnOnce(u32, NonZeroU32) -> Arc<Limit>,
    ) -> Result<Self, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("{what} of token {:?}", row.id));
        let digest = |bytes: &[u8]| bytes.try_into().map_err(|_| damaged("digest"));
        if !TokenId::is_shape_of(&row.id) {
            return Err(damaged("id"));
        }
        let number = TokenId::number_of(&row.id);
        let ids = row.modules.as_deref().unwrap_or_default().split(',').filter(|id| !id.is_empty());
        let mut ids = ids.map(str::parse).collect::<Result<Vec<ModuleId>, _>>().map_err(|_| damaged("module"))?;
        ids.sort();
        let addresses = row.allowed_addresses.as_deref().unwrap_or_default().split(',');
        let addresses = AllowedAddresses::parse(&addresses.filter(|text| !text.is_empty()).collect::<Vec<_>>());
        let calls = row.calls_per_minute.map(|calls| u32::try_from(calls).ok().and_then(NonZeroU32::new));
        let rare = Rare {
            previous: match &row.previous_digest {
                Some(bytes) => Some((digest(bytes)?, row.previous_expires_at)),
                None => None,
            },
            not_before: row.not_before,
            addresses: addresses.map_err(|_| damaged("addresses"))?,
            limit: match calls {
                Some(calls) => Some(limit(number, calls.ok_or_else(|| damaged("limit"))?)),
                None => None,
            },
        };
        let is_rare =
            rare.previous.is_some() || rare.not_before.is_some() || rare.addresses.is_some() || rare.limit.is_some();
        Ok(Self {
            number,
            account,
            modules: modules.set(ids),
            expires_at: row.expires_at,
            digest: digest(&row.digest)?,
            state: match TokenStatus::from_word(&row.state) {
                Some(TokenStatus::Active) => State::Active,
                Some(TokenStatus::Inactive) => State::Inactive,
                // A word that this version does not know is worth nothing.
                _ => State::Deleted,
            },
            rare: is_rare.then(|| Box::new(rare)),
            name_header: in_header(&row.name),
            external_id_header: in_header(row.external_id.as_deref().unwrap_or_default()),
            extension: modules.extension(&row.extension_id),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> String {
        from_header(&self.name_header)
    }

    /// The id in the user's own system, if it has one.
    #[must_use]
    pub fn external_id(&self) -> Option<String> {
        Some(from_header(&self.external_id_header)).filter(|id| !id.is_empty())
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> TokenId {
        TokenId::from_number(self.number)
    }

    /// From where it may be used, if not from everywhere.
    #[must_use]
    pub fn addresses(&self) -> Option<&AllowedAddresses> {
        self.rare.as_deref()?.addresses.as_ref()
    }

    /// How often a minute it may be used, if not without limit.
    #[must_use]
    pub fn calls_per_minute(&self) -> Option<u32> {
        Some(self.rare.as_deref()?.limit.as_ref()?.calls.get())
    }
}

fn in_header(text: &str) -> Box<str> {
    utf8_percent_encode(text.trim(), IN_HEADER).to_string().into()
}

fn from_header(text: &str) -> String {
    percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned()
}

/// How often a token may be used: so many calls a minute, by the generic cell rate algorithm. All of a minute's calls
/// may come at once; after that, one more each 60 / n seconds. Kept in memory, by each process for itself.
#[derive(Debug)]
pub struct Limit {
    calls: NonZeroU32,
    limiter: RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>,
}

/// Where a token stands with its limit after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Calls a minute.
    pub limit: u32,
    /// Calls that may follow at once.
    pub remaining: u32,
    /// Until when nothing is left, if so.
    pub wait: Duration,
}

impl RateLimitStatus {
    /// Whole seconds after which one more call is allowed, when none is left: one is each 60 / n seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        let wait = if self.wait.is_zero() { Duration::from_secs(60) / self.limit } else { self.wait };
        wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
    }
}

impl Limit {
    /// A limit of which nothing is used yet.
    #[must_use]
    pub fn new(calls: NonZeroU32) -> Self {
        let limiter = DefaultDirectRateLimiter::direct(Quota::per_minute(calls));
        Self { calls, limiter: limiter.with_middleware() }
    }

    /// Whether this is a limit of so many calls.
    #[must_use]
    pub fn is_of(&self, calls: NonZeroU32) -> bool {
        self.calls == calls
    }

    /// Counts a call, and says whether it is within the limit.
    ///
    /// # Errors
    /// When it is not, also where the token stands.
    pub fn count(&self) -> Result<RateLimitStatus, RateLimitStatus> {
        let limit = self.calls.get();
        match self.limiter.check() {
            Ok(snapshot) => {
                Ok(RateLimitStatus { limit, remaining: snapshot.remaining_burst_capacity(), wait: Duration::ZERO })
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(RateLimitStatus { limit, remaining: 0, wait })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_exact_however_many_ask_at_once() {
        let limit = Limit::new(NonZeroU32::new(5).unwrap());
        let allowed: usize = std::thread::scope(|scope| {
            let ask = || (0..10).filter(|_| limit.count().is_ok()).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(allowed, 5);
        let over = limit.count().unwrap_err();
        assert!(over.remaining == 0 && over.wait > Duration::ZERO && over.wait <= Duration::from_secs(12), "{over:?}");
    }
}
