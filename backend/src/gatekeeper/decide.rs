//! The decision about a key, without I/O.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use latchkey_shared::{KeyError, PresentedKey, Timestamp, TokenStatus};
use subtle::{Choice, ConstantTimeEq as _};

use super::{
    entry::{Entry, Quotum, State},
    modules::{ModuleIndex, Modules},
    path::{self, PathError},
};
use crate::keys::mac::Digester;

/// Why a key is worth nothing. For the log: the caller gets one answer for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// There is no key, or there is more than one.
    Missing,
    /// Not the shape of a key.
    Malformed,
    /// The checksum is wrong.
    Checksum,
    /// No token has this id.
    UnknownId,
    /// The secret is not the token's.
    WrongSecret,
    /// Switched off.
    Disabled,
    /// Before its beginning.
    NotYet,
    /// Past its end.
    Expired,
    /// Gone.
    Deleted,
}

impl Denial {
    /// The word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
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

impl From<KeyError> for Denial {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Malformed => Self::Malformed,
            KeyError::Checksum => Self::Checksum,
        }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The key is worth nothing: 401.
    Key(Denial),
    /// The key may not be used from the client's address: 403.
    Address(Option<IpAddr>),
    /// The token has used up its calls: 429.
    Limited,
    /// The path has no one meaning: 400.
    Path(PathError),
    /// A proxy asks about no request, or at no address: 400 or 404.
    Question,
    /// The token does not hold the module of the path: 403.
    Module(ModuleIndex),
    /// Nobody knows the key, and the database does not answer: 503.
    Unavailable,
}

impl Refusal {
    /// Every word for logs and metrics.
    pub const WORDS: [&'static str; 15] = [
        "missing",
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
        "question",
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
            Self::Question => "question",
            Self::Module(_) => "module",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What is known of a request by a key once it is decided, whatever the answer.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// The token, when its secret was proven. Lent by the index, unless it is kept for longer.
    pub token: Option<Cow<'a, Arc<Entry>>>,
    /// When the secret ends that was shown: the token, or before it the one that a newer secret has replaced.
    pub expires_at: Option<i64>,
    /// The module of the path, when there was a path and the decision came so far.
    pub module: Option<ModuleIndex>,
    /// Where the token stands with its limit, if it has one and the decision came so far.
    pub quotum: Option<Quotum>,
    /// When it was made.
    pub at: Timestamp,
    /// The answer.
    pub answer: Result<(), Refusal>,
}

impl Decision<'static> {
    /// The same decision, to be kept for longer than the index lends the token.
    #[must_use]
    pub fn owned(decision: Decision<'_>) -> Self {
        Self { token: decision.token.map(|token| Cow::Owned(token.into_owned())), ..decision }
    }
}

impl Decision<'_> {
    /// Refused before anything was proven.
    #[must_use]
    pub fn refused(why: Refusal, at: Timestamp) -> Self {
        Self { token: None, expires_at: None, module: None, quotum: None, at, answer: Err(why) }
    }

    /// When the secret ends, if its holder is to be told: within [`TokenStatus::EXPIRING_WINDOW`] from now. Of a key that
    /// is worth nothing any more nothing is told.
    #[must_use]
    pub fn ends_soon(&self) -> Option<Timestamp> {
        let is_key = !matches!(self.answer, Err(Refusal::Key(_)));
        let end = self.expires_at.filter(|end| is_key && *end <= self.at.unix() + TokenStatus::EXPIRING_WINDOW)?;
        Some(Timestamp::from_unix(end))
    }
}

/// What a key is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A path, as the client has sent it.
    Path(&'a str),
    /// What belongs to this module.
    Module(ModuleIndex),
    /// Whatever needs no module.
    Any,
    /// Nobody knows: refused in the end, whatever the key is worth.
    Unnamed,
}

/// What is asked about a well-formed key.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The key.
    pub key: PresentedKey<'a>,
    /// What for.
    pub target: Target<'a>,
    /// The client's address, when it is known.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Timestamp,
}

