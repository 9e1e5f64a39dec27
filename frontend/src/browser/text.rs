//! Text as the browser knows it.

use std::fmt::Write as _;

/// In lower case. Rust's own brings the tables of Unicode into the bundle, which the browser has already.
#[must_use]
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// Percent-encodes everything but letters, digits, `-`, `.`, `_`, so that it is text to RQL and to addresses.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A text as it looks: composed, without characters that cannot be seen, and with single blanks. What a user types from
/// what they see is the same text in this form.
#[must_use]
pub fn fold(text: &str) -> String {
    let composed: String = js_sys::JsString::from(text).normalize("NFC").into();
    let invisible =
        |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}');
    let visible: String = composed.chars().filter(|c| !invisible(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ")
}
