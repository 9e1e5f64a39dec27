//! The gatekeeper: whether a key opens a path. The built-in collections, forward-auth and introspection all ask
//! [`Gatekeeper::check`], or [`Gatekeeper::check_and`] when the answer needs no more than a moment.
//!
//! The order is fixed, and each step only runs when the one before let the key pass: shape and checksum, secret,
//! status and dates, address, limit, module. Only who proved the secret can learn anything but "no". Nothing is
//! written on this path; a token in memory costs no I/O, no lock that is held across an await, and no allocation.
//!
//! - [`decide`]: the rule. [`entry`]: what is known of a token. [`modules`]: which module owns a path.
//!   [`path`]: what a path means.
//! - [`index`]: tokens in memory. [`trust`]: whether they can be believed. [`listener`]: changes by other replicas.
//! - [`forward_auth`], [`introspect`]: how others ask. [`answers`]: what goes with every answer. [`usage`]: what is
//!   remembered of calls. [`metrics`]: what is counted. [`rows`]: where both stand, so that cores do not wait.

pub mod answers;
mod decide;
pub mod entry;
pub mod forward_auth;
mod headers;
mod index;
pub mod introspect;
mod listener;
pub mod metrics;
mod modules;
pub mod path;
mod rows;
mod trust;
pub mod usage;

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use latchkey_shared::{PresentedKey, TokenId};

pub use decide::{Decision, Denial, Question, Refusal, Target, decide};
pub use entry::Entry;
pub use index::{Index, Unavailable};
pub use modules::{ModuleIndex, ModuleSet, Modules, opens};
pub use trust::Trust;

use self::{metrics::Metrics, usage::Usage};
use crate::{
    catalogue::Catalogue,
    clock::Clock,
    http::{
        Error,
        client::{self, Proxies},
    },
    keys::{Key, mac::Digester},
    store::{CredentialRow, Store, TokenChange},
};

/// Everything that a decision needs.
#[derive(Debug)]
pub struct Gatekeeper {
    /// The catalogue's modules.
    pub modules: Arc<Modules>,
    /// The tokens in memory.
    pub index: Arc<Index>,
    /// Whether they can be believed.
    pub trust: Trust,
    /// What is remembered of calls.
    pub usage: Usage,
    /// The clock.
    pub clock: Clock,
    /// The address of the console, for those who are told to go there.
    pub console: Option<Arc<str>>,
    pepper: Digester,
    metrics: Metrics,
    /// The operator's own proxies.
    proxies: Proxies,
    /// Whether the operator was warned about a proxy that is not one of theirs.
    has_warned: AtomicBool,
    /// A flood of junk must not become a flood of log lines.
    lines: DefaultDirectRateLimiter,
}

/// What the operator chose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Proxies whose word on the client's address counts.
    pub proxies: Proxies,
    /// For how long what is known stays good when nobody can confirm it.
    pub grace: Duration,
    /// The address under which people reach the console.
    pub console: Option<String>,
}

/// Characters of a proxy's `X-Request-Id` that are logged at the most: a UUID has 36.
const REQUEST_ID: usize = 64;

/// Refusals that are logged each second.
const LINES: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// What somebody shows in order to be let through.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// The `Authorization` header of these headers.
    Header(&'a HeaderMap),
    /// `<id>:<secret>`.
    Pair(&'a str),
}

impl<'a> Credential<'a> {
    /// Whether this is a key by its looks.
    #[must_use]
    pub fn is_key(self) -> bool {
        self.read().is_ok()
    }

    fn read(self) -> Result<PresentedKey<'a>, Denial> {
        match self {
            Self::Pair(pair) => Ok(PresentedKey::from_pair(pair.as_bytes())?),
            Self::Header(headers) => {
                let mut values = headers.get_all(AUTHORIZATION).iter();
                match (values.next(), values.next()) {
                    (Some(value), None) => Ok(PresentedKey::from_header(value.as_bytes())?),
                    // Of two, another program may believe the other one.
                    _ => Err(Denial::Missing),
                }
            }
        }
    }
}

