//! Menus behind a button: the Popover API for showing and closing, the menu button pattern for the keyboard.

use std::sync::atomic::{AtomicU32, Ordering};

use icondata_core::Icon as IconData;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent};

use super::{Icon, dynamic};
use crate::browser::{events, focus, popover, text};

const ITEMS: &str = "[role^=menuitem]";
/// The id of the list.
const LIST: &str = "menu";

/// An id that nothing else on the page has.
#[must_use]
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", next())
}

fn next() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
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

/// The menu of the page: of all that buttons can open, one is open at a time. Copied freely; all copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Menus {
    shown: RwSignal<Option<Shown>>,
    button: StoredValue<Option<HtmlElement>, LocalStorage>,
    from_end: StoredValue<bool>,
}

#[derive(Debug, Clone)]
struct Shown {
    of: u32,
    label: String,
    /// As they were when the menu opened: none changes under the cursor.
    entries: Vec<MenuItem>,
    items: Signal<Vec<MenuItem>>,
}

impl Menus {
    /// A menu that is closed.
    #[must_use]
    pub fn closed() -> Self {
        Self { shown: RwSignal::new(None), button: StoredValue::new_local(None), from_end: StoredValue::new(false) }
    }

    /// Fills the list for a button that is pressed. The browser then shows it, or hides it when it was shown for the
    /// same button.
    fn fill(self, button: HtmlElement, shown: Shown) {
        if self.shown.with_untracked(|now| now.as_ref().is_some_and(|now| now.of != shown.of)) {
            self.hide();
        }
        self.button.set_value(Some(button));
        self.shown.set(Some(shown));
    }

    fn hide(self) {
        if let Some(list) = by_id(LIST) {
            popover::hide(&list);
        }
        self.say_expanded(false);
    }

    fn say_expanded(self, expanded: bool) {
        if let Some(button) = self.button.get_value() {
            let _ = button.set_attribute("aria-expanded", if expanded { "true" } else { "false" });
        }
    }
}

fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// A button that opens the menu.
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
    let menus = expect_context::<Menus>();
    let of = next();
    on_cleanup(move || {
        if menus.shown.try_with_untracked(|now| now.as_ref().is_some_and(|now| now.of == of)) == Some(true) {
            menus.hide();
        }
    });
    let press = move |event: MouseEvent| {
        if let Some(button) = events::button(&event) {
            let shown = Shown { of, label: label.get_untracked(), entries: items.get_untracked(), items };
            menus.fill(button, shown);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let is_shown = || by_id(LIST).is_some_and(|list| popover::is_open(&list));
        if matches!(event.key().as_str(), "ArrowDown" | "ArrowUp") && !is_shown() {
            event.prevent_default();
            menus.from_end.set_value(event.key() == "ArrowUp");
            if let Some(button) = events::button(&event) {
                button.click();
            }
        }
    };
    view! {
        // The entries must be there when the browser shows the popover, which it does after the click.
        <button type="button" class="menu button button--quiet" class:button--icon=words.is_none()
            aria-label=label aria-haspopup="menu" aria-expanded="false" popovertarget=LIST on:click=press on:keydown=on_key>
            <Icon icon=icon />
            {words.map(|words| view! { <span class="button__label">{words}</span> })}
        </button>
    }
    .into_any()
}

/// The list of entries, for all [`Menu`]s. On the page once.
#[component]
pub fn MenuList() -> impl IntoView {
    let menus = expect_context::<Menus>();
    let list = NodeRef::<html::Div>::new();
    let elements = move || list.get_untracked().map(|list| focus::all(&list, ITEMS)).unwrap_or_default();
    let close = move || {
        menus.hide();
        if let Some(button) = menus.button.get_value() {
            let _ = button.focus();
        }
    };
    // The entries are made anew: one of them was changed.
    let stay = move |action: Callback<()>| {
        let at = focus::position(&elements());
        action.run(());
        menus.shown.update(|shown| {
            if let Some(shown) = shown {
                shown.entries = shown.items.try_get_untracked().unwrap_or_default();
            }
        });
        request_animation_frame(move || {
            if let Some(item) = at.and_then(|at| elements().into_iter().nth(at)) {
                let _ = item.focus();
            }
        });
    };
    let toggled = move |_| {
        let Some(list) = list.get_untracked() else { return };
        let shown = popover::is_open(&list);
        menus.say_expanded(shown);
        if !shown {
            return menus.shown.set(None);
        }
        if let Some(button) = menus.button.get_value() {
            popover::place(&list, &button);
        }
        let from_end = menus.from_end.try_update_value(std::mem::take) == Some(true);
        let items = elements();
        if let Some(item) = if from_end { items.last() } else { items.first() } {
            let _ = item.focus();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let items = elements();
        let key = event.key();
        if key == "Tab" {
            close();
        } else if let Some(item) = key_target(&items, &key) {
            event.prevent_default();
            let _ = item.focus();
        }
    };
    let label = move || menus.shown.get().map(|shown| shown.label);
    let entries =
        move || Some(menus.shown.get()?.entries.into_iter().map(|item| entry(item, close, stay)).collect_view());
    view! {
        <div node_ref=list class="menu__list" role="menu" popover="auto" id=LIST aria-label=label
            on:toggle=toggled on:keydown=on_key>{dynamic(entries)}</div>
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
