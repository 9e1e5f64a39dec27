//! A live line under a new key: whether it has been used.

use std::time::Duration;

use latchkey_shared::TokenId;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::Api,
    browser::{page, timer::Timer},
    texts::t,
    tokens::actions::last_use::last_use,
    ui::{Icon, dynamic},
};

/// A call is known a few seconds after it was made.
const INTERVAL: Duration = Duration::from_secs(3);
/// How often is looked: for a quarter of an hour.
const TURNS: u32 = 300;

/// *Waiting for the first call…*, and then when and from where it came.
#[component]
pub fn FirstCall(
    /// The token.
    id: TokenId,
) -> impl IntoView {
    let texts = &t().create;
    let api = expect_context::<Api>();
    let used = RwSignal::new(None);
    look(api, StoredValue::new(id), used, Timer::new(), TURNS);
    view! {
        <p class="first-call" role="status">
            {dynamic(move || match used.get() {
                Some(last) => view! {
                    <Icon icon=icondata_lu::LuCircleCheck />
                    <span>{texts.first_call_before} {last_use(&last)} {texts.first_call_after}</span>
                }
                .into_any(),
                None => view! { <span class="first-call__dot" aria-hidden="true"></span> {texts.waiting} }.into_any(),
            })}
        </p>
    }
    .into_any()
}

fn look(
    api: Api,
    id: StoredValue<TokenId>,
    used: RwSignal<Option<latchkey_shared::LastUsed>>,
    timer: Timer,
    turns: u32,
) {
    timer.start(INTERVAL, move || {
        spawn_local(async move {
            // A tab that nobody looks at does not ask.
            let found = if page::is_hidden() { None } else { id.try_get_value() };
            if let Some(token) = found
                && let Ok(version) = api.token(token.as_str()).await
                && let Some(last) = version.token.last_used
            {
                used.try_set(Some(last));
            } else if turns > 1 && !id.is_disposed() {
                look(api, id, used, timer, turns - 1);
            }
        });
    });
}