impl Gatekeeper {
    /// A gatekeeper over a database, with an empty index that hears of every change made through `store`.
    #[must_use]
    pub fn new(catalogue: &Catalogue, store: &Store, pepper: &Key, clock: Clock, options: Options) -> Arc<Self> {
        let modules = Arc::new(Modules::new(catalogue));
        let index = Index::new(store.clone(), Arc::clone(&modules), clock.clone());
        let watching = Arc::clone(&index);
        store.on_change(Box::new(move |change| match change {
            TokenChange::One(id) => watching.forget(TokenId::number_of(id)),
            TokenChange::Any => watching.forget_all(),
        }));
        Arc::new(Self {
            modules,
            index,
            trust: Trust::new(options.grace),
            usage: Usage::default(),
            clock,
            pepper: Digester::new(pepper),
            metrics: Metrics::default(),
            console: options.console.map(Into::into),
            proxies: options.proxies,
            has_warned: AtomicBool::new(false),
            lines: RateLimiter::direct(Quota::per_second(LINES)),
        })
    }

    /// Decides about a credential: from memory when the token is there and can be believed, else after one look at
    /// the database.
    pub async fn check(
        &self,
        credential: Credential<'_>,
        target: Target<'_>,
        address: Option<IpAddr>,
    ) -> Decision<'static> {
        self.check_and(credential, target, address, Decision::owned).await
    }

    /// As [`check`](Self::check), for an `answer` that is made at once, while the index lends the token: what others forget
    /// meanwhile stays in memory until then.
    pub async fn check_and<R>(
        &self,
        credential: Credential<'_>,
        target: Target<'_>,
        address: Option<IpAddr>,
        answer: impl FnOnce(Decision<'_>) -> R,
    ) -> R {
        let begun = Instant::now();
        let counted = |decision: Decision<'_>| {
            self.metrics.decided(decision.answer, begun.elapsed());
            answer(decision)
        };
        self.look_at(credential, target, address, counted).await
    }

    /// As [`check`](Self::check), for whoever shows a key where nobody asks for one: it is not counted as a decision.
    async fn check_uncounted(&self, credential: Credential<'_>, address: Option<IpAddr>) -> Decision<'static> {
        self.look_at(credential, Target::Any, address, Decision::owned).await
    }

    async fn look_at<R>(
        &self,
        credential: Credential<'_>,
        target: Target<'_>,
        address: Option<IpAddr>,
        answer: impl FnOnce(Decision<'_>) -> R,
    ) -> R {
        let now = self.clock.now();
        match credential.read() {
            Err(denial) => answer(Decision::refused(Refusal::Key(denial), now)),
            Ok(key) => {
                let question = Question { key, target, address, now };
                match self.decide(&question, answer) {
                    Ok(answered) => answered,
                    // In a box: the way that nearly all requests take shall not carry its weight.
                    Err(answer) => Box::pin(self.look_up(&question, answer)).await,
                }
            }
        }
    }

    /// Answers, when memory is enough for it, and else gives `answer` back.
    fn decide<R, A: FnOnce(Decision<'_>) -> R>(&self, question: &Question<'_>, answer: A) -> Result<R, A> {
        let number = TokenId::number_of(question.key.id);
        if !self.trust.holds() {
            return Err(answer);
        }
        let tokens = self.index.tokens();
        let known = tokens.get(number);
        if known.is_none() && !self.index.is_unknown(number, question.now) {
            return Err(answer);
        }
        self.metrics.looked_up(true);
        Ok(answer(decide(known, question, &self.pepper, &self.modules)))
    }

    async fn look_up<R>(&self, question: &Question<'_>, answer: impl FnOnce(Decision<'_>) -> R) -> R {
        self.metrics.looked_up(false);
        let number = TokenId::number_of(question.key.id);
        let known = self.index.tokens().get(number).cloned().filter(|_| self.trust.has_grace(question.now));
        let entry = if known.is_some() && self.index.is_down() {
            // Nobody waits for what they do not need: whether the database is back is tried beside.
            self.index.try_beside(number);
            known
        } else {
            match self.index.read(number).await {
                Ok(entry) => entry,
                Err(Unavailable) if known.is_some() => known,
                Err(Unavailable) => return answer(Decision::refused(Refusal::Unavailable, question.now)),
            }
        };
        answer(decide(entry.as_ref(), question, &self.pepper, &self.modules))
    }

    /// The operator's own proxies.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// The digest of the secret that is shown, if it is one.
    #[must_use]
    pub fn digest(&self, credential: Credential<'_>) -> Option<[u8; 32]> {
        let key = credential.read().ok()?;
        Some(self.pepper.digest(key.id, key.secret))
    }

    /// A token as it is in the database now, when the key that was let pass before still would be: the secret works, and
    /// status, dates and address are right. No call is counted.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::AddressRefused`], [`Error::Internal`].
    pub fn confirm(&self, row: &CredentialRow, digest: &[u8; 32], address: Option<IpAddr>) -> Result<Entry, Error> {
        let limit = |_, calls| Arc::new(entry::Limit::new(calls));
        let entry = Entry::new(row, Arc::new(row.account()), &self.modules, limit)?;
        let now = self.clock.now();
        if !decide::works(&entry, digest, now) {
            return Err(Error::Unauthorized);
        }
        match decide::check_standing(&entry, address, now) {
            Ok(()) => Ok(entry),
            Err(refusal) => Err(self.error(&Decision::refused(refusal, now), refusal)),
        }
    }

    /// The address of a client, if its proxies tell.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.has_warned.load(Ordering::Relaxed) && client::is_untrusted_proxy(peer, headers, &self.proxies) {
            self.has_warned.store(true, Ordering::Relaxed);
            tracing::warn!(
                %peer,
                "X-Forwarded-For is ignored: --trusted-proxies does not name its sender. Behind a proxy, all clients count as one"
            );
        }
        client::address(peer, headers, &self.proxies)
    }

    /// Tells the log why a request was refused: the id, which says which integration fails, never the secret.
    pub fn log(&self, headers: &HeaderMap, refusal: Refusal, address: Option<IpAddr>) {
        if self.lines.check().is_err() {
            return;
        }
        let key = headers.get(AUTHORIZATION).and_then(|value| PresentedKey::from_header(value.as_bytes()).ok());
        let token = key.map(|key| key.id);
        let address = address.map(tracing::field::display);
        // Whoever sends it needs no key: what is no number of a request is not logged, so that logs stay small.
        let request_id = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        let request_id = request_id.filter(|id| id.len() <= REQUEST_ID);
        tracing::info!(reason = refusal.as_str(), token, address, request_id, "key refused");
    }

    /// What a refused caller is told.
    #[must_use]
    pub fn error(&self, decision: &Decision<'_>, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Key(_) => Error::Unauthorized,
            Refusal::Address(address) => Error::AddressRefused(address),
            Refusal::Limited => Error::Limited { seconds: decision.quotum.map_or(1, |quotum| quotum.seconds()) },
            Refusal::Path(error) => Error::Malformed(format!("The path {error}.")),
            Refusal::Question => Error::Malformed("The question names no request.".to_owned()),
            Refusal::Module(module) => Error::InsufficientScope {
                token: decision.token.as_ref().map(|token| token.id().to_string()).unwrap_or_default(),
                module: Box::new(self.modules.get(module).clone()),
                console: self.console.clone(),
            },
            Refusal::Unavailable => Error::Unavailable,
        }
    }

    /// Begins what goes on beside the requests: usage is written, and changes by other replicas are heard of.
    pub fn start(self: &Arc<Self>, store: &Store) {
        tokio::spawn(usage::run(Arc::downgrade(self), store.clone()));
        tokio::spawn(store.clone().poll_outside_changes());
        if store.is_shared() {
            // Until the listener is there, nobody knows what happens elsewhere.
            self.trust.doubt(self.clock.now());
            tokio::spawn(listener::run(Arc::downgrade(self), store.clone()));
        }
    }

    /// The gatekeeper's figures, in Prometheus' text format.
    #[must_use]
    pub fn figures(&self) -> String {
        self.metrics.text(self.index.len())
    }
}
