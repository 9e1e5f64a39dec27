//! The title of a screen.

use leptos::{html, prelude::*};

use crate::browser::page;

/// Whether a screen has been shown before: the first one must not take the focus from the skip link.
#[derive(Debug, Clone, Copy)]
pub struct Arrived(StoredValue<bool>);

impl Arrived {
    /// Nothing has been shown yet.
    #[must_use]
    pub fn new() -> Self {
        Self(StoredValue::new(false))
    }
}

impl Default for Arrived {
    fn default() -> Self {
        Self::new()
    }
}

/// The `h1` of a screen. Names the page in the browser's tab, and takes the focus when the screen has changed,
/// so that a screen reader starts there.
#[component]
pub fn Heading(
    /// The words.
    #[prop(into)]
    title: Signal<String>,
    /// What the tab says, when it is not the words.
    #[prop(optional, into)]
    tab: Option<Signal<String>>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let arrived = use_context::<Arrived>();
    Effect::new(move |_| {
        let words = tab.map_or_else(|| title.get(), |tab| tab.get());
        page::set_title(&format!("{words} · Latchkey"));
    });
    Effect::new(move |done: Option<bool>| {
        let Some(heading) = heading.get() else { return false };
        if done != Some(true) && arrived.is_some_and(|arrived| arrived.0.get_value()) {
            let _ = heading.focus();
        }
        if let Some(arrived) = arrived {
            arrived.0.set_value(true);
        }
        true
    });
    view! { <h1 class="heading" tabindex="-1" node_ref=heading>{title}</h1> }.into_any()
}
