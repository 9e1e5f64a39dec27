//! The token cache. A token is loaded when its key is first seen, and invalidated when it changes; the next request
//! loads it again.
//!
//! One task reads the database for all requests that wait. However many wait for the same token, or send keys of tokens
//! that do not exist, the database gets a few small queries at a time.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use latchkey_shared::{Timestamp, TokenId};
use papaya::{HashMapRef, LocalGuard};
use quick_cache::sync::Cache;
use seize::Collector;
use tokio::sync::{mpsc, oneshot};

use super::{
    entry::{Entry, Limit},
    modules::Modules,
};
use crate::{
    clock::Clock,
    store::{Store, StoreError, entities::account},
};

/// Seconds for which unknown ids are cached.
const UNKNOWN_FOR: i64 = 10;
/// Maximum number of unknown ids in the cache.
const UNKNOWN: usize = 10_000;
/// Maximum number of tokens of a query.
const BATCH: usize = 256;
/// Maximum number of requests that wait for the database.
const QUEUE: usize = 4096;
/// Timeout for a query.
const DB_TIMEOUT: Duration = Duration::from_secs(1);
/// Interval between two queries while the database does not answer, in milliseconds.
const RETRY_INTERVAL: u64 = 500;

/// The database does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// The token cache.
#[derive(Debug)]
pub struct TokenCache {
    /// By the digits of their ids.
    tokens: papaya::HashMap<u32, Cached, RandomState>,
    /// Number of times that the cache was cleared.
    generation: AtomicU32,
    /// Ids that no token has, and until when that is cached.
    unknown: Cache<u32, i64>,
    /// What changes during a query; `None` while there is none.
    changed: Mutex<Option<Changed>>,
    lookups: mpsc::Sender<Lookup>,
    /// When to query a database again that did not answer, in milliseconds since `started`; 0 while it answers.
    next_try: AtomicU64,
    started: Instant,
}

#[derive(Debug)]
struct Cached {
    entry: Arc<Entry>,
    /// Entries from older generations count as misses, because emptying a map of a million entries takes a second.
    generation: u32,
}

/// A read guard of the cache. It holds no lock and writes nothing that other cores read. Changes do not wait for it.
#[derive(Debug)]
pub struct Tokens<'a> {
    tokens: HashMapRef<'a, u32, Cached, RandomState, LocalGuard<'a>>,
    generation: u32,
}

impl Tokens<'_> {
    /// The token, if it is cached.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Arc<Entry>> {
        self.tokens.get(&number).filter(|cached| cached.generation == self.generation).map(|cached| &cached.entry)
    }
}

#[derive(Debug, Default)]
struct Changed {
    tokens: HashSet<u32>,
    all: bool,
}

#[derive(Debug)]
struct Lookup {
    number: u32,
    answer: oneshot::Sender<Result<Option<Arc<Entry>>, Unavailable>>,
}

impl TokenCache {
    /// An empty cache over a database. Its task runs until the cache is dropped.
    #[must_use]
    pub fn new(store: Store, modules: Arc<ArcSwap<Modules>>, clock: Clock) -> Arc<Self> {
        let (lookups, waiting) = mpsc::channel(QUEUE);
        let cache = Arc::new(Self {
            // Free removed entries at once instead of by the dozen: a map that has outgrown its table leaves megabytes.
            tokens: papaya::HashMap::builder()
                .hasher(RandomState::default())
                .collector(Collector::new().batch_size(1))
                .build(),
            generation: AtomicU32::new(0),
            unknown: Cache::new(UNKNOWN),
            changed: Mutex::new(None),
            lookups,
            next_try: AtomicU64::new(0),
            started: Instant::now(),
        });
        let (limits, accounts) = (HashMap::new(), HashMap::new());
        let reader = Reader { cache: Arc::downgrade(&cache), store, modules, clock, limits, accounts };
        tokio::spawn(reader.run(waiting));
        cache
    }

