//! Observe mode: an API lets everything pass, and what it would have refused is noted by token, rule and path.
//!
//! Kept in memory between two writes of [`usage`](super::usage), [`MOST`] at the most: clients choose their paths. What finds
//! no room is counted for its rule, without a path.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderMap;
use latchkey_shared::{Timestamp, TokenId};
use metrics::counter;

use super::{
    Denied, Gatekeeper,
    apis::{ApiGate, Original},
    modules::ModuleRef,
    rules::{Opener, Openers},
    usage::printable,
};
use crate::store::{RequestKey, TokenRequest};

/// Requests that are kept between two writes, by token, rule and path.
const MOST: usize = 2000;
/// Characters of a path that are kept.
const PATH: usize = 200;
/// Characters of a method that are kept.
const METHOD: usize = 16;

/// Why a key is refused that another one has replaced: no change of the token makes it good again.
pub const REPLACED: &str = "replaced";

/// Requests that would have been refused and are not written yet.
#[derive(Debug, Default)]
pub struct Observed(Mutex<HashMap<RequestKey, TokenRequest>>);

/// A request that would have been refused.
#[derive(Debug)]
pub struct Refused<'a> {
    /// The API that lets it pass.
    pub api: &'a ApiGate,
    /// The request.
    pub request: Original<'a>,
    /// What would open it.
    pub found: Result<Openers<'a>, Denied>,
    /// The token, if its secret was right.
    pub token: Option<u32>,
    /// Why it would have been refused, as a word of the metrics, or [`REPLACED`].
    pub why: &'static str,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// How the client calls itself.
    pub program: &'a [u8],
    /// When.
    pub at: Timestamp,
}

impl Observed {
    /// Notes a request.
    pub fn note(&self, refused: &Refused<'_>) {
        counter!("latchkey_observed_total", "reason" => refused.why).increment(1);
        let (rule, module) = decides(refused);
        let path = refused.request.path.split('?').next().unwrap_or_default();
        let at = refused.at.unix();
        let request = TokenRequest {
            token_id: refused.token.map(|number| TokenId::from_number(number).into()).unwrap_or_default(),
            api: refused.api.api.name.clone(),
            method: refused.request.method.chars().take(METHOD).collect(),
            rule,
            path: path.chars().take(PATH).collect(),
            reason: refused.why.to_owned(),
            module_id: module.map(|module| module.id().into()).unwrap_or_default(),
            calls: 1,
            first_at: at,
            last_at: at,
            address: refused.address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
            program: printable(refused.program),
        };
        self.add([request]);
    }

    /// Adds requests; also those that could not be written.
    pub(super) fn add(&self, requests: impl IntoIterator<Item = TokenRequest>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for mut request in requests {
            if all.len() >= MOST && !all.contains_key(&request.key()) {
                request = request.without_path();
            }
            match all.get_mut(&request.key()) {
                Some(known) => known.add(request),
                None => drop(all.insert(request.key(), request)),
            }
        }
    }

    /// Takes out what is to be written.
    pub(super) fn take(&self) -> Vec<TokenRequest> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.drain().map(|(_, request)| request).collect()
    }
}

/// The rule that asks for the module which is missing, and that module.
fn decides(refused: &Refused<'_>) -> (String, Option<ModuleRef>) {
    let Ok(openers) = refused.found else { return (String::new(), None) };
    let mut rules = openers.rules().filter_map(|(rule, opener)| match opener {
        Opener::Module(module) => Some((rule.to_owned(), Some(module))),
        Opener::Public => None,
    });
    rules.next().unwrap_or((String::new(), Some(ModuleRef::ALL)))
}

impl Gatekeeper {
    /// Logs and notes what an API in observe mode lets pass.
    pub(super) fn observe(&self, refused: &Refused<'_>, shown: Option<&str>, headers: &HeaderMap) {
        self.log_as("key would be refused", shown, headers, refused.why, refused.address);
        self.usage.observed.note(refused);
    }
}
