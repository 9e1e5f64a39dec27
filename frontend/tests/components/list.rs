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
    assert!(page.find(".empty[role=alert]").inner_text().contains("cannot be reached"));
    page.press("Try again").await;
    assert!(page.text().contains("Billing"));
}

/// What the server answers to a change of many tokens: a line for each of these outcomes.
fn outcomes(lines: &[(&str, &str, &str)]) -> Option<Answer> {
    let line = |(name, outcome, errors): &(&str, &str, &str)| {
        format!("{{\"id\":\"{name}\",\"name\":\"{name}\",\"outcome\":\"{outcome}\",\"errors\":[{errors}]}}\n")
    };
    answer(200, &format!("{{\"total\":{}}}\n{}", lines.len(), lines.iter().map(line).collect::<String>()))
}

/// The bodies of the changes that were asked for.
fn changes(page: &Mounted) -> Vec<String> {
    page.sent(Method::Post).into_iter().filter_map(|call| call.body).collect()
}

/// How often the list was read, without the counts above it.
fn reads(page: &Mounted) -> usize {
    page.sent(Method::Get).iter().filter(|call| call.path.contains("ordering")).count()
}

#[wasm_bindgen_test]
async fn enabling_acts_at_once() {
    let page = list(ListQuery::default(), |call| match call.method {
        Method::Get => rows(1, &[token(1, "Billing", "inactive")]),
        _ => outcomes(&[("Billing", "changed", "")]),
    })
    .await;
    page.press("Actions for Billing").await;
    page.press("Enable").await;
    assert_eq!(changes(&page), [r#"{"action":"enable","ids":["SU-000-000-001"],"dry_run":false}"#]);
    assert_eq!(reads(&page), 2, "the list is read again");
}

#[wasm_bindgen_test]
async fn failed_enable_is_shown_above_the_list_until_it_is_dismissed_and_keeps_the_list() {
    let page = list(ListQuery::default(), |call| match call.method {
        Method::Get => rows(1, &[token(1, "Billing", "inactive")]),
        _ => None,
    })
    .await;
    page.press("Actions for Billing").await;
    page.press("Enable").await;
    let note = page.find(".floating [role=alert]");
    let unknown = "The server did not answer. Whether “Billing” was enabled is not known.";
    assert!(note.inner_text().contains(unknown), "{}", note.inner_text());
    assert!(page.has("tbody tr") && reads(&page) == 2, "the rows say what is so");
    page.press("Dismiss").await;
    assert_eq!(note.inner_text(), "");
}

#[wasm_bindgen_test]
async fn deleting_asks_for_the_name_as_it_looks() {
    let page = list(ListQuery::default(), |call| match call.method {
        Method::Get => rows(1, &[token(1, "Caf\u{e9}  \u{200b}export", "active")]),
        _ => outcomes(&[("Billing", "changed", "")]),
    })
    .await;
    page.click("tbody button.menu").await;
    page.press("Delete…").await;
    page.press("Delete").await;
    assert!(changes(&page).is_empty());
    page.enter("#field-confirm-delete", "Cafe\u{301} export").await;
    page.press("Delete").await;
    assert_eq!(changes(&page), [r#"{"action":"delete","ids":["SU-000-000-001"],"dry_run":false}"#]);
}

async fn two_rows(reply: impl Fn(usize) -> Option<Answer> + 'static) -> Mounted {
    let changes = std::cell::Cell::new(0);
    list(ListQuery::default(), move |call| match call.method {
        Method::Get => rows(2, &[token(1, "One", "active"), token(2, "Two", "active")]),
        _ => {
            changes.set(changes.get() + 1);
            reply(changes.get())
        }
    })
    .await
}

async fn disable_both(page: &Mounted) {
    page.click("[aria-label='Select all rows']").await;
    assert!(page.text().contains("2 selected"));
    page.press("Disable").await;
    assert!(page.text().contains("Disable 2 tokens?"));
    page.all("dialog[open] button").last().unwrap().click();
    crate::support::settle().await;
}

#[wasm_bindgen_test]
async fn selected_rows_are_disabled_with_one_request() {
    let page = two_rows(|_| outcomes(&[("One", "changed", ""), ("Two", "changed", "")])).await;
    disable_both(&page).await;
    assert_eq!(changes(&page), [r#"{"action":"disable","ids":["SU-000-000-001","SU-000-000-002"],"dry_run":false}"#]);
    assert!(!page.has("dialog[open]"));
}

#[wasm_bindgen_test]
async fn tokens_that_failed_are_named_and_tried_again_alone() {
    let page = two_rows(|turn| {
        if turn == 1 {
            outcomes(&[("One", "changed", ""), ("SU-000-000-002", "failed", "\"No.\"")])
        } else {
            outcomes(&[("Two", "changed", "")])
        }
    })
    .await;
    disable_both(&page).await;
    let dialog = page.find("dialog[open]");
    assert!(dialog.inner_text().contains("Disabled 1 token. 1 token could not be changed:"), "{}", dialog.inner_text());
    assert!(dialog.inner_text().contains("No."));
    page.press("Try again").await;
    assert_eq!(changes(&page)[1], r#"{"action":"disable","ids":["SU-000-000-002"],"dry_run":false}"#);
    assert!(!page.has("dialog[open]"));
}

#[wasm_bindgen_test]
async fn all_that_match_are_changed_by_their_query_after_a_dry_run() {
    let query = ListQuery { search: "o".to_owned(), ..ListQuery::default() };
    let page = list(query, |call| match call.method {
        Method::Get => rows(2508, &[token(1, "One", "active"), token(2, "Two", "active")]),
        _ => outcomes(&[("One", "changed", ""), ("Two", "unchanged", "")]),
    })
    .await;
    page.click("[aria-label='Select all rows']").await;
    page.press("Select all 2,508 that match").await;
    assert!(page.text().contains("All 2,508 that match are selected"));
    page.press("Disable").await;
    assert!(page.text().contains("These are all 2 tokens that match. 1 of them would not change."));
    page.all("dialog[open] button").last().unwrap().click();
    crate::support::settle().await;
    let dry = r#"{"action":"disable","query":"search=o","dry_run":true}"#;
    assert_eq!(changes(&page), [dry, r#"{"action":"disable","query":"search=o","expected":2508,"dry_run":false}"#]);
}

#[wasm_bindgen_test]
async fn shift_selects_all_rows_up_to_the_last_box() {
    let all: Vec<String> = (1..=4).map(|number| token(number, &format!("T{number}"), "active")).collect();
    let page = list(ListQuery::default(), move |_| rows(4, &all)).await;
    page.click("[aria-label='Select T1']").await;
    let init = web_sys::MouseEventInit::new();
    init.set_shift_key(true);
    init.set_bubbles(true);
    let click = web_sys::MouseEvent::new_with_mouse_event_init_dict("click", &init).unwrap();
    page.find("[aria-label='Select T3']").dispatch_event(&click).unwrap();
    crate::support::settle().await;
    assert!(page.text().contains("3 selected"), "{}", page.text());
}
