//! `POST /auth/tokens/{id}/reveal`.

use axum::http::StatusCode;
use latchkey_shared::Role;
use rstest::rstest;

use crate::harness::{ALL, Database, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn reveal_returns_the_same_secret_and_records_an_event(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let path = format!("/auth/tokens/{}/reveal", token["id"].as_str().unwrap());
    let answer = server.user(Role::Member).await.act(&path).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let revealed = answer.expect(StatusCode::OK);
    assert_eq!((&revealed["token"], &revealed["handle"]), (&token["token"], &token["handle"]));
    assert_eq!(server.trail().await.last().unwrap(), "member token.revealed Key");
}

#[tokio::test]
async fn reveal_needs_a_recent_sign_in_403() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let path = format!("/auth/tokens/{}/reveal", token["id"].as_str().unwrap());
    server.clock.advance(3600);
    assert_eq!(admin.act(&path).await.status, StatusCode::OK);
    server.clock.advance(1);
    admin.act(&path).await.refused(403, "AUTH_004");
    assert_eq!(server.admin().await.act(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn keys_viewers_and_other_accounts_cannot_reveal_a_key() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[ALL]).await;
    let path = format!("/auth/tokens/{}/reveal", token["id"].as_str().unwrap());
    let refusals = [
        (server.anonymous(), 401, "AUTH_001"),
        (server.key(&token), 403, "AUTH_003"),
        (server.user(Role::Viewer).await, 403, "AUTH_003"),
        (server.stranger().await, 404, "NFND_000"),
        (admin.with("sec-fetch-site", "same-site"), 403, "AUTH_005"),
    ];
    for (client, status, code) in refusals {
        let answer = client.act(&path).await;
        answer.refused(status, code);
        assert!(!answer.body.contains(token["token"].as_str().unwrap()));
    }
    admin.act("/auth/tokens/SU-000-000-000/reveal").await.refused(404, "NFND_000");
}

#[tokio::test]
async fn revealing_many_keys_is_throttled_429() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let path = format!("/auth/tokens/{}/reveal", token["id"].as_str().unwrap());
    for _ in 0..30 {
        assert_eq!(admin.act(&path).await.status, StatusCode::OK);
    }
    admin.act(&path).await.refused(429, "THR_000");
}
