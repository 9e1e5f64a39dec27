//! The decision about a key, without I/O.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use latchkey_shared::{KeyError, PresentedKey, Timestamp, TokenStatus};
use subtle::{Choice, ConstantTimeEq as _};

use super::{
    entry::{Entry, RateLimitStatus, State},
    modules::{ModuleRef, ModuleSet},
    path::PathError,
    rules::{Openers, Opening, RuleId},
};
use crate::keys::mac::Digester;

/// Why a key is invalid. For the log: the client gets one answer for all reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    /// No key, or more than one.
    Missing,
    /// A key in a form that the API does not take.
    Form,
    /// No key at all: cut off, or something else.
    Malformed,
    /// The checksum is wrong.
    Checksum,
    /// No token has this id.
    UnknownId,
    /// The secret is not the token's.
    WrongSecret,
    /// The token is disabled.
    Disabled,
    /// The token is not valid yet.
    NotYet,
    /// The token or the secret has expired.
    Expired,
    /// The token is deleted.
    Deleted,
}

impl AuthError {
    /// The word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Form => "form",
            Self::Malformed => "malformed",
            Self::Checksum => "checksum",
            Self::UnknownId => "unknown_id",
            Self::WrongSecret => "wrong_secret",
            Self::Disabled => "disabled",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }
}

impl From<KeyError> for AuthError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Malformed => Self::Malformed,
            KeyError::Checksum => Self::Checksum,
        }
    }
}

/// Why a request is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The key is invalid: 401.
    Key(AuthError),
    /// The key may not be used from the client's IP address: 403.
    Address(Option<IpAddr>),
    /// The token has used up its rate limit: 429.
    Limited,
    /// The path is ambiguous: 400.
    Path(PathError),
    /// The proxy is misconfigured. It sent a valid key and no usable path of the original request: 400.
    MissingTarget,
    /// The proxy is misconfigured. It has not sent the host, which says what API the request is to: 400.
    MissingHost,
    /// The request is to no API of the catalogue: 404.
    Api,
    /// The token does not hold the module of the path: 403.
    Module(ModuleRef),
    /// The token is not cached, and the database does not answer: 503.
    Unavailable,
}

impl Denied {
    /// Every word for logs and metrics.
    pub const WORDS: [&'static str; 17] = [
        "missing",
        "form",
        "malformed",
        "checksum",
        "unknown_id",
        "wrong_secret",
        "disabled",
        "not_yet",
        "expired",
        "deleted",
        "address",
        "limited",
        "path",
        "bad_request",
        "api",
        "module",
        "unavailable",
    ];

    /// The word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key(denial) => denial.as_str(),
            Self::Address(_) => "address",
            Self::Limited => "limited",
            Self::Path(_) => "path",
            Self::MissingTarget | Self::MissingHost => "bad_request",
            Self::Api => "api",
            Self::Module(_) => "module",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The decision about a request.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// The token, if its secret was right. Borrowed from the cache, unless it is kept for longer.
    pub token: Option<Cow<'a, Arc<Entry>>>,
    /// Whether the secret that was sent is the previous one of the token.
    pub is_previous: bool,
    /// When the secret expires that was sent.
    pub expires_at: Option<i64>,
    /// The module of the path, if the decision came that far.
    pub module: Option<ModuleRef>,
    /// The rule that decided, if one did.
    pub rule: RuleId,
    /// The state of the token's rate limit, if it has one and the decision came that far.
    pub rate_limit: Option<RateLimitStatus>,
    /// When it was made.
    pub at: Timestamp,
    /// The result.
    pub result: Result<(), Denied>,
}

impl Decision<'static> {
    /// The same decision with a token of its own.
    #[must_use]
    pub fn owned(decision: Decision<'_>) -> Self {
        Self { token: decision.token.map(|token| Cow::Owned(token.into_owned())), ..decision }
    }
}

impl Decision<'_> {
    /// A denial that names no token.
    #[must_use]
    pub fn denied(why: Denied, at: Timestamp) -> Self {
        Self {
            token: None,
            is_previous: false,
            expires_at: None,
            module: None,
            rule: RuleId::NONE,
            rate_limit: None,
            at,
            result: Err(why),
        }
    }

    /// When the secret expires, if that is within [`TokenStatus::EXPIRING_WINDOW`]. `None` for an invalid key.
    #[must_use]
    pub fn expiry_if_soon(&self) -> Option<Timestamp> {
        let is_key = !matches!(self.result, Err(Denied::Key(_)));
        let end = self.expires_at.filter(|end| is_key && *end <= self.at.unix() + TokenStatus::EXPIRING_WINDOW)?;
        Some(Timestamp::from_unix(end))
    }
}

/// What a key is sent for.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A request that these rules decide about.
    Request(Openers<'a>),
    /// A module.
    Module(ModuleRef),
    /// Something that needs no module.
    Any,
    /// Something that nobody may have.
    Denied(Denied),
}

impl Target<'_> {
    /// What decides for a token that holds a set of modules.
    #[must_use]
    pub fn opening(self, set: &ModuleSet) -> Opening {
        let without_rule = |module, result| Opening { module, rule: RuleId::NONE, result };
        match self {
            Self::Request(openers) => openers.opening(set),
            Self::Any => without_rule(None, Ok(())),
            Self::Denied(denied) => without_rule(None, Err(denied)),
            Self::Module(module) if set.opens(module) => without_rule(Some(module), Ok(())),
            Self::Module(module) => without_rule(Some(module), Err(Denied::Module(module))),
        }
    }
}

