//! Doing it, for one token or for many, and saying what became of it.

use latchkey_shared::{BulkAction, BulkBody, Token, key};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, BulkResult, Failure, Stream, sentences, tokens::Rotated},
    browser::{focus, random},
    texts::t,
    ui::Toasts,
};

/// What a dialog asks about before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Switching on: asked only of what nobody has seen row by row.
    Enable,
    /// Switching off.
    Disable,
    /// Deleting for good.
    Delete,
    /// Another end, of many tokens.
    SetExpiration,
    /// A new key in place of the old one, of one token.
    Rotate,
    /// No question: the new key is there.
    Rotated,
    /// Another end of the old key, of one token.
    Overlap,
    /// A link to take the key of one token.
    HandOver,
    /// The end of the page on which the holder of a key rotates it.
    Withdraw,
}

impl Kind {
    /// What is done, in words, to what `name` says: `Disabled “Billing”`.
    #[must_use]
    pub fn done(self, name: &str) -> String {
        let texts = &t().actions;
        let text = match self {
            Self::Enable => &texts.enabled,
            Self::Disable => &texts.disabled,
            Self::Delete => &texts.deleted,
            Self::SetExpiration => &texts.expiration_set,
            Self::Overlap => &texts.overlap_changed,
            _ => &texts.rotated,
        };
        text.with([&name])
    }

    /// The change that the server makes of many tokens at once.
    #[must_use]
    pub fn bulk(self) -> Option<BulkAction> {
        match self {
            Self::Enable => Some(BulkAction::Enable),
            Self::Disable => Some(BulkAction::Disable),
            Self::Delete => Some(BulkAction::Delete),
            Self::SetExpiration => Some(BulkAction::SetExpiration),
            _ => None,
        }
    }
}

/// What something is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Tokens that the user has seen.
    Tokens(Vec<Token>),
    /// Tokens by their ids, to try again or to undo.
    Ids(Vec<String>),
    /// All tokens that a query selects, and how many these are.
    Rule(String, usize),
}

impl Target {
    /// The number of tokens.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Tokens(tokens) => tokens.len(),
            Self::Ids(ids) => ids.len(),
            Self::Rule(_, total) => *total,
        }
    }

    /// The tokens, as far as the page has them.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        match self {
            Self::Tokens(tokens) => tokens,
            _ => &[],
        }
    }

    /// `“Billing”`, or `3 tokens`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Tokens(tokens) if tokens.len() == 1 => t().actions.quoted.with([&tokens[0].name]),
            other => t().actions.tokens.of(other.count()),
        }
    }
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What is to be done.
    pub kind: Kind,
    /// With what.
    pub target: Target,
}

/// The actions of a screen. The screen shows [`ActionDialogs`](super::ActionDialogs) once.
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    /// The question that is open.
    pub pending: RwSignal<Option<Pending>>,
    /// Whether something is being done.
    pub busy: RwSignal<bool>,
    /// The change that is under way, to show its progress and to stop it.
    pub stream: RwSignal<Option<Stream>>,
    /// What became of a change that was not done as a whole.
    pub result: RwSignal<Option<BulkResult>>,
    /// What could not be done.
    pub problem: RwSignal<Option<String>>,
    /// The end that [`Kind::SetExpiration`] sets, or none for never; none at all while nothing is chosen.
    pub end: RwSignal<Option<Option<String>>>,
    /// How long the old key shall work on, in seconds.
    pub overlap: RwSignal<u32>,
    /// The new key after a rotation, as the header has it, or the new handle, until the dialog is closed.
    pub secret: RwSignal<String>,
    /// How many keys were replaced.
    pub rotated: RwSignal<u32>,
    /// How many links were made and withdrawn.
    pub handed: RwSignal<u32>,
    /// The `Idempotency-Key` of the open question: after an answer that got lost the same request is sent again.
    key: StoredValue<String>,
    /// The owner of what a change needs: the button that begins it may go before it ends.
    owner: StoredValue<Owner>,
    stopped: StoredValue<bool>,
    on_change: Callback<Kind>,
    pub(super) api: Api,
    pub(super) toasts: Toasts,
}

