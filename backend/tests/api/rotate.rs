//! `POST /auth/tokens/{id}/renew` and `…/rotate`.

use axum::http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{ALL, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, new_token};

const DAY: i64 = 24 * 3600;

fn path(token: &Value, action: &str) -> String {
    format!("/auth/tokens/{}/{action}", token["id"].as_str().unwrap())
}

/// What a key of `secret` gets.
async fn call(server: &Server, token: &Value, secret: &Value) -> StatusCode {
    let key = json!({ "id": token["id"], "token": secret });
    server.key(&key).get("/agreements?limit=1").await.status
}

async fn create_until(server: &Server, days: i64) -> Value {
    let mut body = new_token("Key", &[PARTNERS]);
    body["expiration_date"] = json!(server.clock.now().plus(days * DAY));
    server.admin().await.post("/auth/tokens", body).await.expect(StatusCode::CREATED)
}

#[rstest]
#[tokio::test]
async fn renewed_token_has_two_secrets_until_the_old_one_ends(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let token = create_until(&server, 30).await;
    let (old_end, new_end) = (server.clock.now().plus(30 * DAY), server.clock.now().plus(90 * DAY));
    let admin = server.admin().await;
    let renewed =
        admin.post(&path(&token, "renew"), json!({ "expiration_date": new_end })).await.expect(StatusCode::OK);
    assert_ne!(renewed["token"], token["token"]);
    assert_eq!(renewed["renewed_token"], renewed["token"]);
    assert_eq!(renewed["status"], "revitalised");
    assert_eq!(renewed["expiration_date"], json!(new_end));
    assert_eq!(renewed["renewed_expiration_date"], json!(new_end));
    assert_eq!(renewed["previous_expiration_date"], json!(old_end));
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::OK);
    assert_eq!(call(&server, &token, &renewed["token"]).await, StatusCode::OK);
    admin.act(&path(&token, "renew")).await.refused(409, "CON_002");
    let listed = admin.get("/auth/tokens?status=revitalised").await.expect(StatusCode::OK);
    assert_eq!(listed[0]["id"], token["id"]);

    server.clock.advance(30 * DAY);
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::UNAUTHORIZED, "the old end has come");
    assert_eq!(call(&server, &token, &renewed["token"]).await, StatusCode::OK);
    let admin = server.admin().await;
    let after = admin.get(&path(&token, "")).await.expect(StatusCode::OK);
    assert_eq!((&after["status"], &after["renewed_expiration_date"]), (&json!("active"), &Value::Null));
    assert_eq!(server.trail().await.iter().filter(|line| line.ends_with("token.renewed Key")).count(), 1);
    let revealed = admin.act(&path(&token, "reveal")).await.expect(StatusCode::OK);
    assert_eq!((&revealed["token"], &revealed["handle"]), (&renewed["token"], &token["handle"]));
}

#[rstest]
#[tokio::test]
async fn rotated_secret_is_refused_at_once(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let rotated = admin.act(&path(&token, "rotate")).await.expect(StatusCode::OK);
    assert_eq!((&rotated["status"], rotated.get("renewed_token")), (&json!("active"), None));
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&server, &token, &rotated["token"]).await, StatusCode::OK);
    assert_eq!(server.trail().await.last().unwrap(), "Administrator token.rotated Key");
}

#[tokio::test]
async fn overlap_ends_when_it_is_over_or_with_the_old_secret() {
    let server = Server::start(Sqlite).await;
    let token = create_until(&server, 1).await;
    let admin = server.admin().await;
    let body = json!({ "overlap": 3600, "expiration_date": null });
    let rotated = admin.post(&path(&token, "rotate"), body).await.expect(StatusCode::OK);
    assert_eq!(rotated["previous_expiration_date"], json!(server.clock.now().plus(3600)));
    server.clock.advance(3599);
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::OK);
    server.clock.advance(1);
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::UNAUTHORIZED);

    let short = create_until(&server, 1).await;
    let body = json!({ "overlap": 7 * DAY, "expiration_date": null });
    let rotated = server.admin().await.post(&path(&short, "rotate"), body).await.expect(StatusCode::OK);
    assert_eq!(rotated["previous_expiration_date"], json!(server.clock.now().plus(DAY)), "its own end comes first");
}

#[tokio::test]
async fn rotating_a_renewed_token_ends_the_oldest_secret() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let renewed = admin.act(&path(&token, "renew")).await.expect(StatusCode::OK);
    let rotated = admin.post(&path(&token, "rotate"), json!({ "overlap": 60 })).await.expect(StatusCode::OK);
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&server, &token, &renewed["token"]).await, StatusCode::OK);
    assert_eq!(call(&server, &token, &rotated["token"]).await, StatusCode::OK);
    admin.act(&path(&token, "deactivate")).await.expect(StatusCode::OK);
    for secret in [&renewed["token"], &rotated["token"]] {
        assert_eq!(call(&server, &token, secret).await, StatusCode::UNAUTHORIZED, "disabled means both");
    }
}

#[rstest]
#[tokio::test]
async fn repeated_request_replaces_the_secret_once(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    for action in ["renew", "rotate"] {
        let client = admin.with("idempotency-key", action);
        let first = client.act(&path(&token, action)).await.expect(StatusCode::OK);
        let second = client.act(&path(&token, action)).await.expect(StatusCode::OK);
        assert_eq!(first["token"], second["token"], "{action}");
        client.post(&path(&token, action), json!({ "expiration_date": null })).await.refused(409, "CON_002");
    }
    let trail: Vec<String> = server.trail().await.into_iter().skip(2).collect();
    let events = ["token.renewed Key", "token.revealed Key", "token.rotated Key", "token.revealed Key"];
    assert_eq!(trail, events.map(|event| format!("Administrator {event}")), "the secret leaves twice");
}