impl<'a> From<Result<Openers<'a>, Denied>> for Target<'a> {
    fn from(found: Result<Openers<'a>, Denied>) -> Self {
        found.map_or_else(Self::Denied, Self::Request)
    }
}

/// A request with a well-formed key.
#[derive(Debug, Clone, Copy)]
pub struct AccessRequest<'a> {
    /// The key.
    pub key: PresentedKey<'a>,
    /// What it is sent for.
    pub target: Target<'a>,
    /// The client's IP address, if it is known.
    pub address: Option<IpAddr>,
    /// The time of the request.
    pub now: Timestamp,
}

/// Decides about a request, given the token with the id of its key. The order is fixed; each step runs only if the one
/// before succeeded. An unknown id costs the same digest and comparison as a wrong secret.
#[must_use]
pub fn decide<'a>(entry: Option<&'a Arc<Entry>>, request: &AccessRequest<'_>, pepper: &Digester) -> Decision<'a> {
    const UNKNOWN: [u8; 32] = [0; 32];
    let now = request.now.unix();
    let presented = pepper.digest(request.key.id, request.key.secret);
    let kept = entry.map_or(&UNKNOWN, |entry| &entry.digest);
    // A renewed token has two secrets. Both are compared in any case.
    let previous = entry.and_then(|entry| entry.rare.as_ref()?.previous.as_ref());
    let is_kept = is_same(&presented, kept);
    let is_previous = is_same(&presented, previous.map_or(&UNKNOWN, |(digest, _)| digest));
    // When the token expires, both secrets do.
    let previous_expires_at = previous.and_then(|(_, end)| *end).filter(|_| !bool::from(is_kept));
    let Some(entry) = entry else { return Decision::denied(Denied::Key(AuthError::UnknownId), request.now) };
    if !bool::from(is_kept | is_previous) {
        return Decision::denied(Denied::Key(AuthError::WrongSecret), request.now);
    }
    let expires_at = previous_expires_at.into_iter().chain(entry.expires_at).min();
    let mut decision = Decision {
        token: None,
        is_previous: !bool::from(is_kept),
        expires_at,
        module: None,
        rule: RuleId::NONE,
        rate_limit: None,
        at: request.now,
        result: Ok(()),
    };
    decision.result = if previous_expires_at.is_some_and(|end| end <= now) {
        // It was right once, and the client learns no more than of a wrong one.
        Err(Denied::Key(AuthError::Expired))
    } else {
        judge(entry, request, &mut decision)
    };
    decision.token = Some(Cow::Borrowed(entry));
    decision
}

/// Whether a secret with this digest is valid at `now`: it is the current one, or the previous one that has not
/// expired.
#[must_use]
pub fn works(entry: &Entry, presented: &[u8; 32], now: Timestamp) -> bool {
    let previous = entry.rare.as_ref().and_then(|rare| rare.previous.as_ref());
    let previous = previous.filter(|(_, end)| end.is_none_or(|end| end > now.unix()));
    let is_previous = previous.is_some_and(|(digest, _)| is_same(presented, digest).into());
    bool::from(is_same(presented, &entry.digest)) || is_previous
}

/// Compares digests in constant time, eight bytes at once.
fn is_same(one: &[u8; 32], other: &[u8; 32]) -> Choice {
    let words = |digest: &[u8; 32]| -> [u64; 4] {
        let (chunks, _) = digest.as_chunks();
        std::array::from_fn(|at| chunks.get(at).map_or(0, |chunk| u64::from_ne_bytes(*chunk)))
    };
    words(one).ct_eq(&words(other))
}

/// Checks the status of a token, its dates, and the client's IP address.
///
/// # Errors
/// [`Denied::Key`], [`Denied::Address`].
pub fn check_standing(entry: &Entry, address: Option<IpAddr>, now: Timestamp) -> Result<(), Denied> {
    let now = now.unix();
    let rare = entry.rare.as_deref();
    match entry.state {
        State::Deleted => return Err(Denied::Key(AuthError::Deleted)),
        _ if entry.expires_at.is_some_and(|end| end <= now) => return Err(Denied::Key(AuthError::Expired)),
        State::Inactive => return Err(Denied::Key(AuthError::Disabled)),
        State::Active => {}
    }
    if rare.and_then(|rare| rare.not_before).is_some_and(|begin| begin > now) {
        return Err(Denied::Key(AuthError::NotYet));
    }
    let allowed = rare.and_then(|rare| rare.addresses.as_ref());
    if allowed.is_some_and(|allowed| !address.is_some_and(|address| allowed.contains(address))) {
        return Err(Denied::Address(address));
    }
    Ok(())
}

/// The steps after the comparison of the secret.
fn judge(entry: &Entry, request: &AccessRequest<'_>, decision: &mut Decision) -> Result<(), Denied> {
    check_standing(entry, request.address, request.now)?;
    if let Some(limit) = entry.rare.as_deref().and_then(|rare| rare.limit.as_ref()) {
        let counted = limit.count();
        decision.rate_limit = Some(counted.unwrap_or_else(|over| over));
        if counted.is_err() {
            return Err(Denied::Limited);
        }
    }
    let opening = request.target.opening(&entry.modules);
    (decision.module, decision.rule) = (opening.module, opening.rule);
    opening.result
}
