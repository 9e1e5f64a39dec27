//! Short confirmations of what is done. Never errors: those need reading.

use std::time::Duration;

use leptos::prelude::*;

use super::Icon;

const SHOWN_FOR: Duration = Duration::from_secs(8);

#[derive(Debug, Clone)]
struct Toast {
    id: u32,
    text: String,
    undo: Option<Callback<()>>,
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
        self.show(text.into(), None);
    }

    /// Says what is done and offers to undo it.
    pub fn say_with_undo(self, text: impl Into<String>, undo: Callback<()>) {
        self.show(text.into(), Some(undo));
    }

    fn show(self, text: String, undo: Option<Callback<()>>) {
        let id = self.last.get_value().wrapping_add(1);
        self.last.set_value(id);
        // Two at a time are enough; older ones are old news.
        self.shown.update(|toasts| {
            toasts.push(Toast { id, text, undo });
            let surplus = toasts.len().saturating_sub(2);
            toasts.drain(..surplus);
        });
        set_timeout(move || self.drop(id), SHOWN_FOR);
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
                            {toast.undo.map(|undo| view! {
                                <button type="button" class="toast__undo" on:click=move |_| {
                                    toasts.drop(id);
                                    undo.run(());
                                }>"Undo"</button>
                            })}
                            <button type="button" class="toast__close" aria-label="Dismiss" on:click=move |_| toasts.drop(id)>
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
