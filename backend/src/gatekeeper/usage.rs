//! What is remembered of calls: when, from where and by which program a token was last used, and how many calls
//! there were by day, module and status. Kept in memory and written in batches, so that no request waits for it: see
//! [`run`]. A crash loses what was not written yet, [`INTERVAL`] at the most.

use std::{
    collections::HashMap,
    hash::BuildHasher as _,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use latchkey_shared::{Timestamp, TokenId};
use metrics::{gauge, histogram};

use super::{Entry, Gatekeeper, ModuleIndex};
use crate::store::{LastUse, NewCalls, Store, StoreError};

/// How long a call stays in memory before it is written.
pub const INTERVAL: Duration = Duration::from_secs(3);
/// Characters of a program's name that are kept.
const NAME: usize = 64;
/// Parts, so that requests on several cores seldom wait for each other.
const PARTS: usize = 16;

/// Calls that are not written yet.
#[derive(Debug)]
pub struct Usage {
    parts: [Mutex<Part>; PARTS],
    hasher: std::hash::RandomState,
}

#[derive(Debug, Default)]
struct Part {
    calls: HashMap<Calls, i64>,
    last: HashMap<u32, Last>,
}

/// What calls are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Calls {
    token: u32,
    /// Days since 1970, UTC.
    day: i32,
    module: Option<ModuleIndex>,
    status: u16,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: i64,
    address: Option<IpAddr>,
    program: [u8; NAME],
}

impl Default for Usage {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), hasher: std::hash::RandomState::new() }
    }
}

/// A call by a token that proved its secret.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The module of the path, when there was one.
    pub module: Option<ModuleIndex>,
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
    /// Notes a call. `allowed` tells whether it counts as a use.
    pub fn note(&self, token: &Entry, call: &Call<'_>, allowed: bool) {
        let at = call.at.unix();
        let day = i32::try_from(at.div_euclid(86_400)).unwrap_or_default();
        let calls = Calls { token: token.number, day, module: call.module, status: call.status };
        let mut part = self.part(token.number).lock().unwrap_or_else(PoisonError::into_inner);
        *part.calls.entry(calls).or_default() += 1;
        if allowed {
            let last = Last { at, address: call.address, program: shown(call.program.unwrap_or_default()) };
            part.last.insert(token.number, last);
        }
    }

    fn part(&self, token: u32) -> &Mutex<Part> {
        let hash = self.hasher.hash_one(token);
        &self.parts[usize::try_from(hash % PARTS as u64).unwrap_or_default()]
    }

    fn take(&self) -> Part {
        let mut taken = Part::default();
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            // Drained, not replaced: the next calls find room that is already there.
            taken.calls.extend(part.calls.drain());
            taken.last.extend(part.last.drain());
        }
        taken
    }

    /// Puts back what could not be written.
    fn put_back(&self, taken: Part) {
        for (calls, count) in taken.calls {
            let mut part = self.part(calls.token).lock().unwrap_or_else(PoisonError::into_inner);
            *part.calls.entry(calls).or_default() += count;
        }
        for (token, last) in taken.last {
            let mut part = self.part(token).lock().unwrap_or_else(PoisonError::into_inner);
            part.last.entry(token).or_insert(last);
        }
    }
}

/// The visible ASCII characters of a program's name, up to [`NAME`]; the rest is zero.
fn shown(name: &[u8]) -> [u8; NAME] {
    let mut shown = [0; NAME];
    for (to, from) in shown.iter_mut().zip(name.iter().filter(|byte| matches!(byte, b' '..=b'~'))) {
        *to = *from;
    }
    shown
}

/// Writes what was noted, in one transaction. What cannot be written stays in memory for the next time.
///
/// # Errors
/// [`StoreError`].
pub async fn flush(gatekeeper: &Gatekeeper, store: &Store) -> Result<(), StoreError> {
    let taken = gatekeeper.usage.take();
    if taken.calls.is_empty() {
        return Ok(());
    }
    let written = write(gatekeeper, store, &taken).await;
    if written.is_err() {
        gatekeeper.usage.put_back(taken);
    }
    written
}

async fn write(gatekeeper: &Gatekeeper, store: &Store, taken: &Part) -> Result<(), StoreError> {
    let calls = taken.calls.iter().map(|(calls, count)| NewCalls {
        token_id: TokenId::from_number(calls.token).into(),
        day: calls.day,
        module_id: calls.module.map(|module| gatekeeper.modules.get(module).id.to_string()).unwrap_or_default(),
        status: i32::from(calls.status),
        calls: *count,
    });
    let last = taken.last.iter().map(|(token, last)| LastUse {
        token_id: TokenId::from_number(*token).into(),
        at: last.at,
        address: last.address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
        program: String::from_utf8_lossy(&last.program).trim_end_matches('\0').trim().to_owned(),
    });
    store.add_usage(calls.collect(), last.collect()).await
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
        gatekeeper.publish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_s_name_is_bounded_and_harmless() {
        let text = |name: &[u8]| String::from_utf8(shown(name).to_vec()).unwrap().trim_end_matches('\0').to_owned();
        assert_eq!(text(b"curl/8.5"), "curl/8.5");
        assert_eq!(text(b"a\r\nb\xff\x1b[0m"), "ab[0m");
        assert_eq!(text(&[b'x'; 500]).len(), NAME);
    }
}
