//! Moving the keyboard's focus. All of these do nothing when the element is not there.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Focuses the first element that `selector` finds.
pub fn first(selector: &str) {
    focus(leptos::prelude::document().query_selector(selector).ok().flatten());
}

/// Focuses the first element that `selector` finds, and leaves the page where it is.
pub fn without_scrolling(selector: &str) {
    let found = leptos::prelude::document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

/// Focuses the element with this id.
pub fn by_id(id: &str) {
    focus(leptos::prelude::document().get_element_by_id(id));
}

/// Selects the whole text of the element with this id, ready for Ctrl+C.
pub fn select_text(id: &str) {
    let Some(element) = leptos::prelude::document().get_element_by_id(id) else { return };
    if let Ok(Some(selection)) = leptos::prelude::window().get_selection() {
        let _ = selection.select_all_children(&element);
    }
}

/// The elements inside `root` that `selector` finds, in the order of the page.
#[must_use]
pub fn all(root: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// Moves the focus among the elements of the page that `selector` finds, from the one that has it or holds it; to the
/// first, when none does.
pub fn step(selector: &str, by: isize) {
    let Some(body) = leptos::prelude::document().body() else { return };
    let elements = all(&body, selector);
    let row = leptos::prelude::document().active_element().and_then(|it| it.closest("tr").ok().flatten());
    let here = position(&elements)
        .or_else(|| elements.iter().position(|element| row.as_ref().is_some_and(|row| row.contains(Some(element)))));
    let to = here.map_or(Some(0), |at| at.checked_add_signed(by));
    if let Some(element) = to.and_then(|to| elements.get(to)) {
        let _ = element.focus();
    }
}

/// Where the focus is among `elements`.
#[must_use]
pub fn position(elements: &[HtmlElement]) -> Option<usize> {
    let active = leptos::prelude::document().active_element()?;
    elements.iter().position(|element| element.is_same_node(Some(&active)))
}

/// Whether `selector` finds anything.
#[must_use]
pub fn finds(selector: &str) -> bool {
    leptos::prelude::document().query_selector(selector).is_ok_and(|found| found.is_some())
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // What is folded away cannot take the focus.
        if let Ok(Some(section)) = element.closest("details:not([open])") {
            let _ = section.set_attribute("open", "");
        }
        let _ = element.focus();
    }
}

/// Focuses the screen's title when what had the focus is gone, so that the keyboard does not start over.
pub fn title_if_lost() {
    if leptos::prelude::document().active_element().is_none_or(|it| it.tag_name() == "BODY") {
        first("h1");
    }
}
