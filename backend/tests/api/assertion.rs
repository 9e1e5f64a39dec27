//! What an API is told of a token under a signature.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{Client, Server};

const CATALOGUE: &str = r#"
[[apis]]
name = "orders"
base_path = "/orders"
assertion = true

[[apis]]
name = "plain"

[[modules]]
id = "MD-0101"
api = "orders"
name = "Orders"
paths = ["/"]

[[modules]]
id = "MD-0102"
api = "plain"
name = "Plain"
paths = ["/"]
"#;

async fn assertion(client: &Client<'_>, host: &str, path: &str) -> String {
    let client = client.with("x-forwarded-host", host).with("x-forwarded-method", "GET").with("x-forwarded-uri", path);
    let answer = client.get("/gateway/check").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.header("x-token-assertion").to_owned()
}

fn claims(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn assertion_is_made_twice_a_minute_for_each_token_and_host() {
    let server = Server::start_with_catalogue(CATALOGUE).await;
    let token = server.admin().await.create("Key", &["MD-0101", "MD-0102"]).await;
    let key = server.key(&token);
    let first = assertion(&key, "a.example", "/orders").await;
    let now = server.clock.now().unix();
    let said = claims(&first);
    assert_eq!((&said["iat"], &said["exp"]), (&json!(now), &json!(now + 60)));
    assert_eq!((&said["sub"], &said["aud"], &said["host"]), (&token["id"], &json!("orders"), &json!("a.example")));
    server.clock.advance(29);
    assert_eq!(assertion(&key, "A.example:443", "/orders/7").await, first);
    assert_ne!(assertion(&key, "b.example", "/orders").await, first);
    server.clock.advance(1);
    let second = assertion(&key, "a.example", "/orders").await;
    assert_eq!(claims(&second)["iat"], json!(now + 30));
    // A clock that was set back: an assertion from the future is good for nobody.
    server.clock.advance(-20);
    assert_eq!(claims(&assertion(&key, "a.example", "/orders").await)["iat"], json!(now + 10));
    // Only where the API asks for it, and never the client's own.
    assert_eq!(assertion(&key.with("x-token-assertion", &first), "a.example", "/other").await, "");
}

#[tokio::test]
async fn change_of_a_token_is_in_the_next_assertion() {
    let server = Server::start_with_catalogue(CATALOGUE).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &["MD-0101", "MD-0102"]).await;
    let key = server.key(&token);
    assert_eq!(claims(&assertion(&key, "a", "/orders").await)["modules"], json!(["MD-0101", "MD-0102"]));
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    admin
        .put(&path, json!({ "permissions": [{ "object": { "id": "MD-0101" } }], "external_id": "7" }))
        .await
        .expect(StatusCode::OK);
    let said = claims(&assertion(&key, "a", "/orders").await);
    assert_eq!((&said["modules"], &said["external_id"]), (&json!(["MD-0101"]), &json!("7")));
}
