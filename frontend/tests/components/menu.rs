use latchkey_console::ui::{Menu, MenuItem};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Mounted, focused, mount_part, press_key};

async fn menu(chosen: RwSignal<&'static str>) -> Mounted {
    mount_part(move || {
        let item = move |words| MenuItem::Action(words, Callback::new(move |()| chosen.set(words)));
        let items = Signal::stored(vec![item("Disable"), item("Edit"), MenuItem::Separator, item("Delete…")]);
        view! { <Menu label=Signal::stored("Actions".to_owned()) icon=icondata_lu::LuEllipsis items=items /> }
    })
    .await
}

#[wasm_bindgen_test]
async fn menu_opens_by_click_with_the_first_entry_focused() {
    let page = menu(RwSignal::new("")).await;
    assert!(!page.has("[role=menuitem]"));
    page.click("button").await;
    assert_eq!(focused(), "Disable");
    assert_eq!(page.find("button").get_attribute("aria-expanded").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn arrows_wrap_and_letters_jump() {
    let page = menu(RwSignal::new("")).await;
    press_key(&page.find("button"), "ArrowUp").await;
    assert_eq!(focused(), "Delete…");
    for (key, words) in [
        ("ArrowDown", "Disable"),
        ("e", "Edit"),
        ("d", "Delete…"),
        ("d", "Disable"),
        ("End", "Delete…"),
        ("Home", "Disable"),
    ] {
        press_key(&page.find("[role=menu]"), key).await;
        assert_eq!(focused(), words, "{key}");
    }
}

#[wasm_bindgen_test]
async fn entry_acts_after_the_focus_is_back_on_the_button() {
    let chosen = RwSignal::new("");
    let page = menu(chosen).await;
    page.click("button").await;
    page.all("[role=menuitem]")[1].click();
    assert_eq!(chosen.get_untracked(), "Edit");
    let button = page.find("button");
    assert!(document().active_element().unwrap().is_same_node(Some(&button)));
    crate::support::settle().await;
    assert_eq!(button.get_attribute("aria-expanded").as_deref(), Some("false"));
}

#[wasm_bindgen_test]
async fn tab_closes_the_menu() {
    let page = menu(RwSignal::new("")).await;
    page.click("button").await;
    press_key(&page.find("[role=menu]"), "Tab").await;
    assert!(!page.has("[role=menuitem]"));
}
