//! The tokens in memory. A token is read from the database when its key is first seen, and forgotten when it is
//! changed; the next request reads it again.
//!
//! There is one reader of the database, which answers all that wait for it at once: however many ask for the same
//! token, and however much garbage asks for others, the database sees a few small queries at a time.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

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

/// Ids that no token has are remembered for so many seconds, ...
const UNKNOWN_FOR: i64 = 10;
/// ... so many of them.
const UNKNOWN: usize = 10_000;
/// Tokens read at once.
const BATCH: usize = 256;
/// Requests that can wait for the database; more are held up before they count.
const WAITING: usize = 4096;
/// How long the database may take, ...
const PATIENCE: Duration = Duration::from_secs(1);
/// ... and how long it is left alone when it did not answer, in milliseconds.
const REST: u64 = 500;

/// The database does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// The tokens in memory.
#[derive(Debug)]
pub struct Index {
    /// By the digits of their ids.
    tokens: papaya::HashMap<u32, Kept, RandomState>,
    /// How often everything was forgotten.
    generation: AtomicU32,
    /// Ids that no token has, and when to ask again.
    unknown: Cache<u32, i64>,
    /// What was changed while the reader reads; `None` while it does not.
    changed: Mutex<Option<Changed>>,
    questions: mpsc::Sender<Question>,
    /// When to try the database again that did not answer, in milliseconds since the beginning; 0 while it answers.
    next_try: AtomicU64,
    begun: Instant,
}

#[derive(Debug)]
struct Kept {
    entry: Arc<Entry>,
    /// When it was read. What is of a generation before counts as forgotten: to take a million tokens out of the map would
    /// take a second.
    generation: u32,
}

/// The tokens in memory, for as long as somebody looks at them. No lock is held, and nothing that other cores read is
/// written: they would wait for each other, above all when one hot key is asked for. Changes do not wait for whoever looks.
#[derive(Debug)]
pub struct Tokens<'a> {
    tokens: HashMapRef<'a, u32, Kept, RandomState, LocalGuard<'a>>,
    generation: u32,
}

impl Tokens<'_> {
    /// The token, when it is in memory.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Arc<Entry>> {
        self.tokens.get(&number).filter(|kept| kept.generation == self.generation).map(|kept| &kept.entry)
    }
}

#[derive(Debug, Default)]
struct Changed {
    tokens: HashSet<u32>,
    all: bool,
}

#[derive(Debug)]
struct Question {
    number: u32,
    answer: oneshot::Sender<Result<Option<Arc<Entry>>, Unavailable>>,
}

impl Index {
    /// An empty index over a database. Its reader runs until the index is gone.
    #[must_use]
    pub fn new(store: Store, modules: Arc<Modules>, clock: Clock) -> Arc<Self> {
        let (questions, waiting) = mpsc::channel(WAITING);
        let index = Arc::new(Self {
            // What is forgotten is freed at the next change at the latest, and not when there are dozens: a map that has
            // grown out of its table leaves megabytes.
            tokens: papaya::HashMap::builder()
                .hasher(RandomState::default())
                .collector(Collector::new().batch_size(1))
                .build(),
            generation: AtomicU32::new(0),
            unknown: Cache::new(UNKNOWN),
            changed: Mutex::new(None),
            questions,
            next_try: AtomicU64::new(0),
            begun: Instant::now(),
        });
        let (limits, accounts) = (HashMap::new(), HashMap::new());
        let reader = Reader { index: Arc::downgrade(&index), store, modules, clock, limits, accounts };
        tokio::spawn(reader.run(waiting));
        index
    }

