//! Menus behind a button: the Popover API for showing and closing, the menu button pattern for the keyboard.

use std::sync::atomic::{AtomicU32, Ordering};

use icondata_core::Icon as IconData;
use leptos::{html, prelude::*};
use web_sys::{HtmlElement, KeyboardEvent};

use super::{Icon, dynamic};
use crate::browser::{focus, popover, text};

const ITEMS: &str = "[role^=menuitem]";

/// An id that nothing else on the page has.
#[must_use]
pub fn unique(prefix: &str) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// An entry of a menu.
#[derive(Debug, Clone)]
pub enum MenuItem {
    /// Does something. The menu closes and the focus is back on its button before it is done.
    Action(&'static str, Callback<()>),
    /// Leads somewhere.
    Link(&'static str, String),
    /// One of several, and whether it is the chosen one.
    Choice(&'static str, bool, Callback<()>),
    /// A setting that is on or off. The menu stays open.
    Check(&'static str, bool, Callback<()>),
    /// Words that are no entry.
    Text(String),
    /// A line between groups.
    Separator,
}

/// A button that opens a menu.
#[component]
pub fn Menu(
    /// The name of the button for screen readers.
    #[prop(into)]
    label: Signal<String>,
    /// The picture on the button.
    icon: IconData,
    /// Words on the button beside the picture.
    #[prop(optional, into)]
    words: Option<Signal<String>>,
    /// The entries; asked for when the menu opens.
    #[prop(into)]
    items: Signal<Vec<MenuItem>>,
) -> impl IntoView {
    let id = unique("menu");
    let (button, menu) = (NodeRef::<html::Button>::new(), NodeRef::<html::Div>::new());
    let open = RwSignal::new(false);
    let from_end = StoredValue::new(false);

    let elements = move || menu.get_untracked().map(|menu| focus::all(&menu, ITEMS)).unwrap_or_default();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            popover::hide(&menu);
        }
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    // The entries are made anew when one of them changes.
    let stay = move |action: Callback<()>| {
        let at = focus::position(&elements());
        action.run(());
        request_animation_frame(move || {
            if let Some(item) = at.and_then(|at| elements().into_iter().nth(at)) {
                let _ = item.focus();
            }
        });
    };
    let toggled = move |_| {
        let (Some(menu), Some(button)) = (menu.get_untracked(), button.get_untracked()) else { return };
        let shown = popover::is_open(&menu);
        open.set(shown);
        if shown {
            popover::place(&menu, &button);
            let items = elements();
            let target = if from_end.get_value() { items.last() } else { items.first() };
            if let Some(item) = target {
                let _ = item.focus();
            }
        }
        from_end.set_value(false);
    };
    let on_button_key = move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "ArrowDown" | "ArrowUp") && !open.get_untracked() {
            event.prevent_default();
            from_end.set_value(event.key() == "ArrowUp");
            if let Some(button) = button.get_untracked() {
                button.click();
            }
        }
    };
    let on_menu_key = move |event: KeyboardEvent| {
        let items = elements();
        let key = event.key();
        if key == "Tab" {
            close();
        } else if let Some(item) = key_target(&items, &key) {
            event.prevent_default();
            let _ = item.focus();
        }
    };

    view! {
        <span class="menu">
            <button
                node_ref=button type="button" class="button button--quiet" class:button--icon=words.is_none()
                aria-label=label aria-haspopup="menu" popovertarget=id.clone()
                aria-expanded=move || if open.get() { "true" } else { "false" }
                // The entries must be there when the browser shows the popover, which it does after this.
                on:click=move |_| open.set(true)
                on:keydown=on_button_key
            >
                <Icon icon=icon />
                {words.map(|words| view! { <span class="button__label">{words}</span> })}
            </button>
            <div node_ref=menu class="menu__list" role="menu" popover="auto" id=id aria-label=label
                on:toggle=toggled on:keydown=on_menu_key>
                {dynamic(move || open.get().then(|| items.get().into_iter().map(|item| entry(item, close, stay)).collect_view()))}
            </div>
        </span>
    }
    .into_any()
}

/// Where a key leads: arrows go round, Home and End to the ends, a letter to the next entry that starts with it.
fn key_target<'a>(items: &'a [HtmlElement], key: &str) -> Option<&'a HtmlElement> {
    let count = items.len();
    let current = focus::position(items);
    let index = match key {
        "ArrowDown" => current.map_or(0, |at| (at + 1) % count.max(1)),
        "ArrowUp" => current.map_or(count.checked_sub(1)?, |at| (at + count - 1) % count),
        "Home" => 0,
        "End" => count.checked_sub(1)?,
        letter if letter.chars().count() == 1 && letter != " " => {
            let letter = text::lower(letter);
            let start = current.map_or(0, |at| at + 1);
            let starts = |at: &usize| {
                let words = items[*at].text_content().unwrap_or_default();
                text::lower(words.trim()).starts_with(&letter)
            };
            (start..start + count).map(|at| at % count).find(starts)?
        }
        _ => return None,
    };
    items.get(index)
}

fn entry(
    item: MenuItem,
    close: impl Fn() + Copy + Send + Sync + 'static,
    stay: impl Fn(Callback<()>) + Copy + Send + Sync + 'static,
) -> AnyView {
    let run = move |action: Callback<()>| {
        close();
        action.run(());
    };
    match item {
        MenuItem::Action(words, action) => view! {
            <button type="button" role="menuitem" tabindex="-1" class="menu__item" on:click=move |_| run(action)>{words}</button>
        }
        .into_any(),
        MenuItem::Choice(words, chosen, action) => view! {
            <button type="button" role="menuitemradio" tabindex="-1" class="menu__item"
                aria-checked=if chosen { "true" } else { "false" } on:click=move |_| run(action)>{words}</button>
        }
        .into_any(),
        MenuItem::Check(words, on, action) => view! {
            <button type="button" role="menuitemcheckbox" tabindex="-1" class="menu__item"
                aria-checked=if on { "true" } else { "false" } on:click=move |_| stay(action)>{words}</button>
        }
        .into_any(),
        MenuItem::Link(words, href) => view! {
            <a role="menuitem" tabindex="-1" class="menu__item" href=href on:click=move |_| close()>{words}</a>
        }
        .into_any(),
        MenuItem::Text(words) => view! { <div class="menu__text" role="presentation">{words}</div> }.into_any(),
        MenuItem::Separator => view! { <hr class="menu__line" /> }.into_any(),
    }
}
