//! More words on hover and on focus.

use leptos::prelude::*;

use super::menu::unique;

/// A word with more words behind it, which appear on hover and on focus and go with Esc.
#[component]
pub fn Tip(
    /// What is always seen.
    #[prop(into)]
    text: Signal<String>,
    /// What appears.
    #[prop(into)]
    more: Signal<String>,
) -> impl IntoView {
    let id = unique("tip");
    let dismissed = RwSignal::new(false);
    view! {
        <span class="tip" class:is-dismissed=dismissed tabindex="0" aria-describedby=id.clone()
            on:keydown=move |event| if event.key() == "Escape" { dismissed.set(true) }
            on:mouseleave=move |_| dismissed.set(false)
            on:blur=move |_| dismissed.set(false)>
            {text}
            <span class="tip__body" role="tooltip" id=id.clone()>{more}</span>
        </span>
    }
    .into_any()
}
