//! Doing it, for one token or for many, and saying what became of it.

use latchkey_shared::{Token, key};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Failure, tokens::Rotated},
    browser::random,
    ui::Toasts,
};

/// What a dialog asks about before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Switching off.
    Disable,
    /// Deleting for good.
    Delete,
    /// A new key in place of the old one, of one token.
    Rotate,
    /// No question: the new key is there.
    Rotated,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What is to be done.
    pub kind: Kind,
    /// With what.
    pub tokens: Vec<Token>,
}

/// The actions of a screen. The screen shows [`ActionDialogs`](super::ActionDialogs) once.
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    /// The question that is open.
    pub pending: RwSignal<Option<Pending>>,
    /// Whether something is being done.
    pub busy: RwSignal<bool>,
    /// What could not be done.
    pub problem: RwSignal<Option<String>>,
    /// How long the old key shall work on after a rotation, in seconds.
    pub overlap: RwSignal<u32>,
    /// The new key after a rotation, as the header has it, or the new handle, until the dialog is closed.
    pub secret: RwSignal<String>,
    /// How many keys were replaced.
    pub rotated: RwSignal<u32>,
    /// The `Idempotency-Key` of the open question: after an answer that got lost the same request is sent again.
    key: StoredValue<String>,
    on_change: Callback<()>,
    api: Api,
    toasts: Toasts,
}

impl Actions {
    /// Actions that call `on_change` after each change, also after one that was done in part.
    #[must_use]
    pub fn new(on_change: Callback<()>) -> Self {
        Self {
            pending: RwSignal::new(None),
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
            overlap: RwSignal::new(0),
            secret: RwSignal::default(),
            rotated: RwSignal::new(0),
            key: StoredValue::new(String::new()),
            on_change,
            api: expect_context(),
            toasts: expect_context(),
        }
    }

    /// Asks before `tokens` stop working.
    pub fn ask(self, kind: Kind, tokens: Vec<Token>) {
        if !tokens.is_empty() {
            self.forget();
            self.problem.set(None);
            self.key.set_value(random::uuid());
            self.pending.set(Some(Pending { kind, tokens }));
        }
    }

    /// Drops the question that is open, and the key that came of it.
    pub fn forget(self) {
        self.pending.try_set(None);
        self.secret.try_set(String::new());
        self.overlap.try_set(0);
        self.key.try_set_value(String::new());
    }

    /// Switches `tokens` on, at once: nothing breaks by it, and it can be undone.
    pub fn enable(self, tokens: Vec<Token>) {
        self.set_enabled(tokens, true);
    }

    /// Does what the open question asks about.
    pub fn confirm(self) {
        let Some(Pending { kind, tokens }) = self.pending.get_untracked() else { return };
        if self.busy.get_untracked() {
            return;
        }
        match kind {
            Kind::Disable => self.set_enabled(tokens, false),
            Kind::Delete => self.delete(tokens),
            Kind::Rotate => tokens.into_iter().for_each(|token| self.rotate(token)),
            Kind::Rotated => {}
        }
    }

    fn set_enabled(self, tokens: Vec<Token>, enabled: bool) {
        self.busy.set(true);
        spawn_local(async move {
            let (mut done, mut failed) = (Vec::new(), None);
            for token in tokens {
                match self.api.set_token_enabled(&token.id, enabled).await {
                    Ok(_) => done.push(token),
                    Err(failure) => failed = Some((token, failure)),
                }
            }
            if !done.is_empty() {
                let text = format!("{} {}", name(&done), if enabled { "enabled" } else { "disabled" });
                self.toasts.say_with_undo(text, Callback::new(move |()| self.set_enabled(done.clone(), !enabled)));
            }
            self.finish(failed, if enabled { "enabled" } else { "disabled" });
        });
    }

    fn delete(self, tokens: Vec<Token>) {
        self.busy.set(true);
        spawn_local(async move {
            let (mut done, mut failed) = (Vec::new(), None);
            for token in tokens {
                match self.api.delete_token(&token.id).await {
                    // Somebody else was faster: what was wanted is so.
                    Ok(()) | Err(Failure::NotFound) => done.push(token),
                    Err(failure) => failed = Some((token, failure)),
                }
            }
            if !done.is_empty() {
                self.toasts.say(format!("{} deleted", name(&done)));
            }
            self.finish(failed, "deleted");
        });
    }

    fn rotate(self, token: Token) {
        let overlap = self.overlap.get_untracked();
        // Another overlap is another request.
        let asked = self.key.get_value();
        let key = format!("{asked}-{overlap}");
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            match self.api.rotate_token(&token.id, overlap.into(), &key).await {
                Ok(Rotated { token: fresh, secret, handle }) => {
                    self.busy.try_set(false);
                    self.rotated.try_update(|count| *count += 1);
                    // Whoever has closed the dialog meanwhile finds the new key in the details.
                    if self.key.try_get_value() == Some(asked) {
                        let shown = handle.map(|handle| handle.expose().to_owned());
                        self.secret.try_set(shown.unwrap_or_else(|| key::header_value(&fresh.id, &secret)));
                        self.pending.try_set(Some(Pending { kind: Kind::Rotated, tokens: vec![fresh] }));
                    } else {
                        self.toasts.say(format!("“{}” has a new key", token.name));
                    }
                    self.on_change.try_run(());
                }
                Err(failure) => self.finish(Some((token, failure)), "rotated"),
            }
        });
    }

    fn finish(self, failed: Option<(Token, Failure)>, done: &str) {
        self.busy.try_set(false);
        match failed {
            Some((token, failure)) => {
                let text = format!("“{}” was not {done}. {}", token.name, failure.message());
                self.problem.try_set(Some(text));
            }
            None => self.forget(),
        }
        self.on_change.try_run(());
    }
}

/// `“Billing”`, or `3 tokens`.
#[must_use]
pub fn name(tokens: &[Token]) -> String {
    match tokens {
        [token] => format!("“{}”", token.name),
        tokens => format!("{} tokens", tokens.len()),
    }
}
