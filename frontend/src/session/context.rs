//! The session as the page sees it.

use latchkey_shared::Context;
use leptos::{prelude::*, task::spawn_local};

use super::gate::Gates;
use crate::{
    api::{Api, Failure},
    browser::{page, storage},
    routes::{INVITATION, SIGN_IN, TAKE},
};

/// Whether somebody has signed in with this browser, and not signed out.
const SIGNED_IN: &str = "latchkey-signed-in";

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
    /// True while the password is asked for, because the last sign-in is too long ago for what the user wants to do.
    pub confirming: RwSignal<bool>,
    gates: StoredValue<Gates, LocalStorage>,
}

impl Session {
    /// A session of which nothing is known yet. Requests that need the password wait at `gates`.
    #[must_use]
    pub fn new(gates: Gates) -> Self {
        let (ended, confirming) = (RwSignal::new(false), RwSignal::new(false));
        gates.session.on_close(move || ended.set(true));
        gates.confirmation.on_close(move || confirming.set(true));
        Self { phase: RwSignal::new(Phase::Unknown), ended, confirming, gates: StoredValue::new_local(gates) }
    }

    /// Asks the server who is signed in. Where nobody needs to be, it is only asked when somebody was: a refusal stands in
    /// the browser's log as an error.
    pub fn resume(self, api: Api) {
        let is_open = [SIGN_IN, INVITATION, TAKE].contains(&page::path().trim_end_matches('/'));
        if is_open && storage::get(SIGNED_IN).is_none() {
            self.phase.set(Phase::SignedOut);
            return;
        }
        spawn_local(async move {
            match api.context().await {
                Ok(context) => self.signed_in(context),
                Err(Failure::Unauthorized) => self.phase.set(Phase::SignedOut),
                // Something else answers at this address: a proxy, or an older server.
                Err(Failure::NotFound) => self.phase.set(Phase::Unreachable(Failure::Server(Vec::new()))),
                Err(failure) => self.phase.set(Phase::Unreachable(failure)),
            }
        });
    }

    /// Somebody has signed in, for the first time or again. Whatever waits goes on.
    pub fn signed_in(self, context: Context) {
        storage::set(SIGNED_IN, Some("yes"));
        self.phase.set(Phase::SignedIn(context));
        self.ended.set(false);
        self.confirming.set(false);
        self.gates.with_value(|gates| {
            gates.guard(true);
            gates.open();
        });
    }

    /// The user does not want to give the password: the requests that wait for it fail.
    pub fn not_confirmed(self) {
        self.confirming.set(false);
        self.gates.with_value(|gates| gates.confirmation.give_up());
    }

    /// The user has left the screen on which requests wait for the password: they fail, and the dialog closes.
    pub fn give_up_waiting(self) {
        self.ended.set(false);
        self.confirming.set(false);
        self.gates.with_value(|gates| {
            gates.session.give_up();
            gates.confirmation.give_up();
        });
    }

    /// Nobody is signed in any more, because the person wanted so.
    pub fn signed_out(self) {
        storage::set(SIGNED_IN, None);
        self.gates.with_value(|gates| gates.guard(false));
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

    /// Who is signed in, for what does not follow it.
    #[must_use]
    pub fn context_untracked(self) -> Option<Context> {
        untrack(|| self.context())
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
