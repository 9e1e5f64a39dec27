//! The status of a token.

use latchkey_shared::TokenStatus;
use leptos::prelude::*;

use super::dynamic;

/// A dot and a word: the colour never speaks alone.
#[component]
pub fn StatusChip(
    /// What it says.
    #[prop(into)]
    status: Signal<TokenStatus>,
) -> impl IntoView {
    view! {
        <span class="chip" data-status=move || status.get().as_str()>
            <span class="chip__dot" aria-hidden="true"></span>
            {dynamic(move || status.get().label())}
        </span>
    }
    .into_any()
}