impl Actions {
    /// Actions that call `on_change` with what was done after each change, also after one that was done in part.
    #[must_use]
    pub fn new(on_change: Callback<Kind>) -> Self {
        Self {
            pending: RwSignal::new(None),
            busy: RwSignal::new(false),
            stream: RwSignal::new(None),
            result: RwSignal::new(None),
            problem: RwSignal::new(None),
            end: RwSignal::new(None),
            overlap: RwSignal::new(0),
            secret: RwSignal::default(),
            rotated: RwSignal::new(0),
            handed: RwSignal::new(0),
            key: StoredValue::new(String::new()),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            stopped: StoredValue::new(false),
            on_change,
            api: expect_context(),
            toasts: expect_context(),
        }
    }

    /// Says that a token was changed in another way.
    pub fn changed(self) {
        self.on_change.run(Kind::Enable);
    }

    /// Asks before something is done to `target`.
    pub fn ask(self, kind: Kind, target: Target) {
        if self.busy.get_untracked() {
            self.toasts.say(t().actions.busy);
        } else if target.count() > 0 {
            self.forget();
            self.problem.set(None);
            self.key.set_value(random::uuid());
            self.pending.set(Some(Pending { kind, target }));
        }
    }

    /// Drops the question that is open, and the key that came of it.
    pub fn forget(self) {
        self.pending.try_set(None);
        self.result.try_set(None);
        self.secret.try_set(String::new());
        self.overlap.try_set(0);
        self.end.try_set(None);
        self.key.try_set_value(String::new());
    }

    /// Switches `tokens` on, at once: nothing breaks by it, and it can be undone.
    pub fn enable(self, tokens: Vec<Token>) {
        self.change(Kind::Enable, Target::Tokens(tokens));
    }

    /// Does what the open question asks about.
    pub fn confirm(self) {
        let Some(Pending { kind, target }) = self.pending.get_untracked() else { return };
        match kind {
            Kind::Rotate => {
                if let Some(token) = target.tokens().first().filter(|_| !self.busy.get_untracked()) {
                    self.rotate(token.clone());
                }
            }
            Kind::Overlap => {
                if let Some(token) = target.tokens().first().filter(|_| !self.busy.get_untracked()) {
                    self.set_overlap(token.clone());
                }
            }
            // Their dialogs send by themselves.
            Kind::Rotated | Kind::HandOver | Kind::Withdraw => {}
            _ => self.change(kind, target),
        }
    }

    /// Stops the change that is under way. What is done stays.
    pub fn stop(self) {
        if let Some(stream) = self.stream.get_untracked() {
            self.stopped.set_value(true);
            stream.stop();
        }
    }

    /// Changes what a change has left as it was.
    pub fn try_again(self) {
        let Some(Pending { kind, target }) = self.pending.get_untracked() else { return };
        let Some(result) = self.result.get_untracked() else { return };
        let rest = match target {
            // Whatever was not reported is in the rule still.
            Target::Rule(query, total) if result.missing() > 0 => Target::Rule(query, total),
            Target::Rule(..) => Target::Ids(result.failed.iter().map(|line| line.id.clone()).collect()),
            Target::Tokens(tokens) => Target::Ids(left(&result, tokens.iter().map(|token| token.id.to_string()))),
            Target::Ids(ids) => Target::Ids(left(&result, ids.into_iter())),
        };
        self.result.set(None);
        self.pending.set(Some(Pending { kind, target: rest.clone() }));
        self.send(kind, rest, false);
    }

    fn change(self, kind: Kind, target: Target) {
        self.send(kind, target, true);
    }

