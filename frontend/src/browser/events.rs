//! Listeners that see an event before anyone else does.

use std::cell::Cell;

use wasm_bindgen::{JsCast, closure::Closure};

thread_local! {
    static PRESSED: Cell<bool> = const { Cell::new(false) };
    static CAME_BACK: Cell<bool> = const { Cell::new(false) };
}

/// Keeps an eye on pointer and history, for [`is_pressed`] and [`came_back`]. Called once, when the page starts.
pub fn watch_presses() {
    for (name, pressed) in [("pointerdown", true), ("pointerup", false), ("pointercancel", false)] {
        capture(name, move |_| PRESSED.set(pressed));
    }
    capture("popstate", |_| CAME_BACK.set(true));
    capture("click", |_| CAME_BACK.set(false));
}

/// Puts away what appears on hover and on focus when Esc is pressed, until something else is pointed at or focused
/// (WCAG 1.4.13). Called once, when the page starts.
pub fn watch_tips() {
    let show = |shown: bool| {
        if let Some(root) = leptos::prelude::document().document_element() {
            let _ = root.toggle_attribute_with_force("data-without-tips", !shown);
        }
    };
    capture("keydown", move |event| {
        if event.dyn_ref::<web_sys::KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
            show(false);
        }
    });
    capture("mouseover", move |_| show(true));
    capture("focusin", move |_| show(true));
}

/// Whether the last step was one through the history, by Back or Forward.
#[must_use]
pub fn came_back() -> bool {
    CAME_BACK.get()
}

/// Whether a button of the mouse, a finger or a pen is down. What moves the page then takes the target of the
/// coming click away from under it.
#[must_use]
pub fn is_pressed() -> bool {
    PRESSED.get()
}

/// Calls `handler` for every `name` event of the window, in the capture phase, as long as the page lives.
pub fn capture(name: &str, handler: impl Fn(web_sys::Event) + 'static) {
    let closure = Closure::<dyn Fn(web_sys::Event)>::new(handler);
    let listener = closure.as_ref().unchecked_ref();
    let _ = leptos::prelude::window().add_event_listener_with_callback_and_bool(name, listener, true);
    closure.forget();
}

/// The link that a plain click follows inside this page: none for new tabs, downloads, other documents and other sites.
#[must_use]
pub fn followed_link(event: &web_sys::Event) -> Option<web_sys::HtmlAnchorElement> {
    let click = event.dyn_ref::<web_sys::MouseEvent>()?;
    if click.default_prevented()
        || click.button() != 0
        || click.meta_key()
        || click.ctrl_key()
        || click.shift_key()
        || click.alt_key()
    {
        return None;
    }
    let element = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = element.closest("a[href]").ok()??.dyn_into::<web_sys::HtmlAnchorElement>().ok()?;
    let here = leptos::prelude::window().location().origin().ok()?;
    let is_here = link.target().is_empty() && link.rel() != "external" && !link.has_attribute("download");
    (is_here && link.origin() == here).then_some(link)
}

/// The button that an event is of.
#[must_use]
pub fn button(event: &web_sys::Event) -> Option<web_sys::HtmlElement> {
    event.target()?.dyn_into::<web_sys::Element>().ok()?.closest("button").ok()??.dyn_into().ok()
}

/// Whether a key is meant for a field, or for the browser.
#[must_use]
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || hits(event, "input:not([type=checkbox]), textarea, select")
}

/// Whether the click hit something that `selector` finds.
#[must_use]
pub fn hits(event: &web_sys::Event, selector: &str) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|it| it.closest(selector).ok().flatten().is_some())
}

/// Whether the click hit something that acts by itself, so that the row around it must not.
#[must_use]
pub fn hits_a_control(event: &web_sys::Event) -> bool {
    hits(event, "a, button, input, label, select, [popover], [tabindex=\"0\"]")
}

/// Whether the person has marked text, in which case a click is the end of marking, not a wish to go.
#[must_use]
pub fn text_is_selected() -> bool {
    let selection = leptos::prelude::window().get_selection().ok().flatten();
    selection.is_some_and(|it| !it.is_collapsed())
}
