use latchkey_console::{
    api::{Answer, Call, Method},
    tokens::list::{ListQuery, TokenList},
};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Mounted, answer, mount, token};

async fn list(query: ListQuery, reply: impl Fn(&Call) -> Option<Answer> + 'static) -> Mounted {
    mount(reply, move || view! { <TokenList query=Signal::stored(query) /> }).await
}

fn rows(total: usize, rows: &[String]) -> Option<Answer> {
    let range = Some(format!("items 0-0/{total}"));
    answer(200, &format!("[{}]", rows.join(","))).map(|answer| Answer { content_range: range, ..answer })
}

#[wasm_bindgen_test]
async fn row_shows_every_property_in_words() {
    let page = list(ListQuery::default(), |_| rows(1, &[token(1, "Billing", "active")])).await;
    let row = page.find("tbody tr");
    for words in ["Billing", "SU-000-000-001", "Custom Integration", "1 module", "Enabled", "Ada", "Never"] {
        assert!(row.text_content().unwrap().contains(words), "{words}");
    }
    assert_eq!(
        page.find(".table__link").get_attribute("href").as_deref(),
        Some("/integrations/tokens/SU-000-000-001/general")
    );
    assert_eq!(page.find("[role=tooltip]").text_content().as_deref(), Some("Partners"));
    assert_eq!(page.find("td time").get_attribute("title").as_deref(), Some("2026-01-01 00:00:00 UTC"));
    assert!(page.has("[aria-label='Actions for Billing']"));
}

#[wasm_bindgen_test]
async fn whole_row_leads_to_the_details() {
    let page = list(ListQuery::default(), |_| rows(1, &[token(1, "Billing", "active")])).await;
    page.click("td.col-extension").await;
    assert_eq!(*page.visited.borrow(), ["/integrations/tokens/SU-000-000-001/general"]);
}

#[wasm_bindgen_test]
async fn empty_account_offers_create_and_no_match_offers_clear() {
    let page = list(ListQuery::default(), |_| rows(0, &[])).await;
    assert!(page.text().contains("No tokens yet"));
    let narrowed = ListQuery { search: "zzz".to_owned(), ..ListQuery::default() };
    let page = list(narrowed, |_| rows(0, &[])).await;
    assert!(page.text().contains("Nothing fits the search “zzz”."));
    page.press("Clear filters").await;
    assert_eq!(*page.visited.borrow(), ["/integrations/tokens"]);
}

#[wasm_bindgen_test]
async fn failed_load_can_be_tried_again() {
    let down = std::cell::Cell::new(true);
    let page =
        list(
            ListQuery::default(),
            move |_| if down.replace(false) { None } else { rows(1, &[token(1, "Billing", "active")]) },
        )
        .await;
    assert!(page.find("[role=alert]").inner_text().contains("cannot be reached"));
    page.press("Try again").await;
    assert!(page.text().contains("Billing"));
}

#[wasm_bindgen_test]
async fn enabling_acts_at_once() {
    let page = list(ListQuery::default(), |call| match call.method {
        Method::Get => rows(1, &[token(1, "Billing", "inactive")]),
        _ => answer(200, &token(1, "Billing", "active")),
    })
    .await;
    page.press("Actions for Billing").await;
    page.press("Enable").await;
    assert_eq!(page.sent(Method::Post)[0].path, "/public/v1/auth/tokens/SU-000-000-001/activate");
    assert_eq!(page.sent(Method::Get).len(), 2, "the list is read again");
}

#[wasm_bindgen_test]
async fn deleting_asks_for_the_name() {
    let page = list(ListQuery::default(), |call| match call.method {
        Method::Get => rows(1, &[token(1, "Billing", "active")]),
        _ => answer(204, ""),
    })
    .await;
    page.press("Actions for Billing").await;
    page.press("Delete…").await;
    page.press("Delete").await;
    assert!(page.sent(Method::Delete).is_empty());
    page.enter("#field-confirm-delete", "Billing").await;
    page.press("Delete").await;
    assert_eq!(page.sent(Method::Delete)[0].path, "/public/v1/auth/tokens/SU-000-000-001");
}

#[wasm_bindgen_test]
async fn selected_rows_are_disabled_together() {
    let page = list(ListQuery::default(), |call| match call.method {
        Method::Get => rows(2, &[token(1, "One", "active"), token(2, "Two", "active")]),
        _ => answer(200, &token(1, "One", "inactive")),
    })
    .await;
    page.click("[aria-label='Select all rows']").await;
    assert!(page.text().contains("2 selected"));
    page.press("Disable").await;
    assert!(page.text().contains("Disable 2 tokens?"));
    page.all("dialog[open] button").last().unwrap().click();
    crate::support::settle().await;
    assert_eq!(page.sent(Method::Post).len(), 2);
}
