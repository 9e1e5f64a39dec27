//! More words on hover and on focus.

use leptos::prelude::*;

use super::menu::unique;

/// A word with more words behind it, which appear on hover and on focus and go with Esc
/// ([`events::watch_tips`](crate::browser::events::watch_tips)).
#[must_use]
pub fn tip(text: String, more: String) -> AnyView {
    let id = unique("tip");
    let described_by = id.clone();
    view! {
        <span class="tip" tabindex="0" aria-describedby=described_by>
            {text}
            <span class="tip__body" role="tooltip" id=id>{more}</span>
        </span>
    }
    .into_any()
}
