//! The address of the page as signals, and going to another one without loading the page.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use super::page;

/// Where the page is. Copied freely; all copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Location {
    path: RwSignal<String>,
    /// With its `?`, or empty.
    search: RwSignal<String>,
}

impl Location {
    /// Follows Back and Forward, as long as the current component lives.
    #[must_use]
    pub fn follow() -> Self {
        let location = Self { path: RwSignal::new(page::path()), search: RwSignal::new(page::search()) };
        let listener = window_event_listener(leptos::ev::popstate, move |_| location.read());
        on_cleanup(|| listener.remove());
        location
    }

    /// The path.
    #[must_use]
    pub fn path(self) -> Signal<String> {
        self.path.into()
    }

    /// Path and query.
    #[must_use]
    pub fn address(self) -> String {
        self.path.get() + &self.search.get()
    }

    /// A value of the query.
    #[must_use]
    pub fn query(self, name: &str) -> Option<String> {
        self.search.with(|search| UrlSearchParams::new_with_str(search).ok()?.get(name))
    }

    /// Goes to an address of this page and to its top. Without a trace of the present one, when told to replace it; an
    /// address that is there already is not put into the history again.
    pub fn go(self, address: &str, replace: bool) {
        let Ok(history) = window().history() else { return };
        let outcome = if replace || address == page::address() {
            history.replace_state_with_url(&JsValue::NULL, "", Some(address))
        } else {
            history.push_state_with_url(&JsValue::NULL, "", Some(address))
        };
        if outcome.is_ok() {
            self.read();
            page::scroll_to(0.0);
        }
    }

    /// Reads the address from the browser. What depends on a part that is as before is not made anew.
    fn read(self) {
        for (part, now) in [(self.path, page::path()), (self.search, page::search())] {
            if part.with_untracked(|before| *before != now) {
                part.set(now);
            }
        }
    }
}