    /// A read guard.
    #[must_use]
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { generation: self.generation.load(Ordering::Acquire), tokens: self.tokens.pin() }
    }

    /// Whether it is cached that no token has this id.
    #[must_use]
    pub fn is_unknown(&self, number: u32, now: Timestamp) -> bool {
        self.unknown.get(&number).is_some_and(|until| until > now.unix())
    }

    /// Loads the token from the database.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn load(&self, number: u32) -> Result<Option<Arc<Entry>>, Unavailable> {
        if self.claim_query() { self.ask(number).await } else { Err(Unavailable) }
    }

    /// As [`load`](Self::load), in the background.
    pub fn load_in_background(self: &Arc<Self>, number: u32) {
        if self.claim_query() {
            let cache = Arc::clone(self);
            tokio::spawn(async move { cache.ask(number).await });
        }
    }

    async fn ask(&self, number: u32) -> Result<Option<Arc<Entry>>, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.lookups.send(Lookup { number, answer }).await.map_err(|_| Unavailable)?;
        answered.await.map_err(|_| Unavailable)?
    }

    /// Whether to query the database. While it does not answer, one query each [`RETRY_INTERVAL`] is tried; other
    /// requests fail at once.
    fn claim_query(&self) -> bool {
        let next = self.next_try.load(Ordering::Relaxed);
        let now = self.millis();
        let later = now + RETRY_INTERVAL;
        next == 0
            || (now >= next
                && self.next_try.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok())
    }

    /// Whether the database did not answer the last query.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.next_try.load(Ordering::Relaxed) != 0
    }

    /// Queries the database again from now on.
    pub fn mark_available(&self) {
        self.next_try.store(0, Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Invalidates a token that was changed or created.
    pub fn invalidate(&self, number: u32) {
        if let Some(changed) = &mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner) {
            changed.tokens.insert(number);
        }
        self.unknown.remove(&number);
        self.tokens.pin().remove(&number);
    }

    /// Clears the cache, because changes may have been missed.
    pub fn clear(&self) {
        if let Some(changed) = &mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner) {
            changed.all = true;
        }
        self.unknown.clear();
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Number of cached tokens, those of older generations included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether no token is cached.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

/// The rate limit of a token. It outlives the entry: renaming a token does not reset it.
fn limit(limits: &mut HashMap<u32, Arc<Limit>>, number: u32, calls: NonZeroU32) -> Arc<Limit> {
    let limit = limits.entry(number).or_insert_with(|| Arc::new(Limit::new(calls)));
    if !limit.is_of(calls) {
        *limit = Arc::new(Limit::new(calls));
    }
    Arc::clone(limit)
}

/// The account, shared by its tokens.
fn account(accounts: &mut HashMap<String, Arc<account::Model>>, account: account::Model) -> Arc<account::Model> {
    let kept = accounts.entry(account.id.clone()).or_insert_with(|| Arc::new(account.clone()));
    if **kept != account {
        *kept = Arc::new(account);
    }
    Arc::clone(kept)
}

/// The task that reads the database.
struct Reader {
    cache: std::sync::Weak<TokenCache>,
    store: Store,
    modules: Arc<ArcSwap<Modules>>,
    clock: Clock,
    limits: HashMap<u32, Arc<Limit>>,
    accounts: HashMap<String, Arc<account::Model>>,
}

impl Reader {
    async fn run(mut self, mut waiting: mpsc::Receiver<Lookup>) {
        let mut lookups = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut lookups, BATCH).await > 0 {
            let Some(cache) = self.cache.upgrade() else { return };
            let numbers: HashSet<u32> = lookups.iter().map(|lookup| lookup.number).collect();
            let found = self.read(&cache, numbers).await;
            match &found {
                Ok(_) => cache.mark_available(),
                Err(error) => {
                    tracing::warn!(%error, "the database does not answer");
                    let later = cache.millis() + RETRY_INTERVAL;
                    cache.next_try.store(later, Ordering::Relaxed);
                }
            }
            for Lookup { number, answer } in lookups.drain(..) {
                let entry = found.as_ref().map(|found| found.get(&number).cloned()).map_err(|_| Unavailable);
                // The request may be gone.
                let _ = answer.send(entry);
            }
        }
    }

    /// Loads tokens into the cache. One that changes meanwhile is loaded again.
    async fn read(
        &mut self,
        cache: &TokenCache,
        mut numbers: HashSet<u32>,
    ) -> Result<HashMap<u32, Arc<Entry>>, StoreError> {
        let mut found = HashMap::with_capacity(numbers.len());
        while !numbers.is_empty() {
            *cache.changed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Changed::default());
            let ids: Vec<TokenId> = numbers.iter().map(|number| TokenId::from_number(*number)).collect();
            let rows = tokio::time::timeout(DB_TIMEOUT, self.store.load_credentials(&ids)).await;
            let rows = rows.map_err(|_| StoreError::TooSlow)??;
            let modules = self.modules.load();
            let mut entries = HashMap::with_capacity(rows.len());
            for row in rows {
                let account = account(&mut self.accounts, row.account());
                let limit = |number, calls| limit(&mut self.limits, number, calls);
                match Entry::new(&row, account, &modules, limit) {
                    Ok(entry) => drop(entries.insert(entry.number, Arc::new(entry))),
                    // One bad row must not affect the others: its key counts as unknown.
                    Err(error) => tracing::error!(%error, "a stored token is invalid"),
                }
            }
            // Under the lock: `invalidate` notes a change there before it removes the token.
            let mut changed = cache.changed.lock().unwrap_or_else(PoisonError::into_inner);
            let changed = changed.take().unwrap_or_default();
            let is_fresh = |number: &u32| !changed.all && !changed.tokens.contains(number);
            let tokens = cache.tokens.pin();
            let generation = cache.generation.load(Ordering::Acquire);
            for (number, entry) in entries.into_iter().filter(|(number, _)| is_fresh(number)) {
                tokens.insert(number, Cached { entry: Arc::clone(&entry), generation });
                found.insert(number, entry);
            }
            let until = self.clock.now().unix() + UNKNOWN_FOR;
            numbers.retain(|number| {
                if is_fresh(number) && !found.contains_key(number) {
                    tokens.remove(number);
                    cache.unknown.insert(*number, until);
                }
                !is_fresh(number)
            });
        }
        Ok(found)
    }
}
