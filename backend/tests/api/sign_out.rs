//! `POST /auth/logout`.

use axum::http::StatusCode;
use rstest::rstest;

use crate::harness::{ALL, Database, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn sign_out_ends_the_session_204(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let answer = admin.act("/auth/logout").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    admin.get("/auth/context").await.refused(401, "AUTH_001");
    assert_eq!(server.trail().await[1], "Administrator user.signed_out Administrator");
}

#[tokio::test]
async fn key_cannot_sign_out_403() {
    let server = Server::start(Sqlite).await;
    let token = server.admin().await.create("Key", &[ALL]).await;
    server.key(&token).act("/auth/logout").await.refused(403, "AUTH_003");
}