    /// Sends a change. `as_seen` says whether a rule must select as many tokens as the user was told of.
    fn send(self, kind: Kind, target: Target, as_seen: bool) {
        let Some(mut body) = body(kind, &target, self.end.get_untracked()).filter(|_| !self.busy.get_untracked())
        else {
            return;
        };
        body.expected = body.expected.filter(|_| as_seen);
        let stream = self.owner.get_value().with(Stream::new);
        self.stopped.set_value(false);
        self.busy.set(true);
        self.problem.set(None);
        self.stream.set(Some(stream));
        spawn_local(async move {
            let outcome = self.api.change_tokens(&body, stream).await;
            self.busy.try_set(false);
            self.stream.try_set(None);
            match outcome {
                Ok(result) => {
                    self.report(kind, target, result);
                    self.on_change.try_run(kind);
                }
                // No answer came, so it may have been done.
                Err(Failure::Offline) => {
                    let stopped = self.stopped.try_get_value() == Some(true);
                    let why = if stopped { t().actions.stopped } else { t().actions.no_answer };
                    self.problem.try_set(Some(format!("{why} {}", unknown(&target, kind))));
                    self.on_change.try_run(kind);
                }
                Err(failure) => {
                    let what = not_done(&target, kind);
                    self.problem.try_set(Some(format!("{what} {}", failure.message())));
                }
            }
        });
    }

    fn report(self, kind: Kind, target: Target, result: BulkResult) {
        if result.failed.is_empty() && result.missing() == 0 {
            self.forget();
            self.say_done(kind, &target, &result);
        } else if let (Target::Tokens(tokens), [line]) = (&target, result.failed.as_slice())
            && tokens.len() == 1
        {
            self.problem.try_set(Some(format!("{} {}", not_done(&target, kind), sentences(&line.told()))));
        } else {
            self.pending.try_set(Some(Pending { kind, target }));
            self.result.try_set(Some(result));
        }
    }

    fn say_done(self, kind: Kind, target: &Target, result: &BulkResult) {
        let name = if target.count() == 1 {
            target.name()
        } else {
            t().actions.tokens.of(result.changed.len() + result.unchanged)
        };
        if result.changed.is_empty() {
            // Another user, or another tab, was first.
            return self.toasts.say(t().actions.nothing_to_change.with([&name]));
        }
        let text = kind.done(&name);
        let back = match kind {
            Kind::Enable => Kind::Disable,
            Kind::Disable => Kind::Enable,
            _ => return self.toasts.say(text),
        };
        let ids: Vec<String> = result.changed.iter().map(|line| line.id.clone()).collect();
        // As many as one request may name.
        if ids.len() > 1000 {
            return self.toasts.say(text);
        }
        let target = match target {
            Target::Tokens(tokens) if tokens.len() == 1 => Target::Tokens(tokens.clone()),
            _ => Target::Ids(ids),
        };
        self.toasts.say_with_undo(text, move || self.undo(back, &target));
    }

    /// Takes a change back, also when the screen that made it is gone.
    fn undo(self, back: Kind, target: &Target) {
        if self.busy.try_get_untracked().is_some() {
            return self.change(back, target.clone());
        }
        let Some(body) = body(back, target, None) else { return };
        let target = target.clone();
        let owner = Owner::new_root(None);
        let stream = owner.with(Stream::new);
        spawn_local(async move {
            let outcome = self.api.change_tokens(&body, stream).await;
            drop(owner);
            self.toasts.say(match outcome {
                Ok(result) if result.failed.is_empty() && result.missing() == 0 => back.done(&target.name()),
                Ok(_) => not_done(&target, back),
                Err(Failure::Offline) => unknown(&target, back),
                Err(failure) => format!("{} {}", not_done(&target, back), failure.message()),
            });
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
            let outcome = self.api.rotate_token(&token.id, overlap.into(), &key).await;
            self.busy.try_set(false);
            match outcome {
                Ok(Rotated { token: fresh, secret, handle }) => {
                    self.rotated.try_update(|count| *count += 1);
                    // If the dialog was closed meanwhile, the new key is in the details.
                    if self.key.try_get_value() == Some(asked) {
                        let shown = handle.map(|handle| handle.expose().to_owned());
                        self.secret.try_set(shown.unwrap_or_else(|| key::header_value(&fresh.id, &secret)));
                        let target = Target::Tokens(vec![fresh]);
                        self.pending.try_set(Some(Pending { kind: Kind::Rotated, target }));
                    } else {
                        self.toasts.say(Kind::Rotated.done(&t().actions.quoted.with([&token.name])));
                    }
                    self.on_change.try_run(Kind::Rotate);
                }
                Err(failure) => {
                    let target = Target::Tokens(vec![token]);
                    self.problem.try_set(Some(format!("{} {}", not_done(&target, Kind::Rotate), failure.message())));
                    if failure == Failure::NotFound {
                        self.on_change.try_run(Kind::Rotate);
                    }
                }
            }
        });
    }

