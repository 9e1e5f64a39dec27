//! Text as the browser knows it.

/// In lower case. Rust's own brings the tables of Unicode into the bundle, which the browser has already.
#[must_use]
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}
