//! `POST /auth/tokens/{id}/overlap`, and the use of the previous key while it works.

use axum::http::StatusCode;
use latchkey::gatekeeper::usage;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Client, Database, PARTNERS, Postgres, Server, Sqlite};

const DAY: i64 = 24 * 3600;

fn path(token: &Value, action: &str) -> String {
    format!("/auth/tokens/{}{action}", token["id"].as_str().unwrap())
}

/// A token whose key was rotated, with an overlap in seconds: as it was, and as it is.
async fn rotated(admin: &Client<'_>, overlap: i64) -> (Value, Value) {
    let old = admin.create("Key", &[PARTNERS]).await;
    let new = admin.post(&path(&old, "/rotate"), json!({ "overlap": overlap })).await.expect(StatusCode::OK);
    (old, new)
}

async fn call(server: &Server, token: &Value) -> StatusCode {
    server.key(token).get("/agreements?limit=1").await.status
}

#[rstest]
#[tokio::test]
async fn previous_key_ends_at_once_when_it_is_ended(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let (old, new) = rotated(&admin, DAY).await;
    assert_eq!(call(&server, &old).await, StatusCode::OK);
    let ended = admin.post(&path(&old, "/overlap"), json!({ "overlap": 0 })).await.expect(StatusCode::OK);
    assert_eq!(ended["previous_expiration_date"], Value::Null);
    assert_eq!(call(&server, &old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&server, &new).await, StatusCode::OK);
    assert_eq!(server.trail().await.last().unwrap(), "Administrator token.overlap_changed Key");
    admin.post(&path(&old, "/overlap"), json!({ "overlap": 60 })).await.refused(409, "CON_002");
}

#[tokio::test]
async fn previous_key_works_longer_only_after_a_recent_sign_in() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let (old, _) = rotated(&admin, DAY).await;
    server.clock.advance(2 * 3600);
    let longer = json!({ "overlap": 7 * DAY });
    admin.post(&path(&old, "/overlap"), longer.clone()).await.refused(403, "AUTH_004");
    let shorter = admin.post(&path(&old, "/overlap"), json!({ "overlap": 60 })).await.expect(StatusCode::OK);
    assert_eq!(shorter["previous_expiration_date"], json!(server.clock.now().plus(60)));
    let admin = server.admin().await;
    let extended = admin.post(&path(&old, "/overlap"), longer).await.expect(StatusCode::OK);
    assert_eq!(extended["previous_expiration_date"], json!(server.clock.now().plus(7 * DAY)));
    server.clock.advance(DAY);
    assert_eq!(call(&server, &old).await, StatusCode::OK);
    let event = server.events().await.into_iter().rfind(|event| event.action == "token.overlap_changed").unwrap();
    let details: Value = serde_json::from_str(&event.details).unwrap();
    assert_eq!(details["previous_expiration_date"][1], extended["previous_expiration_date"]);
}

#[tokio::test]
async fn overlap_is_within_its_range_and_within_the_life_of_the_token() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let (old, _) = rotated(&admin, DAY).await;
    for overlap in [json!(-1), json!(7 * DAY + 1), json!("long"), Value::Null] {
        let lines = admin.post(&path(&old, "/overlap"), json!({ "overlap": overlap })).await.refused(400, "VAL_001");
        assert!(lines.starts_with("overlap"), "{lines}");
    }
    let end = server.clock.now().plus(2 * DAY);
    let renewed = admin.post(&path(&old, "/rotate"), json!({ "overlap": 60, "expiration_date": end })).await;
    renewed.expect(StatusCode::OK);
    let extended = admin.post(&path(&old, "/overlap"), json!({ "overlap": 7 * DAY })).await.expect(StatusCode::OK);
    assert_eq!(extended["previous_expiration_date"], json!(end));
    admin
        .with("if-match", "\"9-active\"")
        .post(&path(&old, "/overlap"), json!({ "overlap": 0 }))
        .await
        .refused(412, "CON_001");
}

#[rstest]
#[tokio::test]
async fn use_of_the_previous_key_is_shown_apart(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let (old, new) = rotated(&admin, DAY).await;
    let read = async || {
        usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
        admin.get(&path(&old, "")).await.expect(StatusCode::OK)
    };
    server.key(&new).with("user-agent", "new/1.0").get("/agreements").await.expect(StatusCode::OK);
    assert_eq!(read().await.get("previous_last_used"), None, "nobody has used the old key");
    server.clock.advance(60);
    server.key(&old).with("user-agent", "old/1.0").get("/agreements").await.expect(StatusCode::OK);
    let token = read().await;
    let last = json!({ "at": server.clock.now(), "address": "192.0.2.7", "program": "old/1.0" });
    assert_eq!((&token["previous_last_used"], &token["last_used"]), (&last, &last));
    server.clock.advance(60);
    server.key(&new).with("user-agent", "new/1.0").get("/agreements").await.expect(StatusCode::OK);
    let token = read().await;
    assert_eq!((&token["previous_last_used"], &token["last_used"]["program"]), (&last, &json!("new/1.0")));

    let listed = admin.get("/auth/tokens").await.expect(StatusCode::OK);
    assert_eq!(listed[0]["previous_last_used"], last);
    let again = admin.post(&path(&old, "/rotate"), json!({ "overlap": DAY })).await.expect(StatusCode::OK);
    assert_eq!(again.get("previous_last_used"), None, "the previous key is another one now");
    assert_eq!(read().await.get("previous_last_used"), None);
}
