//! Rules on a token: allowed addresses, calls a minute, not before.

use axum::http::StatusCode;
use latchkey::catalogue::Catalogue;
use latchkey_shared::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Client, Database, PARTNERS, Postgres, Server, Sqlite, new_token};

fn with_rules(rules: &Value) -> Value {
    let mut body = new_token("Key", &[PARTNERS]);
    body.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
    body
}

async fn status(key: &Client<'_>) -> u16 {
    let client = key.with("x-forwarded-method", "GET").with("x-forwarded-uri", "/agreements");
    client.get("/gateway/check").await.status.as_u16()
}

#[rstest]
#[tokio::test]
async fn rules_are_kept_shown_changed_and_cleared(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let begin = server.clock.now().plus(3600).to_string();
    let rules = json!({
        "not_before": begin, "allowed_addresses": ["2001:db8::/32", "192.0.2.7"], "calls_per_minute": 60
    });
    let token = admin.post("/auth/tokens", with_rules(&rules)).await.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let shown = admin.get(&path).await.expect(StatusCode::OK);
    assert_eq!(shown["not_before"], begin);
    assert_eq!(shown["allowed_addresses"], json!(["192.0.2.7", "2001:db8::/32"]));
    assert_eq!(shown["calls_per_minute"], 60);
    let changed = admin.put(&path, json!({ "calls_per_minute": 5 })).await.expect(StatusCode::OK);
    assert_eq!((&changed["calls_per_minute"], &changed["not_before"]), (&json!(5), &json!(begin)));
    let cleared = json!({ "not_before": null, "allowed_addresses": null, "calls_per_minute": null });
    let cleared = admin.put(&path, cleared).await.expect(StatusCode::OK);
    assert_eq!(cleared["allowed_addresses"], json!([]));
    assert_eq!((&cleared["not_before"], &cleared["calls_per_minute"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn rule_that_is_wrong_is_named_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let rules = json!({
        "not_before": "soon", "allowed_addresses": ["192.0.2.7/24"], "calls_per_minute": 0
    });
    let error = admin.post("/auth/tokens", with_rules(&rules)).await.refused(400, "VAL_001");
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(error.contains("allowed_addresses: \"192.0.2.7/24\"") && error.contains("192.0.2.0/24 is the network"));
    let begin = server.clock.now().plus(7200).to_string();
    let end = server.clock.now().plus(3600).to_string();
    let rules = json!({ "not_before": begin, "expiration_date": end });
    let error = admin.post("/auth/tokens", with_rules(&rules)).await.refused(400, "VAL_001");
    assert_eq!(error, "not_before: must be before expiration_date");
    let token = admin.create("Key", &[]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    admin.put(&path, rules).await.refused(400, "VAL_001");
}

#[tokio::test]
async fn key_works_from_its_beginning_on() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let begin = server.clock.now().plus(3600);
    let rules = json!({ "not_before": begin });
    let token = admin.post("/auth/tokens", with_rules(&rules)).await.expect(StatusCode::CREATED);
    let key = server.key(&token);
    assert_eq!(status(&key).await, 401);
    key.get("/agreements").await.refused(401, "AUTH_001");
    server.clock.advance(3599);
    assert_eq!(status(&key).await, 401);
    server.clock.advance(1);
    assert_eq!(status(&key).await, 200);
    assert_eq!(Timestamp::from_unix(begin.unix()), server.clock.now());
}

#[tokio::test]
async fn key_works_from_its_addresses_alone() {
    let flags = ["--trusted-proxies", "192.0.2.7,10.0.0.0/8"];
    let server = Server::start_with(Sqlite, &flags, Catalogue::built_in().unwrap()).await;
    let admin = server.admin().await;
    let rules = json!({ "allowed_addresses": ["203.0.113.0/24", "2001:db8::/32"] });
    let token = admin.post("/auth/tokens", with_rules(&rules)).await.expect(StatusCode::CREATED);
    // The tests' peer, 192.0.2.7, is one of the proxies.
    let from = |forwarded: &str| server.key(&token).with("x-forwarded-for", forwarded);
    for (forwarded, expected) in [
        ("203.0.113.9", 200),
        ("198.51.100.1, 203.0.113.9", 200),
        ("198.51.100.1, 203.0.113.9, 10.0.0.1", 200),
        ("2001:db8:ffff::1", 200),
        ("203.0.114.9", 403),
        ("203.0.113.9, 198.51.100.1", 403),
        ("unknown", 403),
    ] {
        assert_eq!(status(&from(forwarded)).await, expected, "{forwarded}");
    }
    let error = from("198.51.100.1").get("/agreements").await.refused(403, "AUTH_006");
    assert_eq!(error, "This key may not be used from 198.51.100.1.");
    assert_eq!(status(&server.key(&token)).await, 403, "the proxy itself is not a client");
}

#[tokio::test]
async fn untrusted_peer_cannot_choose_its_address() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let rules = json!({ "allowed_addresses": ["203.0.113.9"] });
    let token = admin.post("/auth/tokens", with_rules(&rules)).await.expect(StatusCode::CREATED);
    let spoofed = server.key(&token).with("x-forwarded-for", "203.0.113.9");
    let error = spoofed.get("/agreements").await.refused(403, "AUTH_006");
    assert_eq!(error, "This key may not be used from 192.0.2.7.");
}

#[tokio::test]
async fn calls_beyond_the_limit_are_429_everywhere_and_a_change_gives_no_new_ones() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.post("/auth/tokens", with_rules(&json!({ "calls_per_minute": 3 }))).await;
    let token = token.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let key = server.key(&token);
    let first = key.get("/agreements").await;
    assert_eq!(first.header("ratelimit-policy"), "\"minute\";q=3;w=60");
    assert_eq!(first.header("ratelimit"), "\"minute\";r=2");
    assert_eq!(status(&key).await, 200);
    assert_eq!(key.get("/requests").await.status, StatusCode::FORBIDDEN, "a refused call counts, too");
    let over = key.get("/agreements").await;
    let error = over.refused(429, "THR_001");
    let seconds: u64 = over.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&seconds) && error.contains(&format!("{seconds} seconds")), "{error}");
    assert_eq!(over.header("ratelimit"), format!("\"minute\";r=0;t={seconds}"));
    admin.put(&path, json!({ "name": "Other" })).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 429);
    admin.put(&path, json!({ "calls_per_minute": 10 })).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 200, "another limit begins anew");
}

/// A program that puts a list together, which comes out empty.
#[rstest]
#[tokio::test]
async fn empty_list_of_addresses_does_not_open_a_restricted_key_400(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut body = new_token("Key", &[PARTNERS]);
    body["allowed_addresses"] = json!([]);
    let error = admin.post("/auth/tokens", body.clone()).await.refused(400, "VAL_001");
    assert_eq!(error, "allowed_addresses: must have an address or a network; null lifts the restriction");
    body["allowed_addresses"] = json!(["203.0.113.0/24"]);
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    admin.put(&path, json!({ "allowed_addresses": [] })).await.refused(400, "VAL_001");
    assert_eq!(admin.get(&path).await.json["allowed_addresses"], json!(["203.0.113.0/24"]));
    let freed = admin.put(&path, json!({ "allowed_addresses": null })).await.expect(StatusCode::OK);
    assert_eq!(freed["allowed_addresses"], json!([]));
}
