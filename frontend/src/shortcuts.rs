//! Keys that work wherever nothing is being typed, and the dialog that lists them.

use leptos::prelude::*;

use crate::{
    browser::{events, focus},
    routes::{NEW_TOKEN, Navigator},
    session::Session,
    texts::t,
    ui::{Button, Dialog},
};

/// Listens for the keys. Stands once in the frame.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let (navigator, session) = (expect_context::<Navigator>(), expect_context::<Session>());
    let open = RwSignal::new(false);
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        // A dialog has keys of its own, and so has a menu.
        if events::is_typing(&event) || focus::finds("dialog[open], .menu__list:popover-open") {
            return;
        }
        match event.key().as_str() {
            "/" if focus::finds(".search input") => focus::first(".search input"),
            "c" if untrack(|| session.manages_tokens()) => navigator.to(NEW_TOKEN),
            "j" => focus::step("main .table__link", 1),
            "k" => focus::step("main .table__link", -1),
            "?" => open.set(true),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
    let texts = &t().frame;
    let keys = [
        ("/", texts.key_search),
        ("c", texts.key_create),
        ("j", texts.key_next),
        ("k", texts.key_previous),
        ("Enter", texts.key_open),
        ("?", texts.key_help),
    ];
    view! {
        <Dialog open=open on_close=move |()| open.set(false) title=texts.keys>
            <dl class="keys">
                {keys.map(|(key, words)| view! { <dt><kbd>{key}</kbd></dt><dd>{words}</dd> }).collect_view()}
            </dl>
            <div class="dialog__actions"><Button autofocus=true on_press=move |()| open.set(false)>{t().common.close}</Button></div>
        </Dialog>
    }
    .into_any()
}
