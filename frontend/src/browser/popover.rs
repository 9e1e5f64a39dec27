//! The Popover API, and a position for browsers that have no CSS anchors yet.

use leptos::prelude::window;
use web_sys::HtmlElement;

/// Closes the popover if it is open.
pub fn hide(popover: &HtmlElement) {
    if is_open(popover) {
        let _ = popover.hide_popover();
    }
}

/// Whether the popover is on the page's top layer.
#[must_use]
pub fn is_open(popover: &HtmlElement) -> bool {
    popover.matches(":popover-open").unwrap_or(false)
}

/// Puts the popover under its button, right edges aligned, above it when there is no room below. With CSS
/// anchor positioning the style sheet does this and nothing happens here.
pub fn place(popover: &HtmlElement, button: &HtmlElement) {
    if supports_anchors() {
        return;
    }
    let (from, size) = (button.get_bounding_client_rect(), popover.get_bounding_client_rect());
    let height = window().inner_height().ok().and_then(|it| it.as_f64()).unwrap_or(f64::MAX);
    let below = from.bottom() + 4.0;
    let top = if below + size.height() > height { (from.top() - size.height() - 4.0).max(4.0) } else { below };
    let left = (from.right() - size.width()).max(4.0);
    let style = popover.style();
    let _ = style.set_property("inset", "auto");
    let _ = style.set_property("top", &pixels(top));
    let _ = style.set_property("left", &pixels(left));
}

/// Whole pixels: writing fractions would bring the formatting of floating point numbers into the bundle.
fn pixels(length: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "lengths on a screen fit, and `as` saturates")]
    let whole = length as i32;
    format!("{whole}px")
}

fn supports_anchors() -> bool {
    use wasm_bindgen::{JsCast, JsValue};
    let css = js_sys::Reflect::get(&window(), &JsValue::from_str("CSS")).unwrap_or(JsValue::UNDEFINED);
    let supports = js_sys::Reflect::get(&css, &JsValue::from_str("supports")).ok();
    let Some(supports) = supports.and_then(|it| it.dyn_into::<js_sys::Function>().ok()) else { return false };
    supports.call1(&css, &JsValue::from_str("position-area: bottom")).is_ok_and(|answer| answer.is_truthy())
}