/// Decides about a key, given the token that has its id. The order is fixed, and each step runs only when the one
/// before let the key pass. An unknown id costs the same digest and comparison as a wrong secret.
#[must_use]
pub fn decide<'a>(
    entry: Option<&'a Arc<Entry>>,
    question: &Question<'_>,
    pepper: &Digester,
    modules: &Modules,
) -> Decision<'a> {
    const NOBODY: [u8; 32] = [0; 32];
    let now = question.now.unix();
    let presented = pepper.digest(question.key.id, question.key.secret);
    let kept = entry.map_or(&NOBODY, |entry| &entry.digest);
    // Of a renewed token the secret before the last one counts, too. Both are compared in any case.
    let previous = entry.and_then(|entry| entry.rare.as_ref()?.previous.as_ref());
    let previous = previous.filter(|(_, end)| end.is_none_or(|end| end > now));
    let is_kept = is_same(&presented, kept);
    let is_previous = is_same(&presented, previous.map_or(&NOBODY, |(digest, _)| digest));
    // The end of the token is the end of both.
    let own_end = previous.and_then(|(_, end)| *end).filter(|_| !bool::from(is_kept));
    let Some(entry) = entry else { return Decision::refused(Refusal::Key(Denial::UnknownId), question.now) };
    if !bool::from(is_kept | is_previous) {
        return Decision::refused(Refusal::Key(Denial::WrongSecret), question.now);
    }
    let expires_at = own_end.into_iter().chain(entry.expires_at).min();
    let mut decision =
        Decision { token: None, expires_at, module: None, quotum: None, at: question.now, answer: Ok(()) };
    decision.answer = judge(entry, question, modules, &mut decision);
    decision.token = Some(Cow::Borrowed(entry));
    decision
}

/// Whether a secret with this digest works at `now`: it is the token's, or the one before that has not ended.
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

/// Whether a token may be used at all: its status, its dates, the client's address.
///
/// # Errors
/// [`Refusal::Key`], [`Refusal::Address`].
pub fn check_standing(entry: &Entry, address: Option<IpAddr>, now: Timestamp) -> Result<(), Refusal> {
    let now = now.unix();
    let rare = entry.rare.as_deref();
    match entry.state {
        State::Deleted => return Err(Refusal::Key(Denial::Deleted)),
        _ if entry.expires_at.is_some_and(|end| end <= now) => return Err(Refusal::Key(Denial::Expired)),
        State::Inactive => return Err(Refusal::Key(Denial::Disabled)),
        State::Active => {}
    }
    if rare.and_then(|rare| rare.not_before).is_some_and(|begin| begin > now) {
        return Err(Refusal::Key(Denial::NotYet));
    }
    let allowed = rare.and_then(|rare| rare.addresses.as_ref());
    if allowed.is_some_and(|allowed| !address.is_some_and(|address| allowed.contains(address))) {
        return Err(Refusal::Address(address));
    }
    Ok(())
}

fn open(entry: &Entry, module: ModuleIndex, decision: &mut Decision) -> Result<(), Refusal> {
    decision.module = Some(module);
    if entry.modules.opens(module) { Ok(()) } else { Err(Refusal::Module(module)) }
}

/// The steps after the secret.
fn judge(entry: &Entry, question: &Question<'_>, modules: &Modules, decision: &mut Decision) -> Result<(), Refusal> {
    check_standing(entry, question.address, question.now)?;
    if let Some(limit) = entry.rare.as_deref().and_then(|rare| rare.limit.as_ref()) {
        let counted = limit.count();
        decision.quotum = Some(counted.unwrap_or_else(|over| over));
        if counted.is_err() {
            return Err(Refusal::Limited);
        }
    }
    match question.target {
        Target::Any => Ok(()),
        Target::Unnamed => Err(Refusal::Question),
        Target::Path(path) => {
            let path = path::normalise(path).map_err(Refusal::Path)?;
            open(entry, modules.of_path(&path), decision)
        }
        Target::Module(module) => open(entry, module, decision),
    }
}
