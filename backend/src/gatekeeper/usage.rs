//! What is remembered of calls: when, from where and by which program a token was last used, and how many calls
//! there were by day, module and status. Kept in memory and written in batches, so that no request waits for it: see
//! [`run`]. A crash loses what was not written yet, [`INTERVAL`] at the most.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use foldhash::fast::RandomState;
use latchkey_shared::{Timestamp, TokenId};
use metrics::{gauge, histogram};

use super::{
    AuthError, Decision, Denied, Entry, Gatekeeper, ModuleRef, Modules, RuleId, observe::Observed, sharded::Sharded,
    verb::Verb,
};
use crate::store::{LastUse, NewCalls, NewUsage, OtherUse, PREVIOUS, Store, StoreError, TokenRequest};

/// How long a call stays in memory before it is written.
pub const INTERVAL: Duration = Duration::from_secs(3);
/// Tokens whose calls are written in one transaction, more or less: as rows they need more memory than as counts.
const AT_ONCE: usize = 8192;
/// Characters of a program's name that are kept.
const NAME: usize = 64;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Parts of what a thread has noted, so that it does not wait for long while calls are taken out to be written.
const PARTS: usize = 16;

/// Calls that are not written yet.
#[derive(Debug, Default)]
pub struct Usage {
    /// What APIs in observe mode would have refused.
    pub(super) observed: Observed,
    rows: Sharded<[Mutex<Uses>; PARTS]>,
    /// Held while calls are being written: whoever writes last, at the end, waits for the one before.
    writing: tokio::sync::Mutex<()>,
}

/// By the number of the token.
type Uses = HashMap<u32, Use, RandomState>;

/// The use of a token since the last time that it was written.
#[derive(Debug, Default)]
struct Use {
    last: Option<Last>,
    /// Uses of other keys than the current one, by kind. Seldom any.
    other: Vec<(KeyUse, Last)>,
    /// Seldom more than two.
    calls: Vec<(Kind, i64)>,
}

impl Use {
    fn add(&mut self, kind: Kind, count: i64) {
        match self.calls.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, calls)) => *calls += count,
            None => self.calls.push((kind, count)),
        }
    }

    /// Adds what another thread has noted, or what was noted before and could not be written.
    fn merge(&mut self, other: Self) {
        other.calls.into_iter().for_each(|(kind, count)| self.add(kind, count));
        self.last = other.last.into_iter().chain(self.last).max_by_key(|last| last.at);
        other.other.into_iter().for_each(|(kind, last)| self.note_other(kind, last));
    }

    fn note_other(&mut self, kind: KeyUse, last: Last) {
        match self.other.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, known)) if known.at > last.at => {}
            Some((_, known)) => *known = last,
            None => self.other.push((kind, last)),
        }
    }
}

/// What a call says about the key that was sent, whose secret was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// The current key, and the call was allowed.
    Current,
    /// The previous key, which still works, and the call was allowed.
    Previous,
    /// Denied for another reason than the key.
    Denied,
    /// The token has expired.
    Expired,
    /// The key was replaced, and its overlap is over.
    Rotated,
    /// The token is disabled.
    Disabled,
}

impl KeyUse {
    /// That of a decision about a token.
    #[must_use]
    pub fn of(decision: &Decision<'_>) -> Self {
        match decision.result {
            Ok(()) if decision.is_previous => Self::Previous,
            Ok(()) => Self::Current,
            Err(Denied::Key(AuthError::Expired)) if decision.is_previous => Self::Rotated,
            Err(Denied::Key(AuthError::Expired)) => Self::Expired,
            Err(Denied::Key(AuthError::Disabled)) => Self::Disabled,
            Err(_) => Self::Denied,
        }
    }

    fn is_allowed(self) -> bool {
        matches!(self, Self::Current | Self::Previous)
    }

    /// The word in the database, for what is kept apart from the last use.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Current | Self::Denied => None,
            Self::Previous => Some(PREVIOUS),
            Self::Expired => Some("expired"),
            Self::Rotated => Some("rotated"),
            Self::Disabled => Some("disabled"),
        }
    }
}