    /// The tokens in memory, to look at.
    #[must_use]
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { generation: self.generation.load(Ordering::Acquire), tokens: self.tokens.pin() }
    }

    /// Whether the id was asked for a moment ago, and no token had it.
    #[must_use]
    pub fn is_unknown(&self, number: u32, now: Timestamp) -> bool {
        self.unknown.get(&number).is_some_and(|until| until > now.unix())
    }

    /// Reads the token from the database, together with all others that are asked for.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn read(&self, number: u32) -> Result<Option<Arc<Entry>>, Unavailable> {
        if self.may_ask() { self.ask(number).await } else { Err(Unavailable) }
    }

    /// As [`read`](Self::read), beside whoever asks.
    pub fn try_beside(self: &Arc<Self>, number: u32) {
        if self.may_ask() {
            let index = Arc::clone(self);
            tokio::spawn(async move { index.ask(number).await });
        }
    }

    async fn ask(&self, number: u32) -> Result<Option<Arc<Entry>>, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.questions.send(Question { number, answer }).await.map_err(|_| Unavailable)?;
        answered.await.map_err(|_| Unavailable)?
    }

    /// Whether to ask the database. While it does not answer, one try each [`REST`] is enough: who asks in between is told
    /// at once.
    fn may_ask(&self) -> bool {
        let next = self.next_try.load(Ordering::Relaxed);
        let now = self.millis();
        let later = now + REST;
        next == 0
            || (now >= next
                && self.next_try.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok())
    }

    /// Whether the database did not answer when it was asked last.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.next_try.load(Ordering::Relaxed) != 0
    }

    /// Asks the database again from now on.
    pub fn try_again(&self) {
        self.next_try.store(0, Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Forgets a token, because it was changed or made.
    pub fn forget(&self, number: u32) {
        if let Some(changed) = &mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner) {
            changed.tokens.insert(number);
        }
        self.unknown.remove(&number);
        self.tokens.pin().remove(&number);
    }

    /// Forgets everything, because changes may have been missed.
    pub fn forget_all(&self) {
        if let Some(changed) = &mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner) {
            changed.all = true;
        }
        self.unknown.clear();
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Tokens in memory, those included that count as forgotten and were not asked for since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether no token is in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

/// The limit of a token, which outlives its entry: to change a token's name does not give it new calls.
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

/// The one who reads the database.
struct Reader {
    index: std::sync::Weak<Index>,
    store: Store,
    modules: Arc<Modules>,
    clock: Clock,
    limits: HashMap<u32, Arc<Limit>>,
    accounts: HashMap<String, Arc<account::Model>>,
}

impl Reader {
    async fn run(mut self, mut waiting: mpsc::Receiver<Question>) {
        let mut questions = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut questions, BATCH).await > 0 {
            let Some(index) = self.index.upgrade() else { return };
            let numbers: HashSet<u32> = questions.iter().map(|question| question.number).collect();
            let found = self.read(&index, numbers).await;
            match &found {
                Ok(_) => index.try_again(),
                Err(error) => {
                    tracing::warn!(%error, "the database does not answer");
                    let later = index.millis() + REST;
                    index.next_try.store(later, Ordering::Relaxed);
                }
            }
            for Question { number, answer } in questions.drain(..) {
                let entry = found.as_ref().map(|found| found.get(&number).cloned()).map_err(|_| Unavailable);
                // Who asked may have gone.
                let _ = answer.send(entry);
            }
        }
    }

    /// Reads tokens into the index. One that is changed meanwhile is read again.
    async fn read(&mut self, index: &Index, mut numbers: HashSet<u32>) -> Result<HashMap<u32, Arc<Entry>>, StoreError> {
        let mut found = HashMap::with_capacity(numbers.len());
        while !numbers.is_empty() {
            *index.changed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Changed::default());
            let ids: Vec<TokenId> = numbers.iter().map(|number| TokenId::from_number(*number)).collect();
            let rows = tokio::time::timeout(PATIENCE, self.store.load_credentials(&ids)).await;
            let rows = rows.map_err(|_| StoreError::TooSlow)??;
            let mut entries = HashMap::with_capacity(rows.len());
            for row in rows {
                let account = account(&mut self.accounts, row.account());
                let limit = |number, calls| limit(&mut self.limits, number, calls);
                match Entry::new(&row, account, &self.modules, limit) {
                    Ok(entry) => drop(entries.insert(entry.number, Arc::new(entry))),
                    // One bad row must not shut out the others: its key is as good as unknown.
                    Err(error) => tracing::error!(%error, "a token that nobody can use"),
                }
            }
            // Under the lock: whoever changes a token notes it there before taking it out of the index.
            let mut changed = index.changed.lock().unwrap_or_else(PoisonError::into_inner);
            let changed = changed.take().unwrap_or_default();
            let is_fresh = |number: &u32| !changed.all && !changed.tokens.contains(number);
            let tokens = index.tokens.pin();
            let generation = index.generation.load(Ordering::Acquire);
            for (number, entry) in entries.into_iter().filter(|(number, _)| is_fresh(number)) {
                tokens.insert(number, Kept { entry: Arc::clone(&entry), generation });
                found.insert(number, entry);
            }
            let until = self.clock.now().unix() + UNKNOWN_FOR;
            numbers.retain(|number| {
                if is_fresh(number) && !found.contains_key(number) {
                    tokens.remove(number);
                    index.unknown.insert(*number, until);
                }
                !is_fresh(number)
            });
        }
        Ok(found)
    }
}
