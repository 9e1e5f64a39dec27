//! `/accounts`: how a client checks that a key is good.

use axum::http::StatusCode;
use rstest::rstest;

use crate::harness::{Database, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn every_valid_key_sees_its_own_account_alone_200(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let key = server.key(&server.admin().await.create("No modules", &[]).await);
    let answer = key.get("/accounts?limit=1&offset=0").await;
    assert_eq!(answer.header("content-range"), "items 0-0/1");
    let rows = answer.expect(StatusCode::OK);
    assert_eq!(rows[0]["name"], "My Organisation");
    assert!(rows[0]["id"].as_str().unwrap().starts_with("VA-"));
    let stranger = server.stranger().await;
    assert_eq!(stranger.get("/accounts").await.expect(StatusCode::OK)[0]["id"], "PA-000-001");
    assert_eq!(stranger.get("/accounts/PA-000-001").await.expect(StatusCode::OK)["type"], "provider");
    stranger.get(&format!("/accounts/{}", rows[0]["id"].as_str().unwrap())).await.refused(404, "NFND_000");
}
