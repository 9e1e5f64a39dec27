use latchkey_console::{
    api::{Answer, Call, Method},
    tokens::details::TokenDetails,
};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Mounted, SECRET, answer, copied, fake_clipboard, mount, settle, token};

async fn details(tab: &'static str, reply: impl Fn(&Call) -> Option<Answer> + 'static) -> Mounted {
    mount(reply, move || {
        view! { <TokenDetails id=Signal::stored("SU-000-000-001".to_owned()) tab=Signal::stored(tab.to_owned()) /> }
    })
    .await
}

fn server(call: &Call) -> Option<Answer> {
    if call.path.ends_with("/reveal") {
        let handle = "a".repeat(40);
        return answer(200, &format!(r#"{{"id":"SU-000-000-001","token":"{SECRET}","handle":"{handle}"}}"#));
    }
    answer(200, &token(1, "Billing", "active"))
}

#[wasm_bindgen_test]
async fn key_is_asked_for_only_when_it_is_wanted() {
    let page = details("general", server).await;
    assert!(page.sent(Method::Post).is_empty());
    assert!(!page.text().contains(SECRET));
    page.press("View").await;
    assert_eq!(page.find("#credential").inner_text().trim(), format!("ApiKey SU-000-000-001:{SECRET}"));
    page.press("Hide").await;
    assert!(!page.text().contains(SECRET));
}

#[wasm_bindgen_test]
async fn copy_takes_the_whole_header_value_without_showing_it() {
    fake_clipboard(false);
    let page = details("general", server).await;
    page.press("Copy").await;
    assert_eq!(copied(), format!("ApiKey SU-000-000-001:{SECRET}"));
    assert!(!page.text().contains(SECRET));
    assert!(page.text().contains("Copied"));
}

#[wasm_bindgen_test]
async fn refused_copy_shows_and_selects_the_key() {
    fake_clipboard(true);
    let page = details("general", server).await;
    page.press("Copy").await;
    settle().await;
    assert!(page.text().contains("Not copied"));
    assert!(String::from(window().get_selection().unwrap().unwrap().to_string()).contains(SECRET));
}

#[wasm_bindgen_test]
async fn permissions_show_every_module_and_its_paths() {
    let page = details("permissions", server).await;
    let rows: Vec<String> = page.all("tbody tr").iter().map(|row| row.text_content().unwrap()).collect();
    assert!(rows[0].contains("Account") && rows[0].contains("Disabled"));
    assert!(rows[1].contains("Partners") && rows[1].contains("Enabled") && rows[1].contains("/agreements"));
}

#[wasm_bindgen_test]
async fn deleted_token_is_named_deleted_and_offers_nothing() {
    let page = details("general", |_| answer(200, &token(1, "Billing", "deleted"))).await;
    assert!(page.text().contains("This token is deleted."));
    assert!(!page.has("#credential") && !page.has("[aria-label='Actions for Billing']"));
}

#[wasm_bindgen_test]
async fn unknown_token_leads_back_to_the_list() {
    let page = details("general", |_| answer(404, r#"{"error_code":"NFND_000","errors":["Not found."]}"#)).await;
    assert!(page.text().contains("Token not found"));
    assert_eq!(page.button("Go to Tokens").get_attribute("href").as_deref(), Some("/integrations/tokens"));
}
