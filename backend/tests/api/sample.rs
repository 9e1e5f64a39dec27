//! `/auth/tokens/{id}/sample`: a first call that a key opens, and that is not dead.

use axum::http::StatusCode;
use latchkey::catalogue::Catalogue;
use serde_json::{Value, json};

use super::apis::{self, ORDERS_READ};
use crate::harness::{ALL, INTEGRATIONS, PARTNERS, Server, Sqlite};

async fn sample(server: &Server, modules: &[&str]) -> Value {
    let admin = server.admin().await;
    let token = admin.create("Key", modules).await;
    admin.get(&format!("/auth/tokens/{}/sample", token["id"].as_str().unwrap())).await.expect(StatusCode::OK)
}

#[tokio::test]
async fn sample_of_the_built_in_catalogue_is_answered_by_this_server() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    for (modules, url) in [
        (&[PARTNERS][..], json!("/public/v1/agreements")),
        (&[ALL], json!("/public/v1/agreements")),
        (&[INTEGRATIONS], json!("/public/v1/auth/tokens")),
        (&["MD-0006"], json!("/public/v1/assets")),
        (&["MD-0001"], Value::Null),
        (&[], Value::Null),
    ] {
        let call = sample(&server, modules).await;
        assert_eq!(call["url"], url, "{modules:?}");
        if let Some(path) = url.as_str() {
            let token = admin.create("Caller", modules).await;
            server.key(&token).get(path.strip_prefix("/public/v1").unwrap()).await.expect(StatusCode::OK);
        }
    }
    let without = Server::start_with(Sqlite, &["--no-examples"], Catalogue::built_in().unwrap()).await;
    assert_eq!(sample(&without, &[PARTNERS]).await, Value::Null);
}

#[tokio::test]
async fn sample_of_a_described_api_has_its_url_and_its_form_of_the_key() {
    let server = apis::start().await;
    let call = |method: &str, url: &str| json!({"method": method, "url": url, "credentials": "bearer"});
    assert_eq!(sample(&server, &[ORDERS_READ]).await, call("GET", "https://api.example.com/v2/orders"));
    // Its API has no URL.
    assert_eq!(sample(&server, &["MD-0201"]).await, Value::Null);
}