/// What calls are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    /// Days since 1970, UTC.
    day: i32,
    module: Option<ModuleRef>,
    rule: RuleId,
    verb: Verb,
    is_allowed: bool,
    status: u16,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: i64,
    address: Option<IpAddr>,
    program: [u8; NAME],
}

impl Last {
    fn address(&self) -> String {
        self.address.map(|address| address.to_canonical().to_string()).unwrap_or_default()
    }

    fn program(&self) -> String {
        printable(&self.program)
    }
}

/// A call by a token that proved its secret.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The module of the path, when there was one.
    pub module: Option<ModuleRef>,
    /// The rule that decided.
    pub rule: RuleId,
    /// The method.
    pub verb: Verb,
    /// The status of the answer.
    pub status: u16,
    /// From where.
    pub address: Option<IpAddr>,
    /// How the program calls itself: its `User-Agent`.
    pub program: Option<&'a [u8]>,
    /// When.
    pub at: Timestamp,
}

impl Usage {
    /// Notes a call with a key of the token.
    pub fn note(&self, token: &Entry, call: &Call<'_>, key: KeyUse) {
        let at = call.at.unix();
        let day = i32::try_from(at.div_euclid(DAY)).unwrap_or_default();
        let Call { module, rule, verb, status, .. } = *call;
        let kind = Kind { day, module, rule, verb, is_allowed: key.is_allowed(), status };
        let mut part = self.part(token.number).lock().unwrap_or_else(PoisonError::into_inner);
        let of_token = part.entry(token.number).or_default();
        of_token.add(kind, 1);
        let last = || Last { at, address: call.address, program: shown(call.program.unwrap_or_default()) };
        if key.is_allowed() && of_token.last.is_none_or(|last| last.at <= at) {
            of_token.last = Some(last());
        }
        if key.word().is_some() {
            of_token.note_other(key, last());
        }
    }

    /// Ids are random, so their last digits are as good as a hash.
    fn part(&self, token: u32) -> &Mutex<Uses> {
        &self.rows.own()[token as usize % PARTS]
    }

    /// Puts back what could not be written.
    fn put_back(&self, taken: Uses) {
        for (token, older) in taken {
            self.part(token).lock().unwrap_or_else(PoisonError::into_inner).entry(token).or_default().merge(older);
        }
    }
}

/// A program's name as it is kept.
pub(super) fn printable(name: &[u8]) -> String {
    let shown = shown(name);
    String::from_utf8_lossy(&shown).trim_end_matches('\0').trim().to_owned()
}

/// The visible ASCII characters of a program's name, up to [`NAME`]; the rest is zero.
fn shown(name: &[u8]) -> [u8; NAME] {
    let mut shown = [0; NAME];
    for (to, from) in shown.iter_mut().zip(name.iter().filter(|byte| matches!(byte, b' '..=b'~'))) {
        *to = *from;
    }
    shown
}

/// Writes what was noted. What cannot be written stays in memory for the next time.
///
/// # Errors
/// [`StoreError`].
pub async fn flush(gatekeeper: &Gatekeeper, store: &Store) -> Result<(), StoreError> {
    let _writing = gatekeeper.usage.writing.lock().await;
    let mut taken = Uses::default();
    for part in 0..PARTS {
        // Drained, not replaced: the next calls find room that is already there.
        for row in gatekeeper.usage.rows.iter() {
            let mut noted = row[part].lock().unwrap_or_else(PoisonError::into_inner);
            noted.drain().for_each(|(token, uses)| taken.entry(token).or_default().merge(uses));
        }
        if taken.len() >= AT_ONCE {
            write_or_keep(gatekeeper, store, std::mem::take(&mut taken)).await?;
        }
    }
    write_or_keep(gatekeeper, store, taken).await?;
    let requests = gatekeeper.usage.observed.take();
    if requests.is_empty() {
        return Ok(());
    }
    let written = store.add_usage(NewUsage { requests: requests.clone(), ..NewUsage::default() }).await;
    if written.is_err() {
        gatekeeper.usage.observed.add(requests);
    }
    written
}

