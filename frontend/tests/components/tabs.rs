use latchkey_console::ui::{Tab, Tabs};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Mounted, focused, mount_part, press_key};

async fn tabs() -> Mounted {
    mount_part(|| {
        let selected = RwSignal::new("a".to_owned());
        let tab = |id, words| Tab { id, words, href: None };
        let tabs = vec![tab("a", "First"), tab("b", "Second"), tab("c", "Third")];
        view! {
            <Tabs label="Parts" tabs=tabs selected=selected on_select=move |id: &'static str| selected.set(id.to_owned())>
                {move || format!("panel {}", selected.get())}
            </Tabs>
        }
    })
    .await
}

#[wasm_bindgen_test]
async fn only_the_chosen_tab_is_reached_by_tab_and_names_the_panel() {
    let page = tabs().await;
    let states: Vec<_> = page.all("[role=tab]").iter().map(|it| it.get_attribute("tabindex").unwrap()).collect();
    assert_eq!(states, ["0", "-1", "-1"]);
    let chosen = page.find("[aria-selected=true]");
    assert_eq!(page.find("[role=tabpanel]").get_attribute("aria-labelledby"), Some(chosen.id()));
}

#[wasm_bindgen_test]
async fn arrows_home_and_end_choose() {
    let page = tabs().await;
    page.find("[role=tab]").focus().unwrap();
    for (key, words, panel) in [
        ("ArrowRight", "Second", "panel b"),
        ("End", "Third", "panel c"),
        ("ArrowRight", "First", "panel a"),
        ("ArrowLeft", "Third", "panel c"),
        ("Home", "First", "panel a"),
    ] {
        press_key(&page.find("[role=tablist]"), key).await;
        assert_eq!(focused(), words, "{key}");
        assert_eq!(page.find("[role=tabpanel]").inner_text(), panel);
    }
}
