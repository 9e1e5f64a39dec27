//! A new key in place of the old one.

use latchkey_shared::{Credential, Timestamp, Token, TokenStatus};
use leptos::prelude::*;

use super::{Actions, last_use::LastUse, old_key};
use crate::{
    api::Catalogue,
    browser::focus,
    texts::t,
    tokens::{details::samples::sample_of, new_key::NewKey},
    ui::{Button, Load, Note, Time, Variant},
};

/// Asks how long the old key works on.
pub fn question(actions: Actions, token: Token) -> AnyView {
    let texts = &t().actions;
    let mut words = vec![texts.rotate_text];
    if credential(&token) == Credential::Handle {
        words.push(texts.rotate_text_handle);
    }
    match token.status {
        TokenStatus::Revitalised => words.push(texts.rotate_text_renewed),
        TokenStatus::Inactive => words.push(texts.rotate_text_disabled),
        _ => {}
    }
    Form {
        expires: token.expiration_date,
        words: view! { <p>{words.join(" ")}</p> <LastUse tokens=vec![token] /> }.into_any(),
        overlap: actions.overlap,
        busy: actions.busy,
        problem: actions.problem,
        on_cancel: Callback::new(move |()| actions.forget()),
        on_submit: Callback::new(move |()| actions.confirm()),
    }
    .show()
}

/// The form in the dialog that rotates a key.
pub(crate) struct Form {
    /// What stands above the fields.
    pub words: AnyView,
    /// When the key expires.
    pub expires: Option<Timestamp>,
    /// How long the old key shall work on, in seconds.
    pub overlap: RwSignal<u32>,
    /// Whether it is being rotated.
    pub busy: RwSignal<bool>,
    /// Why it was not.
    pub problem: RwSignal<Option<String>>,
    /// What *Cancel* does.
    pub on_cancel: Callback<()>,
    /// What *Rotate key* does.
    pub on_submit: Callback<()>,
}

impl Form {
    /// The view.
    pub(crate) fn show(self) -> AnyView {
        let Self { words, expires, overlap, busy, problem, on_cancel, on_submit } = self;
        let texts = &t().actions;
        view! {
            <form class="stack" novalidate on:submit=move |event| { event.prevent_default(); on_submit.run(()) }>
                {words}
                <Note problem=problem />
                {old_key::choice(overlap, expires)}
                <div class="dialog__actions">
                    <Button autofocus=true on_press=on_cancel>{t().common.cancel}</Button>
                    <Button variant=Variant::Danger submit=true busy=busy>{texts.rotate}</Button>
                </div>
            </form>
        }
        .into_any()
    }
}

/// Shows the new key once.
pub fn outcome(actions: Actions, token: &Token) -> AnyView {
    // The button that was pressed is gone.
    request_animation_frame(|| focus::by_id("rotated"));
    let texts = &t().actions;
    let kind = credential(token);
    let new = match (kind, token.status) {
        (_, TokenStatus::Inactive) => texts.rotated_disabled,
        (Credential::ApiKey, _) => texts.rotated_key,
        (Credential::Handle, _) => texts.rotated_handle,
    };
    let old = match token.previous_expiration_date {
        Some(at) => view! { {texts.old_key_until} <Time at=at with_time=true /> {texts.old_key_until_end} }.into_any(),
        None => texts.old_key_stopped.into_any(),
    };
    view! {
        <div class="stack">
            <p id="rotated" tabindex="-1">{new} " " {old}</p>
            <NewKey id=token.id.clone() kind=kind secret=actions.secret.get_untracked() sample=sample_of(token.id.to_string()) />
            <div class="dialog__actions">
                <Button on_press=move |()| actions.forget()>{texts.done}</Button>
            </div>
        </div>
    }
    .into_any()
}

/// What people hold of the token.
fn credential(token: &Token) -> Credential {
    let catalogue = expect_context::<Load<Catalogue>>();
    catalogue.state.with_untracked(|state| {
        let extension = state.ready().and_then(|it| it.extension(&token.extension.id));
        extension.map_or(Credential::ApiKey, |it| it.credential)
    })
}
