//! Doing it, for one token or for many, and saying what became of it.

use latchkey_shared::{Secret, Token};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Failure},
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
    pub overlap: RwSignal<i64>,
    /// The token with its new key, until the dialog is closed.
    pub replaced: RwSignal<Option<(Token, Secret)>>,
    /// How many keys were replaced.
    pub rotated: RwSignal<u32>,
    /// The overlap and the `Idempotency-Key` that were sent: after an answer that got lost the same is sent again.
    sent: StoredValue<Option<(i64, String)>>,
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
            replaced: RwSignal::new(None),
            rotated: RwSignal::new(0),
            sent: StoredValue::new(None),
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
            self.pending.set(Some(Pending { kind, tokens }));
        }
    }

    /// Drops the question that is open, and the key that came of it.
    pub fn forget(self) {
        self.pending.set(None);
        self.replaced.set(None);
        self.overlap.set(0);
        self.sent.set_value(None);
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
        let before = self.sent.get_value().filter(|(sent, _)| *sent == overlap);
        let (_, key) = before.unwrap_or_else(|| (overlap, random::uuid()));
        self.sent.set_value(Some((overlap, key.clone())));
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            match self.api.rotate_token(&token.id, overlap, &key).await {
                Ok(replaced) => {
                    self.busy.try_set(false);
                    self.rotated.try_update(|count| *count += 1);
                    // Whoever has closed the dialog meanwhile finds the new key in the details.
                    let waits = self.pending.try_with_untracked(|pending| {
                        pending.as_ref().is_some_and(|it| it.kind == Kind::Rotate && it.tokens.contains(&token))
                    });
                    if waits == Some(true) {
                        self.replaced.try_set(Some(replaced));
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
            None => {
                self.pending.try_set(None);
            }
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
