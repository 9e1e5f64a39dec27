//! The session as the page sees it.

use latchkey_shared::Context;
use leptos::{prelude::*, task::spawn_local};

use super::gate::Gate;
use crate::api::{Api, Failure};

/// What is known about who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The server was asked and has not answered yet.
    Unknown,
    /// The server could not say.
    Unreachable(Failure),
    /// Nobody.
    SignedOut,
    /// This user.
    SignedIn(Context),
}

/// The session. Copied freely; all copies are the same session.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// What is known.
    pub phase: RwSignal<Phase>,
    /// True while the session has ended under an open page and the person is asked to sign in again.
    pub ended: RwSignal<bool>,
    gate: StoredValue<Gate, LocalStorage>,
}

impl Session {
    /// A session of which nothing is known yet. Requests that find it ended wait at `gate`.
    #[must_use]
    pub fn new(gate: Gate) -> Self {
        let ended = RwSignal::new(false);
        gate.on_close(move || ended.set(true));
        Self { phase: RwSignal::new(Phase::Unknown), ended, gate: StoredValue::new_local(gate) }
    }

    /// Asks the server who is signed in.
    pub fn resume(self, api: Api) {
        spawn_local(async move {
            match api.context().await {
                Ok(context) => self.signed_in(context),
                Err(Failure::Unauthorized) => self.phase.set(Phase::SignedOut),
                Err(failure) => self.phase.set(Phase::Unreachable(failure)),
            }
        });
    }

    /// Somebody has signed in, for the first time or again. Whatever waits goes on.
    pub fn signed_in(self, context: Context) {
        self.phase.set(Phase::SignedIn(context));
        self.ended.set(false);
        self.gate.with_value(|gate| {
            gate.guard(true);
            gate.open();
        });
    }

    /// Nobody is signed in any more, because the person wanted so.
    pub fn signed_out(self) {
        self.gate.with_value(|gate| gate.guard(false));
        self.phase.set(Phase::SignedOut);
    }

    /// Who is signed in.
    #[must_use]
    pub fn context(self) -> Option<Context> {
        match self.phase.get() {
            Phase::SignedIn(context) => Some(context),
            _ => None,
        }
    }

    /// Whether the user may create, change, reveal and delete tokens. The server decides; the page only does
    /// not offer what would be refused.
    #[must_use]
    pub fn manages_tokens(self) -> bool {
        self.context().is_some_and(|context| context.user.role.manages_tokens())
    }

    /// The address that the user signs in with; empty when nobody is signed in.
    #[must_use]
    pub fn email(self) -> String {
        self.context().map(|context| context.user.email).unwrap_or_default()
    }
}
