use latchkey_console::ui::CopyButton;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{copied, fake_clipboard, mount_part};

#[wasm_bindgen_test]
async fn copy_is_confirmed() {
    fake_clipboard(false);
    let page = mount_part(|| view! { <CopyButton text="SU-000-000-001".to_owned() what="ID" /> }).await;
    page.press("Copy ID").await;
    assert_eq!(copied(), "SU-000-000-001");
    assert_eq!(page.find("[role=status]").inner_text(), "Copied");
}

#[wasm_bindgen_test]
async fn refused_copy_is_explained_and_selects_the_text() {
    fake_clipboard(true);
    let page = mount_part(|| {
        view! {
            <code id="to-copy">"the text"</code>
            <CopyButton text="the text".to_owned() what="text" shown_in="to-copy" />
        }
    })
    .await;
    page.press("Copy text").await;
    assert!(page.find("[role=status]").inner_text().starts_with("Not copied: "));
    assert_eq!(String::from(window().get_selection().unwrap().unwrap().to_string()), "the text");
}
