//! A new key in place of the old one.

use latchkey_shared::{Credential, Token, TokenStatus};
use leptos::prelude::*;

use super::{Actions, last_use::LastUse};
use crate::{
    api::Catalogue,
    browser::{dates, focus},
    tokens::new_key::NewKey,
    ui::{Button, Load, Note, Select, Time, Variant, dynamic},
};

/// How long the old key may work on, in seconds.
const OVERLAPS: [(&str, &str); 4] =
    [("0", "Not at all"), ("3600", "1 hour"), ("86400", "24 hours"), ("604800", "7 days")];

/// Asks how long the old key works on.
pub fn question(actions: Actions, token: Token) -> AnyView {
    let options = OVERLAPS.map(|(seconds, words)| (seconds.to_owned(), words.to_owned())).to_vec();
    let mut words = "The token gets a new key and keeps everything else.".to_owned();
    if credential(&token) == Credential::Handle {
        words += " It gets a new handle, too, and the handle that it has now is refused at once: paste the new one into the extension.";
    }
    match token.status {
        TokenStatus::Revitalised => words += " The key before the present one still works, too. It stops at once.",
        TokenStatus::Inactive => words += " The token is disabled: neither key works until you enable it.",
        _ => {}
    }
    let expires = token.expiration_date;
    let stops = move || match actions.overlap.get() {
        0 => "The old key stops at once: every call with it is refused until its program has the new one.".to_owned(),
        seconds => {
            let stop = dates::now().plus(seconds.into());
            let stop = expires.map_or(stop, |end| end.min(stop));
            format!(
                "The old key works beside the new one until {}, then every call with it is refused.",
                dates::day_and_time(stop)
            )
        }
    };
    view! {
        <form class="stack" novalidate on:submit=move |event| { event.prevent_default(); actions.confirm() }>
            <p>{words}</p>
            <LastUse tokens=vec![token] />
            <Note problem=actions.problem />
            <Select label="The old key works on" name="overlap" options=Signal::stored(options)
                value=Signal::derive(move || actions.overlap.get().to_string())
                on_choose=move |seconds: String| actions.overlap.set(seconds.parse().unwrap_or_default()) />
            <p role="status" class="rotate__stops">{dynamic(stops)}</p>
            <div class="dialog__actions">
                <Button autofocus=true on_press=move |()| actions.forget()>"Cancel"</Button>
                <Button variant=Variant::Danger submit=true busy=actions.busy>"Rotate key"</Button>
            </div>
        </form>
    }
    .into_any()
}

/// Shows the new key once.
pub fn outcome(actions: Actions, token: &Token) -> AnyView {
    // The button that was pressed is gone.
    request_animation_frame(|| focus::by_id("rotated"));
    let kind = credential(token);
    let new = match (kind, token.status) {
        (_, TokenStatus::Inactive) => "The key is replaced. The new one works as soon as you enable the token.",
        (Credential::ApiKey, _) => "The new key works now.",
        (Credential::Handle, _) => {
            "Paste the new handle into the extension: it gets the new key with it. The old handle is refused."
        }
    };
    let old = match token.previous_expiration_date {
        Some(at) => view! { " The old key works until " <Time at=at with_time=true /> "." }.into_any(),
        None => " The old key has stopped.".into_any(),
    };
    view! {
        <div class="stack">
            <p id="rotated" tabindex="-1">{new} {old}</p>
            <NewKey id=token.id.clone() kind=kind secret=actions.secret.get_untracked() />
            <div class="dialog__actions">
                <Button on_press=move |()| actions.forget()>"Done"</Button>
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
