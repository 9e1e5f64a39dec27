//! `/auth/tokens/{id}/explain`: which rule decides about a request, and why.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::apis::{self, ORDERS_READ};
use crate::harness::{ALL, PARTNERS, Server, Sqlite, new_token};

#[tokio::test]
async fn explanation_names_the_rules_that_decide() {
    let server = apis::start().await;
    let admin = server.admin().await;
    let token = admin.create("Reads", &[ORDERS_READ]).await;
    let path = format!("/auth/tokens/{}/explain", token["id"].as_str().unwrap());
    let ask = async |query: &str| admin.get(&format!("{path}?{query}")).await.expect(StatusCode::OK);
    let url = "url=https://api.example.com/v2";
    let rule =
        |rule: &str, id: &str, name: &str, held: bool| json!({"rule": rule, "module": id, "name": name, "held": held});
    let (wide, narrow) =
        (rule("/orders", "MD-0101", "Orders", false), rule("GET /orders", "MD-0102", "Orders (read)", true));
    assert_eq!(
        ask(&format!("{url}/orders/7?a=1")).await,
        json!({"allowed": true, "observed": false, "status": 200, "reason": "allowed", "text": "Orders (read) opens it.", "api": "orders",
            "rules": [narrow, wide]})
    );
    assert_eq!(
        ask(&format!("method=DELETE&{url}/orders/7")).await,
        json!({"allowed": false, "observed": false, "status": 403, "reason": "module", "text": "It needs Orders, which the token does not hold.",
            "api": "orders", "rules": [wide]})
    );
    let of = async |query: &str| {
        let told: Value = ask(query).await;
        format!("{} {} {}", told["status"], told["reason"].as_str().unwrap(), told["text"].as_str().unwrap())
    };
    assert_eq!(of(&format!("{url}/health")).await, "200 public The path is public: it needs no key.");
    assert_eq!(
        of(&format!("{url}/else")).await,
        "403 module No rule is for it, so it needs All, which the token does not hold."
    );
    assert_eq!(of(&format!("{url}/a/../b")).await, "400 path The path has a dot segment.");
    assert_eq!(
        of("url=https://evil.example/v2/orders").await,
        "404 api No API of the catalogue has this host and path."
    );
    assert!(of("url=/v2/orders").await.starts_with("400 bad_request The URL must have a host"));
    admin.act(&format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap())).await;
    assert_eq!(of(&format!("{url}/orders")).await, "401 disabled The token is disabled.");
    for (query, field) in [
        ("", "url: is required"),
        ("url=orders", "url: must be"),
        ("url=/a&method=get", "method: must be"),
        ("url=/a&address=x", "address: must be"),
        ("url=/a&url=/b", "url: is there twice"),
    ] {
        let error = admin.get(&format!("{path}?{query}")).await.refused(400, "VAL_001");
        assert!(error.starts_with(field), "{error}");
    }
}

#[tokio::test]
async fn explanation_agrees_with_the_gateway() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut here = new_token("Here", &[PARTNERS]);
    here["allowed_addresses"] = json!(["192.0.2.0/24"]);
    let here = admin.post("/auth/tokens", here).await.expect(StatusCode::CREATED);
    let (one, all) = (admin.create("One", &[PARTNERS]).await, admin.create("All", &[ALL]).await);
    for (token, path, address) in [
        (&one, "/agreements/7", "192.0.2.7"),
        (&one, "/requests", "192.0.2.7"),
        (&all, "/unknown", "192.0.2.7"),
        (&here, "/agreements", "192.0.2.7"),
        (&here, "/agreements", "198.51.100.9"),
    ] {
        let id = token["id"].as_str().unwrap();
        let told =
            admin.get(&format!("/auth/tokens/{id}/explain?url={path}&address={address}")).await.expect(StatusCode::OK);
        // The harness's clients are at 192.0.2.7.
        if address == "192.0.2.7" {
            let asked = server.key(token).with("x-forwarded-method", "GET").with("x-forwarded-uri", path);
            assert_eq!(told["status"], asked.get("/gateway/check").await.status.as_u16(), "{path}");
        } else {
            assert_eq!((&told["status"], &told["reason"]), (&json!(403), &json!("address")));
        }
    }
}