    fn set_overlap(self, token: Token) {
        let overlap = self.overlap.get_untracked();
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let outcome = self.api.set_overlap(&token.id, overlap.into()).await;
            self.busy.try_set(false);
            let target = Target::Tokens(vec![token]);
            match outcome {
                Ok(()) => {
                    self.toasts.say(Kind::Overlap.done(&target.name()));
                    self.forget();
                    self.on_change.try_run(Kind::Overlap);
                    // The button that asked may go.
                    request_animation_frame(|| focus::first("h1"));
                }
                Err(failure) => {
                    let what = not_done(&target, Kind::Overlap);
                    self.problem.try_set(Some(format!("{what} {}", failure.message())));
                }
            }
        });
    }
}

/// The request for a change of tokens; none for nothing. `end` is for [`Kind::SetExpiration`].
fn body(kind: Kind, target: &Target, end: Option<Option<String>>) -> Option<BulkBody> {
    let (ids, query, expected) = match target {
        Target::Tokens(tokens) => (Some(tokens.iter().map(|token| token.id.to_string()).collect()), None, None),
        Target::Ids(ids) => (Some(ids.clone()), None, None),
        Target::Rule(query, total) => (None, Some(query.clone()), Some(*total as u64)),
    };
    let expiration_date = end.filter(|_| kind == Kind::SetExpiration);
    let action = kind.bulk().filter(|_| target.count() > 0)?;
    Some(BulkBody { action, ids, query, expected, expiration_date, dry_run: false })
}

/// `“Billing” was not disabled.`
fn not_done(target: &Target, kind: Kind) -> String {
    let texts = &t().actions;
    let text = match (kind, target.count()) {
        (Kind::Enable, 1) => &texts.not_enabled_one,
        (Kind::Enable, _) => &texts.not_enabled_other,
        (Kind::Disable, 1) => &texts.not_disabled_one,
        (Kind::Disable, _) => &texts.not_disabled_other,
        (Kind::Delete, 1) => &texts.not_deleted_one,
        (Kind::Delete, _) => &texts.not_deleted_other,
        (Kind::SetExpiration, 1) => &texts.not_changed_one,
        (Kind::SetExpiration, _) => &texts.not_changed_other,
        (Kind::Overlap, _) => &texts.overlap_not_changed,
        _ => &texts.not_rotated,
    };
    text.with([&target.name()])
}

/// `Whether “Billing” was disabled is not known.`
fn unknown(target: &Target, kind: Kind) -> String {
    let texts = &t().actions;
    let text = match (kind, target.count()) {
        (Kind::Enable, 1) => &texts.enabled_unknown_one,
        (Kind::Enable, _) => &texts.enabled_unknown_other,
        (Kind::Disable, 1) => &texts.disabled_unknown_one,
        (Kind::Disable, _) => &texts.disabled_unknown_other,
        (Kind::Delete, 1) => &texts.deleted_unknown_one,
        (Kind::Delete, _) => &texts.deleted_unknown_other,
        (_, 1) => &texts.changed_unknown_one,
        _ => &texts.changed_unknown_other,
    };
    text.with([&target.name()])
}

/// The ids that were not reported as changed or unchanged.
fn left(result: &BulkResult, ids: impl Iterator<Item = String>) -> Vec<String> {
    if result.missing() == 0 {
        return result.failed.iter().map(|line| line.id.clone()).collect();
    }
    // What was unchanged is sent again, and is unchanged again.
    let changed: Vec<&str> = result.changed.iter().map(|line| line.id.as_str()).collect();
    ids.filter(|id| !changed.contains(&id.as_str())).collect()
}
