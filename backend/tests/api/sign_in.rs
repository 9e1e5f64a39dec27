//! `POST /auth/login`.

use axum::http::StatusCode;
use futures_util::future::join_all;
use latchkey::{
    accounts::{
        sign_in_address,
        user_add::{self, NewUser},
    },
    catalogue::Catalogue,
    store::NewEvent,
};
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::json;

use crate::harness::{ADMIN, ALL, Database, INTEGRATIONS, PARTNERS, PASSWORD, Postgres, Server, Sqlite, new_token};

#[rstest]
#[tokio::test]
async fn sign_in_sets_a_session_cookie_200(#[values(Sqlite, Postgres)] database: Database) {
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
    let server = Server::start_with(Sqlite, &flags, Catalogue::built_in().unwrap()).await;
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
async fn every_failed_sign_in_gets_the_same_401(#[values(Sqlite, Postgres)] database: Database) {
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
async fn body_without_password_is_a_400_that_names_it() {
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
async fn session_ends_when_it_is_idle_or_old(#[values(Sqlite, Postgres)] database: Database) {
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

/// Whatever answers with a secret or gives a token more access.
#[rstest]
#[tokio::test]
async fn old_sign_in_may_narrow_and_stop_but_not_create_rotate_or_widen_403(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start_with(database, &["--recent-sign-in", "60"], Catalogue::built_in().unwrap()).await;
    let admin = server.admin().await;
    let end = server.clock.now().plus(30 * 86_400);
    let mut new = new_token("Key", &[INTEGRATIONS, PARTNERS]);
    new["expiration_date"] = json!(end);
    new["not_before"] = json!(server.clock.now());
    new["calls_per_minute"] = json!(10);
    new["allowed_addresses"] = json!(["192.0.2.0/24"]);
    let token =
        admin.with("idempotency-key", "once").post("/auth/tokens", new.clone()).await.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    server.clock.advance(61);
    admin.post("/auth/tokens", new_token("Late", &[])).await.refused(403, "AUTH_004");
    admin.with("idempotency-key", "once").post("/auth/tokens", new).await.refused(403, "AUTH_004");
    for action in ["rotate", "renew", "reveal"] {
        admin.act(&format!("{path}/{action}")).await.refused(403, "AUTH_004");
    }
    let module = |id: &str| json!({ "object": { "id": id } });
    admin.post(&format!("{path}/permissions"), module(ALL)).await.refused(403, "AUTH_004");
    let modules = |ids: &[&str]| json!({ "permissions": ids.iter().map(|id| module(id)).collect::<Vec<_>>() });
    for wider in [
        modules(&[INTEGRATIONS, PARTNERS, "MD-0003"]),
        json!({ "expiration_date": end.plus(1) }),
        json!({ "expiration_date": null }),
        json!({ "not_before": null }),
        json!({ "calls_per_minute": 11 }),
        json!({ "calls_per_minute": null }),
        json!({ "allowed_addresses": null }),
        json!({ "allowed_addresses": ["192.0.2.0/24", "203.0.113.7"] }),
    ] {
        admin.put(&path, wider).await.refused(403, "AUTH_004");
    }
    assert_eq!(admin.get(&path).await.revision(), "1");
    for narrower in [
        json!({ "name": "Renamed" }),
        modules(&[PARTNERS]),
        json!({ "expiration_date": end.plus(-1) }),
        json!({ "calls_per_minute": 9 }),
        json!({ "allowed_addresses": ["192.0.2.0/25"] }),
    ] {
        admin.put(&path, narrower).await.expect(StatusCode::OK);
    }
    admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
    admin.act(&format!("{path}/activate")).await.refused(403, "AUTH_004");
    // A key is shown with each request, and the password given again makes the sign-in recent.
    assert_eq!(server.admin().await.act(&format!("{path}/rotate")).await.status, StatusCode::OK);
    assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
}

#[rstest]
#[tokio::test]
async fn wrong_passwords_from_elsewhere_do_not_keep_a_user_out(#[values(Sqlite, Postgres)] database: Database) {
    let flags = ["--trusted-proxies", "192.0.2.7"];
    let server = Server::start_with(database, &flags, Catalogue::built_in().unwrap()).await;
    let attempt = async |address: &str, password: &str| {
        let client = server.anonymous().with("x-forwarded-for", address);
        client.post("/auth/login", json!({ "email": ADMIN, "password": password })).await.status.as_u16()
    };
    assert_eq!(attempt("203.0.113.1", PASSWORD).await, 200);
    for _ in 0..10 {
        assert_eq!(attempt("198.51.100.1", "wrong horse battery").await, 401);
    }
    assert_eq!(attempt("198.51.100.1", PASSWORD).await, 429);
    assert_eq!(attempt("203.0.113.2", PASSWORD).await, 200, "a network that has never been seen");
    // A hundred networks together bind all networks but those from which this user has signed in.
    for number in 0..100 {
        attempt(&format!("198.51.100.{number}"), "wrong horse battery").await;
    }
    assert_eq!(attempt("203.0.113.3", PASSWORD).await, 429);
    assert_eq!(attempt("203.0.113.1", PASSWORD).await, 200);
    // Days of this leave a trail of failures.
    let user = server.app.store.user_by_email(ADMIN).await.unwrap().unwrap();
    let tx = server.app.store.begin().await.unwrap();
    for _ in 0..300 {
        tx.record(NewEvent {
            account_id: user.account_id.clone(),
            at: 0,
            actor_id: String::new(),
            actor_name: "Unknown".to_owned(),
            action: "user.sign_in_failed",
            object_id: user.id.clone(),
            object_name: user.name.clone(),
            address: "198.51.100.1".to_owned(),
            request_id: String::new(),
            details: "{}".to_owned(),
        })
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(attempt("203.0.113.1", PASSWORD).await, 200);
}

/// More attempts than the queue holds. One that is refused for that is no failure.
#[tokio::test]
async fn flood_of_sign_ins_keeps_no_user_out_of_a_known_network_and_counts_for_nobody() {
    let server = Server::start_with(Sqlite, &["--trusted-proxies", "192.0.2.7"], Catalogue::built_in().unwrap()).await;
    let attempt = async |email: &str, address: &str, password: &str| {
        let client = server.anonymous().with("x-forwarded-for", address);
        client.post("/auth/login", json!({ "email": email, "password": password })).await.status.as_u16()
    };
    assert_eq!(attempt(ADMIN, "203.0.113.1", PASSWORD).await, 200);
    let strangers = (0..60).map(async |number| {
        attempt(&format!("{number}@example.com"), &format!("198.51.100.{number}"), "wrong horse battery").await
    });
    let elsewhere = (0..12).map(async |_| attempt(ADMIN, "203.0.113.2", PASSWORD).await);
    let known = (0..3).map(async |_| attempt(ADMIN, "203.0.113.1", PASSWORD).await);
    let (strangers, elsewhere, known) = tokio::join!(join_all(strangers), join_all(elsewhere), join_all(known));
    assert!(strangers.contains(&401) && strangers.contains(&429), "{strangers:?}");
    assert!(elsewhere.contains(&429), "{elsewhere:?}");
    assert_eq!(known, [200; 3]);
    assert_eq!(attempt(ADMIN, "203.0.113.2", PASSWORD).await, 200);
}

#[rstest]
#[tokio::test]
async fn failed_sign_in_is_an_event_of_the_users_account(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    for email in [ADMIN, "nobody@example.com"] {
        let body = json!({ "email": email, "password": "wrong horse battery" });
        server.anonymous().post("/auth/login", body).await.refused(401, "AUTH_002");
    }
    // Written beside the answer.
    let begun = std::time::Instant::now();
    while server.trail().await.is_empty() && begun.elapsed().as_secs() < 10 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(server.trail().await, ["Unknown user.sign_in_failed Administrator"]);
}

#[tokio::test]
async fn address_is_found_in_the_form_that_a_browser_sends() {
    let server = Server::start(Sqlite).await;
    let account = server.app.store.first_account().await.unwrap().unwrap();
    let new = NewUser {
        email: sign_in_address("J\u{f6}rg@B\u{fc}cher.example").unwrap(),
        name: "J\u{f6}rg".to_owned(),
        role: Role::Member,
        password: PASSWORD.to_owned(),
    };
    let tx = server.app.store.begin().await.unwrap();
    user_add::add(&tx, &server.app.clock, &server.app.rng, &account.id, new).await.unwrap();
    tx.commit().await.unwrap();
    for email in ["j\u{f6}rg@xn--bcher-kva.example", "jo\u{308}rg@b\u{fc}cher.example"] {
        let body = json!({ "email": email, "password": PASSWORD });
        server.anonymous().post("/auth/login", body).await.expect(StatusCode::OK);
    }
}

/// As behind a proxy that names its upstream, or its own name without the port.
#[tokio::test]
async fn origin_that_equals_the_public_url_is_this_site_whatever_the_host() {
    let flags = ["--public-url", "http://Keys.Example.com:80/"];
    let server = Server::start_with(Sqlite, &flags, Catalogue::built_in().unwrap()).await;
    let status = async |host: &str, origin: &str| {
        let client = server.anonymous().with("host", host).with("origin", origin);
        client.post("/auth/login", json!({ "email": ADMIN, "password": PASSWORD })).await.status.as_u16()
    };
    for host in ["latchkey", "127.0.0.1:8080", "keys.example.com", "KEYS.example.com:80"] {
        assert_eq!(status(host, "http://keys.example.com").await, 200, "{host}");
    }
    for origin in
        ["http://keys.example.com:8080", "https://keys.example.com.evil.example", "http://evil.example", "null"]
    {
        assert_eq!(status("latchkey", origin).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn host_is_compared_without_case_and_default_port() {
    let server = Server::start(Sqlite).await;
    for (host, origin, expected) in [
        ("keys.example:443", "https://keys.example", 200),
        ("keys.example:80", "http://keys.example", 200),
        ("LOCALHOST:18080", "http://localhost:18080", 200),
        ("keys.example:8443", "https://keys.example", 403),
        ("keys.example", "https://keys.example.evil", 403),
    ] {
        let client = server.anonymous().with("host", host).with("origin", origin);
        let answer = client.post("/auth/login", json!({ "email": ADMIN, "password": PASSWORD })).await;
        assert_eq!(answer.status.as_u16(), expected, "{host} {origin}");
    }
}

#[tokio::test]
async fn cookie_of_another_program_with_any_bytes_does_not_hide_the_session() {
    let server = Server::start(Sqlite).await;
    let answer = server.anonymous().post("/auth/login", json!({ "email": ADMIN, "password": PASSWORD })).await;
    let session = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    for cookies in [format!("other=gr\u{fc}n; {session}"), format!("a=\u{1f511}; b; =; {session}; c=\u{e9}")] {
        let client = server.anonymous().with("cookie", &cookies);
        assert_eq!(client.get("/auth/context").await.status, StatusCode::OK, "{cookies}");
    }
}
