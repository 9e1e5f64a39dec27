//! How long the key before the present one works on.

use latchkey_shared::{Timestamp, Token};
use leptos::{prelude::*, task::spawn_local};

use super::{Actions, last_use::last_use};
use crate::{
    api::Api,
    browser::dates,
    texts::t,
    ui::{Button, Note, Select, Variant, dynamic},
};

/// Asks when the old key of a token ends.
pub fn question(actions: Actions, token: Token) -> AnyView {
    let texts = &t().actions;
    let api = expect_context::<Api>();
    // Asked for anew: nobody should end a key because the page is old.
    let last = RwSignal::new(token.previous_last_used.clone());
    let (id, expires) = (token.id, token.expiration_date);
    spawn_local(async move {
        if let Ok(version) = api.token(id.as_str()).await {
            last.try_set(version.token.previous_last_used);
        }
    });
    let used = dynamic(move || match last.get() {
        Some(last) => view! { {texts.old_key_last_used} {last_use(&last)} "." }.into_any(),
        None => texts.old_key_not_used.into_any(),
    });
    let ends_now = move || actions.overlap.get() == 0;
    view! {
        <form class="stack" novalidate on:submit=move |event| { event.prevent_default(); actions.confirm() }>
            <p>{used}</p>
            <Note problem=actions.problem />
            {choice(actions.overlap, expires)}
            <div class="dialog__actions">
                <Button autofocus=true on_press=move |()| actions.forget()>{t().common.cancel}</Button>
                {dynamic(move || {
                    let (variant, words) = if ends_now() {
                        (Variant::Danger, texts.end_old_key)
                    } else {
                        (Variant::Primary, texts.change_end)
                    };
                    view! { <Button variant=variant submit=true busy=actions.busy>{words}</Button> }
                })}
            </div>
        </form>
    }
    .into_any()
}

/// The choice of how long it works on, within the life of the token.
pub fn choice(overlap: RwSignal<u32>, expires: Option<Timestamp>) -> AnyView {
    let texts = &t().actions;
    // In seconds.
    let overlaps = [
        ("0", texts.overlap_none),
        ("3600", texts.overlap_hour),
        ("86400", texts.overlap_day),
        ("604800", texts.overlap_week),
    ];
    let options = overlaps.map(|(seconds, words)| (seconds.to_owned(), words.to_owned())).to_vec();
    let stops = move || match overlap.get() {
        0 => texts.old_key_will_stop.to_owned(),
        seconds => {
            let stop = dates::now().plus(seconds.into());
            let stop = expires.map_or(stop, |end| end.min(stop));
            texts.old_key_will_work_until.with([&dates::day_and_time(stop)])
        }
    };
    view! {
        <Select label=texts.old_key_works_on name="overlap" options=Signal::stored(options)
            value=Signal::derive(move || overlap.get().to_string())
            on_choose=move |seconds: String| overlap.set(seconds.parse().unwrap_or_default()) />
        <p role="status">{dynamic(stops)}</p>
    }
    .into_any()
}
