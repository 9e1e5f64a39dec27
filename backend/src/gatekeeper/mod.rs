//! The gatekeeper: whether a key may use a path. The built-in collections, forward-auth and introspection all call
//! [`Gatekeeper::authorize`], or [`Gatekeeper::authorize_with`] if the response can be made at once.
//!
//! The order is fixed; each step runs only if the one before succeeded: form and checksum, secret, status and dates, IP
//! address, rate limit, module. A client that has not sent the right secret learns nothing but "no". Nothing is
//! written to the database on this path. A cached token costs no I/O, no lock that is held across an await, and no allocation.
//!
//! - [`decide`](mod@decide): the decision. [`entry`]: a token as cached.
//! - [`apis`]: which API a request is to. [`path`]: normalization. [`rules`]: which modules open a path. [`modules`]: sets of
//!   modules. [`credentials`]: how a client shows its key.
//! - [`assertion`]: what an API is told under a signature.
//! - [`token_cache`]: the cache. [`freshness`]: whether it is up to date. [`change_listener`]: changes by other
//!   replicas.
//! - [`explain`]: why a request would pass or not. [`plan`]: what another catalogue would change. [`forward_auth`], [`introspect`]: the endpoints. [`middleware`]: what goes
//!   with every response. [`usage`]: calls and last uses. [`observe`]: what an API in observe mode would have refused.
//!   [`metrics`]: counters. [`sharded`]: values for each core.

pub mod apis;
mod assertion;
mod change_listener;
mod credentials;
mod decide;
pub mod entry;
pub mod explain;
pub mod forward_auth;
mod freshness;
mod headers;
pub mod introspect;
pub mod metrics;
pub mod middleware;
mod modules;
pub mod observe;
pub mod path;
pub mod plan;
mod rules;
mod sharded;
mod token_cache;
pub mod usage;
mod verb;

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, Guard};
use axum::http::HeaderMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use latchkey_shared::{PresentedKey, TokenId};
use tokio::sync::Notify;

pub use decide::{AccessRequest, AuthError, Decision, Denied, Target, decide};
pub use entry::Entry;
pub use freshness::CacheFreshness;
pub use modules::{ModuleRef, ModuleSet, Modules};
pub use rules::{Opener, Openers, RuleId};
pub use token_cache::{TokenCache, Unavailable};
pub use verb::Verb;

use self::{assertion::Signer, metrics::Metrics, usage::Usage};
use crate::{
    catalogue::Catalogue,
    clock::Clock,
    http::{
        Error,
        client_ip::{self, Proxies},
    },
    keys::{Key, mac::Digester},
    store::{CredentialRow, Store, TokenChange},
};

/// The gatekeeper.
#[derive(Debug)]
pub struct Gatekeeper {
    /// The catalogue's modules, until a new one takes its place.
    modules: Arc<ArcSwap<Modules>>,
    /// The token cache.
    pub cache: Arc<TokenCache>,
    /// Whether it is up to date.
    pub freshness: CacheFreshness,
    /// Calls and last uses that are not written yet.
    pub usage: Usage,
    /// The clock.
    pub clock: Clock,
    /// The URL of the console, for error messages.
    pub console: Option<Arc<str>>,
    pepper: Digester,
    /// Signs what APIs are told of tokens; none only if there is no such key.
    signer: Option<Signer>,
    metrics: Metrics,
    /// Trusted proxies.
    proxies: Proxies,
    /// Is told when somebody may have asked to read the catalogue again.
    reload_asked: Arc<Notify>,
    /// Whether the log has a warning about a proxy that is not trusted.
    has_warned: AtomicBool,
    /// Limits log lines about denied requests.
    lines: DefaultDirectRateLimiter,
}

/// Options of the gatekeeper.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Proxies whose word on the client's address counts.
    pub proxies: Proxies,
    /// How long cached tokens may be used while the database does not answer.
    pub grace: Duration,
    /// The URL of the console.
    pub console: Option<String>,
}

/// Maximum length of a proxy's `X-Request-Id` in the log, in characters. A UUID has 36.
const REQUEST_ID: usize = 64;

/// Maximum number of denied requests in the log, per second.
const LINES: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// The credentials of a request.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// `Authorization: ApiKey` among these headers.
    Header(&'a HeaderMap),
    /// `<id>:<secret>`.
    Pair(&'a str),
    /// What was read of them already.
    Read(Result<PresentedKey<'a>, AuthError>),
}

impl<'a> Credential<'a> {
    /// Whether this has the form of a key.
    #[must_use]
    pub fn is_key(self) -> bool {
        self.read().is_ok()
    }

    /// The id of the token that it claims to be of.
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        self.read().ok().map(|key| key.id)
    }

    fn read(self) -> Result<PresentedKey<'a>, AuthError> {
        match self {
            Self::Pair(pair) => Ok(PresentedKey::from_pair(pair.as_bytes())?),
            Self::Header(headers) => credentials::read_own(headers),
            Self::Read(key) => key,
        }
    }
}

