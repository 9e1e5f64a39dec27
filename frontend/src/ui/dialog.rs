//! Modal dialogs on the platform's `<dialog>`: it keeps the focus inside and gives it back.

use leptos::{html, prelude::*};

use crate::browser::focus;

/// A modal dialog. What is inside lives only while it is open. Put `autofocus` on the safe button or on the
/// first field.
#[component]
pub fn Dialog(
    /// Whether it is shown.
    #[prop(into)]
    open: Signal<bool>,
    /// The user has closed it by Esc; `open` must become false.
    #[prop(into)]
    on_close: Callback<()>,
    /// Its title, which names the thing that it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Whether Esc closes it.
    #[prop(default = true.into(), into)]
    dismissable: Signal<bool>,
    /// What stands in it.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let id = super::menu::unique("dialog");
    let title_id = format!("{id}-title");
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = dialog.get() else { return };
        if wanted && !dialog.open() {
            // What is inside is put there by the same change; it must be there first, for its `autofocus`.
            queue_microtask(move || {
                if open.get_untracked() && !dialog.open() {
                    let _ = dialog.show_modal();
                }
            });
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let closed = move |_| {
        // The browser tells late: the dialog may have been opened again meanwhile.
        let is_closed = dialog.get_untracked().is_none_or(|dialog| !dialog.open());
        if is_closed && open.get_untracked() {
            on_close.run(());
        }
        // The browser gives the focus back to what had it; that may be gone, as a deleted row is.
        request_animation_frame(focus::title_if_lost);
    };
    let children = StoredValue::new(children);
    view! {
        <dialog
            node_ref=dialog
            class="dialog"
            aria-labelledby=title_id.clone()
            on:close=closed
            on:cancel=move |event: web_sys::Event| if !dismissable.get_untracked() { event.prevent_default() }
        >
            <h2 class="dialog__title" id=title_id.clone()>{title}</h2>
            <Show when=move || open.get()>{children.with_value(|children| children())}</Show>
        </dialog>
    }
    .into_any()
}
