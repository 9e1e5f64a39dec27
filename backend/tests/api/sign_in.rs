//! `POST /auth/login`.

use axum::http::StatusCode;
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::json;

use crate::harness::{ADMIN, Database, PASSWORD, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn ok_200(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let body = json!({ "email": " ADMIN@Example.com ", "password": PASSWORD });
    let answer = server.anonymous().post("/auth/login", body).await;
    let cookie = answer.header("set-cookie").to_owned();
    let context = answer.expect(StatusCode::OK);
    assert_eq!(context["user"]["email"], ADMIN);
    assert_eq!(context["user"]["role"], "admin");
    assert_eq!(context["account"]["type"], "vendor");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this server is not behind TLS");
    assert_eq!(server.trail().await, ["Administrator user.signed_in Administrator"]);
}

#[rstest]
#[tokio::test]
async fn cookies_are_secure_behind_tls() {
    let flags = ["--public-url", "https://keys.example.com"];
    let server = Server::start_with(Sqlite, &flags, latchkey::catalogue::Catalogue::built_in().unwrap()).await;
    let answer = server.anonymous().post("/auth/login", json!({ "email": ADMIN, "password": PASSWORD })).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-latchkey=") && cookie.contains("Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").contains("max-age"));
    // A neighbouring host can set a cookie without the prefix: it neither signs in nor locks out.
    let session = cookie.split(';').next().unwrap();
    let plain = session.trim_start_matches("__Host-");
    let with = |cookies: &str| server.anonymous().with("cookie", cookies);
    with(plain).get("/auth/context").await.refused(401, "AUTH_001");
    assert_eq!(with(&format!("latchkey=x; {session}")).get("/auth/context").await.status, StatusCode::OK);
}

#[rstest]
#[tokio::test]
async fn every_failure_is_the_same_401(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let attempts = [
        json!({ "email": ADMIN, "password": "wrong horse battery" }),
        json!({ "email": "nobody@example.com", "password": PASSWORD }),
        json!({ "email": "", "password": "" }),
        json!({ "email": ADMIN, "password": "x".repeat(5000) }),
    ];
    for attempt in attempts {
        let answer = server.anonymous().post("/auth/login", attempt).await;
        assert_eq!(answer.refused(401, "AUTH_002"), "E-mail address or password is wrong.");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn a_body_without_password_is_a_400_that_names_it() {
    let server = Server::start(Sqlite).await;
    let answer = server.anonymous().post("/auth/login", json!({ "email": ADMIN })).await;
    assert!(answer.refused(400, "VAL_001").contains("password"));
}

#[tokio::test]
async fn too_many_attempts_are_429_with_the_time_to_wait_even_with_the_right_password() {
    let server = Server::start(Sqlite).await;
    for _ in 0..10 {
        let body = json!({ "email": ADMIN, "password": "wrong horse battery" });
        server.anonymous().post("/auth/login", body).await.refused(401, "AUTH_002");
    }
    let answer = server.anonymous().post("/auth/login", json!({ "email": ADMIN, "password": PASSWORD })).await;
    answer.refused(429, "THR_000");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let server = Server::start(Sqlite).await;
    let first = server.admin().await;
    let answer = first.post("/auth/login", json!({ "email": ADMIN, "password": PASSWORD })).await;
    assert_eq!(answer.status, StatusCode::OK);
    first.get("/auth/context").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in() {
    let server = Server::start(Sqlite).await;
    let body = json!({ "email": ADMIN, "password": PASSWORD });
    let client = server.anonymous().with("sec-fetch-site", "cross-site");
    client.post("/auth/login", body).await.refused(403, "AUTH_005");
}

#[rstest]
#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let idle = server.user(Role::Member).await;
    let busy = server.admin().await;
    for _ in 0..16 {
        server.clock.advance(11 * 3600);
        assert_eq!(busy.get("/auth/context").await.status, StatusCode::OK, "after {}", server.clock.now());
        if server.clock.now().unix() > 1_800_000_000 + 7 * 24 * 3600 - 11 * 3600 {
            break;
        }
    }
    idle.get("/auth/context").await.refused(401, "AUTH_001");
    server.clock.advance(11 * 3600);
    busy.get("/auth/context").await.refused(401, "AUTH_001");
}
