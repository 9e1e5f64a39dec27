//! The questions before a key stops working.

use latchkey_shared::Token;
use leptos::prelude::*;

use super::{
    Actions, Kind,
    last_use::LastUse,
    rotate,
    run::{Pending, name},
};
use crate::{
    browser::focus,
    ui::{Button, Dialog, Note, TextField, Variant, dynamic},
};

/// The dialogs of a screen's [`Actions`], and what could not be done when no dialog is open.
#[component]
pub fn ActionDialogs(
    /// The actions.
    actions: Actions,
) -> impl IntoView {
    let pending = actions.pending;
    let open = Signal::derive(move || pending.with(Option::is_some));
    let title = Signal::derive(move || {
        pending.with(|pending| match pending {
            Some(Pending { kind: Kind::Disable, tokens }) => format!("Disable {}?", name(tokens)),
            Some(Pending { kind: Kind::Delete, tokens }) => format!("Delete {}?", name(tokens)),
            Some(Pending { kind: Kind::Rotate, tokens }) => format!("Rotate the key of {}?", name(tokens)),
            Some(Pending { kind: Kind::Rotated, tokens }) => format!("The key of {} is rotated", name(tokens)),
            None => String::new(),
        })
    });
    let alone = Signal::derive(move || if open.get() { None } else { actions.problem.get() });
    view! {
        <div class="floating"><Note problem=alone /></div>
        <Dialog open=open on_close=move |()| actions.forget() title=title>
            {dynamic(move || match pending.get() {
                Some(Pending { kind: Kind::Disable, tokens }) => disable(actions, tokens).into_any(),
                Some(Pending { kind: Kind::Rotate, mut tokens }) => {
                    tokens.pop().map(|token| rotate::question(actions, token)).into_any()
                }
                Some(Pending { kind: Kind::Rotated, tokens }) => {
                    tokens.first().map(|token| rotate::outcome(actions, token)).into_any()
                }
                Some(pending) => view! { <Delete actions=actions pending=pending /> }.into_any(),
                None => ().into_any(),
            })}
        </Dialog>
    }
    .into_any()
}

fn disable(actions: Actions, tokens: Vec<Token>) -> impl IntoView {
    let text = if tokens.len() == 1 {
        "Every call with this key is refused at once, until you enable the token again."
    } else {
        "Every call with these keys is refused at once, until you enable the tokens again."
    };
    view! {
        <p>{text}</p>
        <LastUse tokens=tokens />
        <Note problem=actions.problem />
        <div class="dialog__actions">
            <Button autofocus=true on_press=move |()| actions.forget()>"Cancel"</Button>
            <Button variant=Variant::Danger busy=actions.busy on_press=move |()| actions.confirm()>"Disable"</Button>
        </div>
    }
}

/// Asks for the name of the token, or for the word *delete* when there are several.
#[component]
fn Delete(actions: Actions, pending: Pending) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let mismatch = RwSignal::new(None::<String>);
    let (text, wanted, list) = match pending.tokens.as_slice() {
        [token] => (
            "Its key stops working at once and for good. The name and the history of the token are kept.",
            token.name.clone(),
            Vec::new(),
        ),
        tokens => (
            "Their keys stop working at once and for good. The names and the history of the tokens are kept.",
            "delete".to_owned(),
            tokens.iter().map(|token| token.name.clone()).collect(),
        ),
    };
    let expected = StoredValue::new(wanted.trim().to_owned());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if expected.with_value(|expected| typed.with_untracked(|typed| typed.trim() == expected)) {
            mismatch.set(None);
            actions.confirm();
        } else {
            mismatch.set(Some("does not match the text above".to_owned()));
            focus::by_id("field-confirm-delete");
        }
    };
    view! {
        <form class="stack" on:submit=submit novalidate>
            <p>{text}</p>
            <LastUse tokens=pending.tokens />
            {(!list.is_empty()).then(|| view! {
                <ul class="dialog__list">{list.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul>
            })}
            <p>"To confirm, type " <strong class="breakable">{wanted}</strong></p>
            <Note problem=actions.problem />
            <TextField label="Confirmation" name="confirm-delete" text=typed problem=mismatch />
            <div class="dialog__actions">
                <Button autofocus=true on_press=move |()| actions.forget()>"Cancel"</Button>
                <Button variant=Variant::Danger submit=true busy=actions.busy>"Delete"</Button>
            </div>
        </form>
    }
    .into_any()
}
