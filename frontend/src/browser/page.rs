//! The page as a whole: title, address, theme, going away.

use leptos::prelude::{document, window};

/// Names the page in the tab and in the history.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Scheme and host of this page: the start of the API's address in examples.
#[must_use]
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The path of the address as the browser shows it.
#[must_use]
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The query of the address with its `?`, or nothing.
#[must_use]
pub fn search() -> String {
    window().location().search().unwrap_or_default()
}

/// What stands behind `#` in the address.
#[must_use]
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Path and query of the address as the browser shows it.
#[must_use]
pub fn address() -> String {
    path() + &search()
}

/// Loads `path` from the server, forgetting everything that this page holds.
pub fn load(path: &str) {
    let _ = window().location().assign(path);
}

/// Opens `path` in another tab.
pub fn open_beside(path: &str) {
    let _ = window().open_with_url_and_target_and_features(path, "_blank", "noopener");
}

/// How far the page is scrolled, in pixels.
#[must_use]
pub fn scrolled() -> f64 {
    window().scroll_y().unwrap_or_default()
}

/// Scrolls the page to where it was.
pub fn scroll_to(top: f64) {
    window().scroll_to_with_x_and_y(0.0, top);
}

/// Goes one step back in the history.
pub fn back() {
    if let Ok(history) = window().history() {
        let _ = history.back();
    }
}

/// Puts `address` on top of the history without telling anyone: undoes a step back that is not wanted.
pub fn push_silently(address: &str) {
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(address));
    }
}

/// Puts `address` in place of the current one in the history without telling anyone.
pub fn replace_silently(address: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(address));
    }
}

/// The language of the page, which `index.html` has chosen: `en`.
#[must_use]
pub fn language() -> String {
    document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default()
}

/// Loads the page again, forgetting everything that it holds.
pub fn reload() {
    let _ = window().location().reload();
}

/// Sets `data-theme` of the page; `None` follows the system.
pub fn set_theme(theme: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let _ = match theme {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
}

/// Whether another tab or window covers this one.
#[must_use]
pub fn is_hidden() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Hidden
}