impl Gatekeeper {
    /// A gatekeeper over a database, with an empty cache that `store` notifies of changes.
    #[must_use]
    pub fn new(catalogue: Catalogue, store: &Store, pepper: &Key, clock: Clock, options: Options) -> Arc<Self> {
        let modules = Arc::new(ArcSwap::from_pointee(Modules::new(catalogue)));
        let cache = TokenCache::new(store.clone(), Arc::clone(&modules), clock.clone());
        let (changed, reload_asked) = (Arc::clone(&cache), Arc::<Notify>::default());
        let asked = Arc::clone(&reload_asked);
        store.on_change(Box::new(move |change| match change {
            TokenChange::One(id) => changed.invalidate(TokenId::number_of(id)),
            TokenChange::Any => {
                changed.clear();
                asked.notify_one();
            }
        }));
        Arc::new(Self {
            modules,
            cache,
            freshness: CacheFreshness::new(options.grace),
            usage: Usage::default(),
            clock,
            pepper: Digester::new(pepper),
            signer: Signer::new(pepper, options.console.as_deref()),
            metrics: Metrics::default(),
            console: options.console.map(Into::into),
            proxies: options.proxies,
            reload_asked,
            has_warned: AtomicBool::new(false),
            lines: RateLimiter::direct(Quota::per_second(LINES)),
        })
    }

    /// The catalogue's modules as they are now. Whoever decides asks once.
    #[must_use]
    pub fn modules(&self) -> Guard<Arc<Modules>> {
        self.modules.load()
    }

    /// Takes a new catalogue. A request that is under way is decided by one of the two, and not by parts of both.
    pub fn replace_catalogue(&self, catalogue: &Catalogue) {
        self.modules.rcu(|modules| modules.replaced_by(catalogue.clone()));
        // Tokens are cached with the names of their extensions.
        self.cache.clear();
    }

    /// The public key of the assertions, as a JSON Web Key Set.
    #[must_use]
    pub fn jwks(&self) -> Arc<str> {
        self.signer.as_ref().map(|signer| Arc::clone(&signer.jwks)).unwrap_or_else(|| r#"{"keys":[]}"#.into())
    }

    /// Is told when somebody may have asked to read the catalogue again.
    #[must_use]
    pub fn reload_asked(&self) -> Arc<Notify> {
        Arc::clone(&self.reload_asked)
    }

    /// Decides about a request: from the cache if the token is there and fresh, otherwise after a query.
    pub async fn authorize(
        &self,
        credential: Credential<'_>,
        target: Target<'_>,
        address: Option<IpAddr>,
    ) -> Decision<'static> {
        self.authorize_with(credential, target, address, Decision::owned).await
    }

    /// As [`authorize`](Self::authorize), for a response that is made at once, while the token is borrowed from the
    /// cache.
    pub async fn authorize_with<R>(
        &self,
        credential: Credential<'_>,
        target: Target<'_>,
        address: Option<IpAddr>,
        answer: impl FnOnce(Decision<'_>) -> R,
    ) -> R {
        let begun = Instant::now();
        let counted = |decision: Decision<'_>| {
            self.metrics.decided(decision.result, begun.elapsed());
            answer(decision)
        };
        self.authorize_key(credential, target, address, counted).await
    }

