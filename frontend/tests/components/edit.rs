use latchkey_console::{api::Method, tokens::edit::EditToken};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{answer, mount, token};

#[wasm_bindgen_test]
async fn lost_update_is_shown_and_mine_can_be_kept() {
    let tries = std::cell::Cell::new(0);
    let reads = std::cell::Cell::new(0);
    let page = mount(
        move |call| match call.method {
            Method::Put => {
                tries.set(tries.get() + 1);
                if tries.get() == 1 {
                    answer(412, r#"{"error_code":"CON_001","errors":["Changed."]}"#)
                } else {
                    answer(200, &token(1, "Mine", "active"))
                }
            }
            _ if call.path.ends_with("/usage") => answer(404, r#"{"error_code":"NFND_000","errors":[]}"#),
            _ => {
                reads.set(reads.get() + 1);
                let mut read = answer(200, &token(1, if reads.get() == 1 { "Billing" } else { "Theirs" }, "active"))?;
                read.etag = Some(format!("\"{}\"", reads.get()));
                Some(read)
            }
        },
        || view! { <EditToken id="SU-000-000-001".to_owned() /> },
    )
    .await;
    page.enter("#field-name", "Mine").await;
    page.press("Save").await;
    let diff = page.find(".table--diff").inner_text();
    assert!(diff.contains("Mine") && diff.contains("Theirs"), "{diff}");
    page.press("Keep mine").await;
    let sent = page.sent(Method::Put);
    let versions: Vec<&str> = sent.iter().map(|call| call.headers[0].1.as_str()).collect();
    assert_eq!(versions, ["\"1\"", "\"2\""]);
    assert_eq!(*page.visited.borrow(), ["/integrations/tokens/SU-000-000-001/general"]);
}
