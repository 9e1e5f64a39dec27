//! Copying what stands beside the button.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{Icon, dynamic};
use crate::{
    browser::{clipboard, focus, timer::Timer},
    texts::t,
};

/// Copies a text and says *Copied*. When the browser refuses it says why and selects the text instead.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What is copied, in words: `id`, `curl command`.
    #[prop(into)]
    what: String,
    /// The id of the element that shows the text.
    #[prop(optional, into)]
    shown_in: Option<String>,
    /// Shows the text in that element where it is masked, before it is selected.
    #[prop(optional, into)]
    unmask: Option<Callback<()>>,
    /// Whether the button shows its word, not only its picture.
    #[prop(optional)]
    with_word: bool,
    /// The word, where it is not *Copy*.
    #[prop(optional)]
    words: Option<&'static str>,
    /// Whether it is the one thing that the view is for.
    #[prop(optional)]
    primary: bool,
) -> impl IntoView {
    let status_message = RwSignal::new(String::new());
    let copied = RwSignal::new(false);
    let timer = Timer::new();
    let press = move |_| {
        let shown_in = shown_in.clone();
        spawn_local(async move {
            match clipboard::copy(&text.get_untracked()).await {
                Ok(()) => {
                    status_message.try_set(t().common.copied.to_owned());
                    copied.try_set(true);
                }
                Err(refused) => {
                    // Only what is shown can be selected.
                    let instead = if shown_in.is_some() { t().common.press_ctrl_c } else { "" };
                    status_message.try_set(t().common.not_copied.with([&refused.0]) + instead);
                    if let Some(unmask) = unmask {
                        unmask.run(());
                    }
                    if let Some(id) = shown_in {
                        // Once it is unmasked.
                        request_animation_frame(move || focus::select_text(&id));
                    }
                }
            }
            timer.start(Duration::from_secs(4), move || {
                status_message.try_set(String::new());
                copied.try_set(false);
            });
        });
    };
    let words = words.or_else(|| with_word.then_some(t().common.copy));
    let class = if primary { "button button--primary" } else { "button button--quiet" };
    view! {
        <span class="copy" class:is-copied=copied>
            <button type="button" class=class class:button--icon=words.is_none()
                aria-label=t().common.copy_what.with([&what]) on:click=press>
                {dynamic(move || if copied.get() {
                    view! { <Icon icon=icondata_lu::LuCheck /> }
                } else {
                    view! { <Icon icon=icondata_lu::LuCopy /> }
                })}
                {words.map(|words| view! { <span class="button__label">{words}</span> })}
            </button>
            <span class="copy__said" role="status">{status_message}</span>
        </span>
    }
    .into_any()
}