async fn write_or_keep(gatekeeper: &Gatekeeper, store: &Store, taken: Uses) -> Result<(), StoreError> {
    if taken.is_empty() {
        return Ok(());
    }
    // As they are now: they know every rule that was counted, also those of catalogues before.
    let modules = Arc::clone(&gatekeeper.modules());
    let written = write(&modules, store, &taken).await;
    if written.is_err() {
        gatekeeper.usage.put_back(taken);
    }
    written
}

async fn write(modules: &Modules, store: &Store, taken: &Uses) -> Result<(), StoreError> {
    let mut usage = NewUsage::default();
    for (number, of_token) in taken {
        let token_id: String = TokenId::from_number(*number).into();
        // By id: the next catalogue may say something else of a module, and a statement may name a row once.
        let mut calls: HashMap<(i32, String, u16), i64> = HashMap::new();
        for (kind, count) in &of_token.calls {
            let module_id = kind.module.map(|module| module.id().into()).unwrap_or_default();
            *calls.entry((kind.day, module_id, kind.status)).or_default() += count;
        }
        usage.calls.extend(calls.into_iter().map(|((day, module_id, status), calls)| NewCalls {
            token_id: token_id.clone(),
            day,
            module_id,
            status: i32::from(status),
            calls,
        }));
        let last_at = of_token.last.map_or(0, |last| last.at);
        let by_rule = of_token
            .calls
            .iter()
            .filter(|(kind, _)| kind.is_allowed && kind.rule != RuleId::NONE && kind.module.is_some());
        usage.requests.extend(by_rule.map(|(kind, count)| {
            let at = last_at.max(i64::from(kind.day) * DAY).min((i64::from(kind.day) + 1) * DAY - 1);
            let name = modules.rule(kind.rule);
            TokenRequest {
                token_id: token_id.clone(),
                api: name.map(|name| name.api.clone()).unwrap_or_default(),
                method: kind.verb.as_str().to_owned(),
                rule: name.map(|name| name.rule.clone()).unwrap_or_default(),
                path: String::new(),
                reason: String::new(),
                module_id: kind.module.map(|module| module.id().into()).unwrap_or_default(),
                calls: *count,
                first_at: at,
                last_at: at,
                address: String::new(),
                program: String::new(),
            }
        }));
        usage.last.extend(of_token.last.map(|last| LastUse {
            token_id: token_id.clone(),
            at: last.at,
            address: last.address(),
            program: last.program(),
        }));
        usage.other.extend(of_token.other.iter().filter_map(|(kind, last)| {
            Some(OtherUse {
                token_id: token_id.clone(),
                kind: kind.word()?.to_owned(),
                at: last.at,
                address: last.address(),
                program: last.program(),
                noted_at: None,
            })
        }));
    }
    store.add_usage(usage).await
}

/// Writes what was noted every [`INTERVAL`], until the gatekeeper is gone. What the last moments brought is
/// [`flush`]ed by whoever stops the server.
pub async fn run(gatekeeper: std::sync::Weak<Gatekeeper>, store: Store) {
    let mut behind = Duration::ZERO;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(gatekeeper) = gatekeeper.upgrade() else { return };
        let begun = std::time::Instant::now();
        match flush(&gatekeeper, &store).await {
            Ok(()) => behind = Duration::ZERO,
            Err(error) => {
                behind += INTERVAL;
                tracing::warn!(%error, "usage is not written yet");
            }
        }
        histogram!("latchkey_usage_flush_seconds").record(begun.elapsed());
        gauge!("latchkey_usage_flush_lag_seconds").set(behind.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agent_is_bounded_and_printable() {
        let text = |name: &[u8]| String::from_utf8(shown(name).to_vec()).unwrap().trim_end_matches('\0').to_owned();
        assert_eq!(text(b"curl/8.5"), "curl/8.5");
        assert_eq!(text(b"a\r\nb\xff\x1b[0m"), "ab[0m");
        assert_eq!(text(&[b'x'; 500]).len(), NAME);
    }
}
