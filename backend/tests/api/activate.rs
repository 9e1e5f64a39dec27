//! `POST /auth/tokens/{id}/activate` and `…/deactivate`.

use axum::http::StatusCode;
use rstest::rstest;

use crate::harness::{Database, PARTNERS, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn change_acts_on_the_next_call_200(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let key = server.key(&token);
    assert_eq!(key.get("/agreements").await.status, StatusCode::OK);
    let off = admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
    assert_eq!(off["status"], "inactive");
    key.get("/agreements").await.refused(401, "AUTH_001");
    let on = admin.act(&format!("{path}/activate/")).await.expect(StatusCode::OK);
    assert_eq!(on["status"], "active");
    assert_eq!(key.get("/agreements").await.status, StatusCode::OK);
    // Again, as after a lost answer: no error, and no second event.
    assert_eq!(admin.act(&format!("{path}/activate")).await.status, StatusCode::OK);
    assert_eq!(server.trail().await[2..], ["Administrator token.disabled Key", "Administrator token.enabled Key"]);
}
