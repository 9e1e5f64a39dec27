//! Mounts the console into the page.

use latchkey_console::{app::App, texts};
use wasm_bindgen::JsCast;

fn main() {
    texts::start();
    let place = leptos::prelude::document().get_element_by_id("app");
    if let Some(place) = place.and_then(|place| place.dyn_into::<web_sys::HtmlElement>().ok()) {
        place.set_inner_html("");
        leptos::mount::mount_to(place, App).forget();
    }
}
