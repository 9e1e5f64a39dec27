use latchkey_console::ui::Stepper;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::mount_part;

#[wasm_bindgen_test]
async fn done_steps_lead_back_and_the_current_one_is_marked() {
    let (current, can_go_back) = (RwSignal::new(1_usize), RwSignal::new(true));
    let page = mount_part(move || {
        let steps = Signal::stored(vec!["General", "Extension", "Summary"]);
        view! { <Stepper steps=steps current=current can_go_back=can_go_back on_go=move |to| current.set(to) /> }
    })
    .await;
    assert_eq!(page.find("[aria-current=step]").inner_text(), "2Extension");
    assert_eq!(page.all("button").len(), 1);
    page.click("button").await;
    assert_eq!(current.get_untracked(), 0);
    assert!(!page.has("button"));

    current.set(2);
    can_go_back.set(false);
    crate::support::settle().await;
    assert!(!page.has("button"), "after the end nothing leads back");
}
