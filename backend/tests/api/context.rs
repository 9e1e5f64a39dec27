//! `GET /auth/context`.

use axum::http::StatusCode;
use latchkey_shared::Role;
use rstest::rstest;

use crate::harness::{ALL, Database, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn context_names_user_and_account_200(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let viewer = server.user(Role::Viewer).await;
    let context = viewer.get("/auth/context/").await.expect(StatusCode::OK);
    assert_eq!(context["user"]["role"], "viewer");
    assert_eq!(context["confirmed_until"], "2027-01-15T09:00:00+00:00");
}

#[tokio::test]
async fn key_cannot_read_the_session_403() {
    let server = Server::start(Sqlite).await;
    let token = server.admin().await.create("Key", &[ALL]).await;
    server.key(&token).get("/auth/context").await.refused(403, "AUTH_003");
}
