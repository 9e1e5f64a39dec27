use latchkey_console::ui::{Button, Dialog};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlDialogElement;

use crate::support::{Mounted, focused, mount_part, settle};

async fn dialog(open: RwSignal<bool>) -> Mounted {
    mount_part(move || {
        view! {
            <Button on_press=move |()| open.set(true)>"Open"</Button>
            <Dialog open=open on_close=move |()| open.set(false) title="Delete “Billing”?">
                <Button on_press=|()| ()>"Delete"</Button>
                <Button autofocus=true on_press=move |()| open.set(false)>"Cancel"</Button>
            </Dialog>
        }
    })
    .await
}

#[wasm_bindgen_test]
async fn dialog_is_named_by_its_title_and_focuses_the_safe_button() {
    let page = dialog(RwSignal::new(false)).await;
    page.button("Open").focus().unwrap();
    page.press("Open").await;
    let dialog: HtmlDialogElement = page.find("dialog").unchecked_into();
    assert!(dialog.open());
    let title = dialog.get_attribute("aria-labelledby").unwrap();
    assert_eq!(page.find(&format!("#{title}")).inner_text(), "Delete “Billing”?");
    assert_eq!(focused(), "Cancel");
}

#[wasm_bindgen_test]
async fn closed_dialog_gives_the_focus_back_and_drops_its_content() {
    let open = RwSignal::new(false);
    let page = dialog(open).await;
    page.button("Open").focus().unwrap();
    page.press("Open").await;
    page.press("Cancel").await;
    assert_eq!(focused(), "Open");
    assert_eq!(page.all("dialog button").len(), 0);
}

#[wasm_bindgen_test]
async fn esc_closes_the_dialog() {
    let open = RwSignal::new(true);
    let page = dialog(open).await;
    // What Esc does.
    page.find("dialog").unchecked_into::<HtmlDialogElement>().close();
    settle().await;
    assert!(!open.get_untracked());
}