#[tokio::test]
async fn bad_requests_400_and_a_lost_update_412() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    for (action, body, field) in [
        ("renew", json!({ "expiration_date": "soon" }), "expiration_date"),
        ("renew", json!({ "expiration_date": "2020-01-01T00:00:00Z" }), "expiration_date"),
        ("renew", json!({ "overlap": 60 }), "overlap"),
        ("rotate", json!({ "overlap": -1 }), "overlap"),
        ("rotate", json!({ "overlap": 8 * DAY }), "overlap"),
        ("rotate", json!({ "overlap": "long" }), "overlap"),
    ] {
        let lines = admin.post(&path(&token, action), body).await.refused(400, "VAL_001");
        assert!(lines.starts_with(field), "{lines}");
    }
    admin.with("if-match", "\"9-active\"").act(&path(&token, "rotate")).await.refused(412, "CON_001");
    admin.act("/auth/tokens/SU-000-000-000/rotate").await.refused(404, "NFND_000");
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::OK, "nothing has changed");
    let expired = create_until(&server, 1).await;
    server.clock.advance(DAY);
    let admin = server.admin().await;
    admin.act(&path(&expired, "rotate")).await.refused(400, "VAL_001");
    admin.delete(path(&token, "").trim_end_matches('/')).await;
    admin.act(&path(&token, "rotate")).await.refused(409, "CON_002");
}

#[tokio::test]
async fn key_cannot_rotate_a_token_with_more_modules_403() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let strong = admin.create("Strong", &[ALL]).await;
    let weak = server.key(&admin.create("Weak", &[INTEGRATIONS]).await);
    for action in ["renew", "rotate"] {
        weak.act(&path(&strong, action)).await.refused(403, "AUTH_003");
    }
    let own = admin.create("Own", &[INTEGRATIONS]).await;
    assert_eq!(weak.act(&path(&own, "rotate")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn blank_date_is_no_date_400() {
    let server = Server::start(Sqlite).await;
    let token = create_until(&server, 30).await;
    let admin = server.admin().await;
    let mut new = new_token("Blank", &[]);
    new["expiration_date"] = json!("");
    let error = admin.post("/auth/tokens", new).await.refused(400, "VAL_001");
    assert!(error.starts_with("expiration_date: "), "{error}");
    for body in [json!({ "expiration_date": "" }), json!({ "expiration_date": " " })] {
        for action in ["renew", "rotate"] {
            admin.post(&path(&token, action), body.clone()).await.refused(400, "VAL_001");
        }
        admin.put(&path(&token, ""), body).await.refused(400, "VAL_001");
    }
    admin.put(&path(&token, ""), json!({ "not_before": "" })).await.refused(400, "VAL_001");
    let after = admin.get(&path(&token, "")).await;
    assert_eq!(after.revision(), "1");
    assert!(after.json["expiration_date"].is_string());
}

#[rstest]
#[tokio::test]
async fn repeated_request_whose_answer_no_longer_holds_is_told_so_409(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let once = admin.with("idempotency-key", "once");
    let first = once.act(&path(&token, "rotate")).await.expect(StatusCode::OK);
    assert_eq!(once.act(&path(&token, "rotate")).await.expect(StatusCode::OK)["token"], first["token"]);
    admin.act(&path(&token, "rotate")).await.expect(StatusCode::OK);
    let error = once.act(&path(&token, "rotate")).await.refused(409, "CON_002");
    assert!(error.contains("has changed since"), "{error}");
    for bad in ["a b", "a\tb", ""] {
        admin.with("idempotency-key", bad).act(&path(&token, "rotate")).await.refused(400, "VAL_001");
    }
}

#[tokio::test]
async fn expiration_of_the_token_ends_both_secrets() {
    let server = Server::start(Sqlite).await;
    let token = create_until(&server, 30).await;
    let admin = server.admin().await;
    let soon = server.clock.now().plus(60);
    let renewed = admin.post(&path(&token, "renew"), json!({ "expiration_date": soon })).await.expect(StatusCode::OK);
    assert_eq!(renewed["previous_expiration_date"], json!(soon), "what is said is what happens");
    server.clock.advance(60);
    assert_eq!(call(&server, &token, &token["token"]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn change_by_the_clock_changes_the_etag() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    admin.post(&path(&token, "rotate"), json!({ "overlap": 60 })).await.expect(StatusCode::OK);
    admin.act(&path(&token, "deactivate")).await.expect(StatusCode::OK);
    let before = admin.get(&path(&token, "")).await;
    let known = admin.with("if-none-match", before.header("etag"));
    assert_eq!(known.get(&path(&token, "")).await.status, StatusCode::NOT_MODIFIED);
    server.clock.advance(60);
    let after = known.get(&path(&token, "")).await;
    assert_eq!(after.status, StatusCode::OK);
    assert!(before.json["previous_expiration_date"].is_string() && after.json["previous_expiration_date"].is_null());
    let still = server.admin().await.with("if-match", before.header("etag"));
    assert_eq!(still.act(&path(&token, "activate")).await.status, StatusCode::OK, "nobody has changed it");
}
