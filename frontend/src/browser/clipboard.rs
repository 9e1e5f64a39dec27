//! The clipboard, which a browser may withhold.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Why nothing was copied, as a sentence for the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

/// Puts `text` on the clipboard.
///
/// # Errors
/// [`Refused`] when the page was not opened over a secure connection or the person said no.
pub async fn copy(text: &str) -> Result<(), Refused> {
    let navigator = leptos::prelude::window().navigator();
    // Over plain HTTP the property is missing, and the typed getter would hand out an object that is not there.
    let clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).unwrap_or(JsValue::UNDEFINED);
    if clipboard.is_undefined() || clipboard.is_null() {
        return Err(Refused("the browser copies only on pages opened over HTTPS or on localhost".to_owned()));
    }
    let clipboard: web_sys::Clipboard = clipboard.unchecked_into();
    match JsFuture::from(clipboard.write_text(text)).await {
        Ok(_) => Ok(()),
        Err(_) => Err(Refused("the browser does not allow this page to use the clipboard".to_owned())),
    }
}
