//! What stands in a field of a form.

use wasm_bindgen::JsCast as _;

/// The value of the field with this id. A password manager may have put it there without an event.
#[must_use]
pub fn value(id: &str) -> Option<String> {
    let element = leptos::prelude::document().get_element_by_id(id)?;
    element.dyn_into::<web_sys::HtmlInputElement>().ok().map(|field| field.value())
}
