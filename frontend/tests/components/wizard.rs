use latchkey_console::{
    api::{Answer, Call, Method},
    tokens::create::CreateToken,
};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Mounted, SECRET, answer, mount, settle, token};

/// A wizard whose address follows where it goes.
async fn wizard(reply: impl Fn(&Call) -> Option<Answer> + 'static) -> (Mounted, RwSignal<Option<String>>) {
    let step = RwSignal::new(None::<String>);
    let page = mount(reply, move || view! { <CreateToken step=step /> }).await;
    (page, step)
}

async fn follow(page: &Mounted, step: RwSignal<Option<String>>) {
    let last = page
        .visited
        .borrow()
        .last()
        .and_then(|it| it.split_once("step=").map(|it| it.1.split('&').next().unwrap_or_default().to_owned()));
    step.set(last);
    settle().await;
}

async fn next(page: &Mounted, step: RwSignal<Option<String>>) {
    page.press("Next").await;
    follow(page, step).await;
}

fn created() -> Option<Answer> {
    let info = token(1, "Billing", "active");
    let handle = "a".repeat(40);
    answer(201, &format!(r#"{},"token":"{SECRET}","handle":"{handle}"}}"#, info.strip_suffix('}').unwrap()))
}

#[wasm_bindgen_test]
async fn missing_name_stands_beside_its_field_and_takes_the_focus() {
    let (page, _) = wizard(|_| None).await;
    page.press("Next").await;
    assert_eq!(page.find("#field-name-problem").inner_text().trim(), "Name is required.");
    assert_eq!(document().active_element().unwrap().id(), "field-name");
    assert!(page.visited.borrow().is_empty());
}

#[wasm_bindgen_test]
async fn create_pressed_twice_sends_once_and_shows_the_masked_key() {
    let (page, step) = wizard(|_| created()).await;
    page.enter("#field-name", "Billing").await;
    next(&page, step).await;
    page.click("input[value='EXT-000-001']").await;
    next(&page, step).await;
    assert!(page.text().contains("the key will open nothing"));
    page.click(".check-list__label--all input").await;
    assert!(!page.text().contains("the key will open nothing"));
    page.button("Create").click();
    page.button("Create").click();
    settle().await;
    let sent = page.sent(Method::Post);
    assert_eq!(sent.len(), 1);
    let body = sent[0].body.clone().unwrap();
    assert!(body.contains(r#""permissions":[{"object":{"id":"MD-0000"}}]"#), "{body}");
    assert_eq!(page.find("h2").inner_text(), "Summary");
    assert!(!page.text().contains(SECRET));
    page.press("View").await;
    assert!(page.text().contains(&format!("ApiKey SU-000-000-001:{SECRET}")));
}

#[wasm_bindgen_test]
async fn enter_in_the_filter_of_modules_filters_and_creates_nothing() {
    let (page, step) = wizard(|_| created()).await;
    page.enter("#field-name", "Billing").await;
    next(&page, step).await;
    page.click("input[value='EXT-000-001']").await;
    next(&page, step).await;
    page.enter("[aria-label='Filter modules']", "part").await;
    let not_prevented = crate::support::press_key(&page.find("[aria-label='Filter modules']"), "Enter").await;
    assert!(!not_prevented, "Enter would submit the form");
    assert!(page.sent(Method::Post).is_empty());
}

#[wasm_bindgen_test]
async fn lost_answer_is_repeated_with_the_same_key_and_body() {
    let lost = std::cell::Cell::new(true);
    let (page, step) = wizard(move |_| if lost.replace(false) { None } else { created() }).await;
    page.enter("#field-name", "Billing").await;
    next(&page, step).await;
    page.click("input[value='EXT-000-003']").await;
    page.press("Create").await;
    assert!(page.find("[role=alert]").inner_text().contains("cannot be reached"));
    page.press("Create").await;
    let sent = page.sent(Method::Post);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert!(sent[0].headers.iter().any(|(name, key)| *name == "Idempotency-Key" && key.len() == 36));
    assert_eq!(page.find("h2").inner_text(), "Summary");
}

#[wasm_bindgen_test]
async fn draft_that_changed_after_a_lost_answer_is_another_request() {
    let lost = std::cell::Cell::new(true);
    let (page, step) = wizard(move |_| if lost.replace(false) { None } else { created() }).await;
    page.enter("#field-name", "Billing").await;
    next(&page, step).await;
    page.click("input[value='EXT-000-003']").await;
    page.press("Create").await;
    page.press("Back").await;
    follow(&page, step).await;
    page.enter("#field-name", "Billing for Zapier").await;
    next(&page, step).await;
    page.press("Create").await;
    let sent = page.sent(Method::Post);
    let key = |call: &Call| call.headers.iter().find(|(name, _)| *name == "Idempotency-Key").unwrap().1.clone();
    assert_eq!(sent.len(), 2);
    assert_ne!(key(&sent[0]), key(&sent[1]));
    assert!(sent[1].body.as_ref().unwrap().contains("Billing for Zapier"));
    assert_eq!(page.find("h2").inner_text(), "Summary");
}

#[wasm_bindgen_test]
async fn refused_field_leads_back_to_its_step() {
    let (page, step) = wizard(|_| answer(400, r#"{"error_code":"VAL_001","errors":["name: is already taken"]}"#)).await;
    page.enter("#field-name", "Billing").await;
    next(&page, step).await;
    page.click("input[value='EXT-000-003']").await;
    page.press("Create").await;
    follow(&page, step).await;
    assert_eq!(page.find("#step-title").inner_text(), "General");
    assert_eq!(page.find("#field-name-problem").inner_text().trim(), "Name is already taken.");
}

#[wasm_bindgen_test]
async fn fixed_permissions_leave_the_step_out() {
    let (page, step) = wizard(|_| None).await;
    page.enter("#field-name", "Billing").await;
    next(&page, step).await;
    assert_eq!(page.all(".stepper__item").len(), 4);
    page.click("input[value='EXT-000-003']").await;
    assert_eq!(page.all(".stepper__item").len(), 3);
}
