//! The clipboard, which a browser may withhold.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlElement, HtmlTextAreaElement};

use crate::texts::t;

/// Why nothing was copied, as a sentence for the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub &'static str);

/// Puts `text` on the clipboard.
///
/// # Errors
/// [`Refused`] when the browser allows neither of its two ways.
pub async fn copy(text: &str) -> Result<(), Refused> {
    match write(text).await {
        Err(_) if copy_command(text) => Ok(()),
        done => done,
    }
}

async fn write(text: &str) -> Result<(), Refused> {
    let navigator = leptos::prelude::window().navigator();
    // Over plain HTTP the property is missing, and the typed getter would hand out an object that is not there.
    let clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).unwrap_or(JsValue::UNDEFINED);
    if clipboard.is_undefined() || clipboard.is_null() {
        return Err(Refused(t().common.clipboard_missing));
    }
    let clipboard: web_sys::Clipboard = clipboard.unchecked_into();
    match JsFuture::from(clipboard.write_text(text)).await {
        Ok(_) => Ok(()),
        Err(_) => Err(Refused(t().common.clipboard_refused)),
    }
}

/// `document.execCommand("copy")`: deprecated, but it works over plain HTTP, where there is no other way.
fn copy_command(text: &str) -> bool {
    let document = leptos::prelude::document();
    let focused = document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    // Inside an open dialog: what is outside of it cannot be selected.
    let place = document.query_selector("dialog[open]").ok().flatten().or_else(|| document.body().map(Into::into));
    let area = document.create_element("textarea").ok().and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    let (Some(place), Some(area)) = (place, area) else { return false };
    area.set_class_name("visually-hidden");
    area.set_value(text);
    if place.append_child(&area).is_err() {
        return false;
    }
    area.select();
    let copied = document.dyn_ref::<HtmlDocument>().is_some_and(|it| it.exec_command("copy").unwrap_or(false));
    area.set_value("");
    area.remove();
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
    copied
}
