//! The typed client of `/public/v1`: the only place that knows the addresses, and with [`transport`] the only
//! one that knows how requests travel. A component asks the [`Api`] of its context; a test gives it canned
//! answers instead of a network.

pub mod auth;
pub mod bulk;
pub mod catalogue;
pub mod events;
pub mod failure;
pub mod hand_over;
pub mod tokens;
pub mod transport;
pub mod users;

use leptos::prelude::*;
use serde::de::DeserializeOwned;

pub use bulk::BulkResult;
pub use catalogue::{Catalogue, what_all_includes};
pub use failure::{CONFIRM_PASSWORD, Failure, sentences};
pub use transport::{Answer, Call, Method, Stream, Transport};

use crate::session::gate::Gates;

const BASE: &str = "/public/v1";
/// Where events come as they happen.
pub const EVENTS_LIVE: &str = "/public/v1/auth/events/live";
/// Where tokens are downloaded as CSV.
pub const EXPORT: &str = "/public/v1/auth/tokens/export.csv";

/// The client. Copied freely; all copies share one transport.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    transport: StoredValue<Transport, LocalStorage>,
    gates: StoredValue<Gates, LocalStorage>,
}

impl Api {
    /// A client that sends through `transport` and waits at `gates` while the user gives the password.
    #[must_use]
    pub fn new(transport: Transport, gates: Gates) -> Self {
        Self { transport: StoredValue::new_local(transport), gates: StoredValue::new_local(gates) }
    }

    /// Sends a call. When the session has ended, or the sign-in is too long ago for this call, the page asks for the
    /// password and the call is repeated, so that its caller never learns of it and nothing typed is lost.
    async fn send(self, call: Call) -> Result<Answer, Failure> {
        loop {
            let failure = match self.send_once(call.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(Gates { session, confirmation }) = self.gates.try_get_value() else { return Err(failure) };
            let gate = match &failure {
                Failure::Unauthorized => session,
                failure if failure.is(CONFIRM_PASSWORD) => confirmation,
                _ => return Err(failure),
            };
            if !gate.is_guarding() || !gate.wait().await {
                return Err(failure);
            }
        }
    }

    /// Sends a call and takes a 401 for an answer.
    async fn send_once(self, call: Call) -> Result<Answer, Failure> {
        let transport = self.transport.try_get_value().ok_or(Failure::Offline)?;
        let answer = transport.send(call).await.ok_or(Failure::Offline)?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(Failure::of(&answer)) }
    }
}

fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    serde_json::from_str(&answer.body).map_err(|_| Failure::Server(Vec::new()))
}