    /// As [`authorize`](Self::authorize), for a key on a route that needs none: it is not counted as a decision.
    async fn authenticate_silently(&self, credential: Credential<'_>, address: Option<IpAddr>) -> Decision<'static> {
        self.authorize_key(credential, Target::Any, address, Decision::owned).await
    }

    async fn authorize_key<R>(
        &self,
        credential: Credential<'_>,
        target: Target<'_>,
        address: Option<IpAddr>,
        answer: impl FnOnce(Decision<'_>) -> R,
    ) -> R {
        let now = self.clock.now();
        match credential.read() {
            Err(denial) => answer(Decision::denied(Denied::Key(denial), now)),
            Ok(key) => {
                let request = AccessRequest { key, target, address, now };
                match self.authorize_cached(&request, answer) {
                    Ok(answered) => answered,
                    // Boxed to keep the fast path's future small.
                    Err(answer) => Box::pin(self.authorize_uncached(&request, answer)).await,
                }
            }
        }
    }

    /// Decides from the cache, or gives `answer` back.
    fn authorize_cached<R, A: FnOnce(Decision<'_>) -> R>(
        &self,
        request: &AccessRequest<'_>,
        answer: A,
    ) -> Result<R, A> {
        let number = TokenId::number_of(request.key.id);
        if !self.freshness.is_fresh() {
            return Err(answer);
        }
        let tokens = self.cache.tokens();
        let known = tokens.get(number);
        if known.is_none() && !self.cache.is_unknown(number, request.now) {
            return Err(answer);
        }
        self.metrics.looked_up(true);
        Ok(answer(decide(known, request, &self.pepper)))
    }

    async fn authorize_uncached<R>(&self, request: &AccessRequest<'_>, answer: impl FnOnce(Decision<'_>) -> R) -> R {
        self.metrics.looked_up(false);
        let number = TokenId::number_of(request.key.id);
        let known = self.cache.tokens().get(number).cloned().filter(|_| self.freshness.within_grace(request.now));
        let entry = if known.is_some() && self.cache.is_down() {
            // The request does not wait for the query that finds out whether the database is back.
            self.cache.load_in_background(number);
            known
        } else {
            match self.cache.load(number).await {
                Ok(entry) => entry,
                Err(Unavailable) if known.is_some() => known,
                Err(Unavailable) => return answer(Decision::denied(Denied::Unavailable, request.now)),
            }
        };
        answer(decide(entry.as_ref(), request, &self.pepper))
    }

    /// The operator's own proxies.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// The digest of the secret in the credentials, if they have the form of a key.
    #[must_use]
    pub fn digest(&self, credential: Credential<'_>) -> Option<[u8; 32]> {
        let key = credential.read().ok()?;
        Some(self.pepper.digest(key.id, key.secret))
    }

    /// The token of a row, if the key that was allowed before still is: secret, status, dates and IP address. Counts no
    /// call.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::AddressRefused`], [`Error::Internal`].
    pub fn confirm(&self, row: &CredentialRow, digest: &[u8; 32], address: Option<IpAddr>) -> Result<Entry, Error> {
        let limit = |_, calls| Arc::new(entry::Limit::new(calls));
        let entry = Entry::new(row, Arc::new(row.account()), &self.modules(), limit)?;
        let now = self.clock.now();
        if !decide::works(&entry, digest, now) {
            return Err(Error::Unauthorized);
        }
        match decide::check_standing(&entry, address, now) {
            Ok(()) => Ok(entry),
            Err(denial) => Err(self.error(&Decision::denied(denial, now), denial)),
        }
    }

    /// The client's IP address, if it is known.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.has_warned.load(Ordering::Relaxed) && client_ip::is_untrusted_proxy(peer, headers, &self.proxies) {
            self.has_warned.store(true, Ordering::Relaxed);
            tracing::warn!(
                %peer,
                "X-Forwarded-For is ignored: --trusted-proxies does not name its sender. Behind a proxy, all clients count as one"
            );
        }
        client_ip::client_ip(peer, headers, &self.proxies)
    }

    /// Logs why a request was denied, with the id of the key and never the secret.
    pub fn log(&self, token: Option<&str>, headers: &HeaderMap, denial: Denied, address: Option<IpAddr>) {
        self.log_as("key refused", token, headers, denial.as_str(), address);
    }

    fn log_as(&self, what: &str, token: Option<&str>, headers: &HeaderMap, reason: &str, address: Option<IpAddr>) {
        if self.lines.check().is_err() {
            return;
        }
        let address = address.map(tracing::field::display);
        // Anybody can send it, so it must not fill the log.
        let request_id = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        let request_id = request_id.filter(|id| id.len() <= REQUEST_ID);
        tracing::info!(reason, token, address, request_id, "{what}");
    }

    /// The error response to a denied request.
    #[must_use]
    pub fn error(&self, decision: &Decision<'_>, denial: Denied) -> Error {
        match denial {
            Denied::Key(_) => Error::Unauthorized,
            Denied::Address(address) => Error::AddressRefused(address),
            Denied::Limited => {
                Error::Limited { seconds: decision.rate_limit.map_or(1, |rate_limit| rate_limit.seconds()) }
            }
            Denied::Path(error) => Error::Malformed(format!("The path {error}.")),
            Denied::MissingTarget => Error::Malformed(forward_auth::MISSING_TARGET.to_owned()),
            Denied::MissingHost => Error::Malformed(forward_auth::MISSING_HOST.to_owned()),
            Denied::Api => Error::NoSuchApi,
            Denied::Module(module) => Error::InsufficientScope {
                token: decision.token.as_ref().map(|token| token.id().to_string()).unwrap_or_default(),
                module: Box::new(self.modules().get(module)),
                console: self.console.clone(),
            },
            Denied::Unavailable => Error::Unavailable,
        }
    }

    /// Starts the background tasks: usage is written, and change notifications are received.
    pub fn start(self: &Arc<Self>, store: &Store) {
        tokio::spawn(usage::run(Arc::downgrade(self), store.clone()));
        tokio::spawn(store.clone().poll_outside_changes());
        if store.is_shared() {
            // Stale until the listener is connected.
            self.freshness.mark_stale(self.clock.now());
            tokio::spawn(change_listener::run(Arc::downgrade(self), store.clone()));
        }
    }

    /// The gatekeeper's metrics in Prometheus' text format.
    #[must_use]
    pub fn figures(&self) -> String {
        self.metrics.text(self.cache.len())
    }
}
