//! Short confirmations of what is done. Never errors: those need reading.

use std::{fmt, sync::Arc, time::Duration};

use leptos::prelude::*;

use super::Icon;
use crate::{browser::focus, texts::t};

const SHOWN_FOR: Duration = Duration::from_secs(8);

#[derive(Debug, Clone)]
struct Toast {
    id: u32,
    text: String,
    then: Then,
}

/// What a confirmation offers beside its words.
#[derive(Clone)]
enum Then {
    Nothing,
    /// Not a `Callback`: the screen that made it may be gone.
    Undo(Arc<dyn Fn() + Send + Sync>),
    /// A link to this address.
    Open(String),
}

impl fmt::Debug for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Then")
    }
}

/// The confirmations on the page.
#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

impl Toasts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0) }
    }

    /// Says what is done.
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), Then::Nothing);
    }

    /// Says what is done and offers to undo it, also when its screen is gone.
    pub fn say_with_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.show(text.into(), Then::Undo(Arc::new(undo)));
    }

    /// Says what is done, and where it is to be seen.
    pub fn say_with_link(self, text: impl Into<String>, address: String) {
        self.show(text.into(), Then::Open(address));
    }

    fn show(self, text: String, then: Then) {
        let id = self.last.get_value().wrapping_add(1);
        self.last.set_value(id);
        // Two at a time are enough; older ones are old news.
        self.shown.update(|toasts| {
            toasts.push(Toast { id, text, then });
            let surplus = toasts.len().saturating_sub(2);
            toasts.drain(..surplus);
        });
        self.drop_later(id);
    }

    /// Drops a confirmation after a while, or later while the pointer or the focus is on one (WCAG 2.2.1).
    fn drop_later(self, id: u32) {
        set_timeout(
            move || {
                if focus::finds(".toaster:is(:hover, :focus-within)") { self.drop_later(id) } else { self.drop(id) }
            },
            SHOWN_FOR,
        );
    }

    fn drop(self, id: u32) {
        self.shown.try_update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the confirmations appear.
#[component]
pub fn Toaster() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toaster" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                {
                    let id = toast.id;
                    view! {
                        <div class="toast">
                            <Icon icon=icondata_lu::LuCircleCheck />
                            <span class="toast__text">{toast.text}</span>
                            {match toast.then {
                                Then::Nothing => ().into_any(),
                                Then::Undo(undo) => view! {
                                    <button type="button" class="toast__undo" on:click=move |_| {
                                        toasts.drop(id);
                                        undo();
                                    }>{t().common.undo}</button>
                                }
                                .into_any(),
                                Then::Open(address) => view! {
                                    <a class="toast__undo" href=address on:click=move |_| toasts.drop(id)>{t().common.open}</a>
                                }
                                .into_any(),
                            }}
                            <button type="button" class="toast__close" aria-label=t().common.dismiss on:click=move |_| toasts.drop(id)>
                                <Icon icon=icondata_lu::LuX />
                            </button>
                        </div>
                    }
                }
            </For>
        </div>
    }
    .into_any()
}
