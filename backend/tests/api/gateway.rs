//! `/gateway/…`: what proxies ask, and what they are told.

use std::{
    collections::BTreeSet,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware,
    routing::get,
};
use latchkey::{
    gatekeeper::{
        Credential, Gatekeeper, Target,
        middleware::{record_usage, set_decision},
    },
    http::guard,
};
use latchkey_shared::TokenId;
use rstest::rstest;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::harness::{ALL, Answer, Client, Database, PARTNERS, Postgres, Server, Sqlite, header_value, new_token};

async fn check(client: &Client<'_>, target: &str) -> Answer {
    client.with("x-forwarded-method", "GET").with("x-forwarded-uri", target).get("/gateway/check").await
}

#[rstest]
#[tokio::test]
async fn key_with_the_module_passes_with_identity_headers(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut token = new_token("Caf\u{e9} 100%", &[PARTNERS]);
    token["external_id"] = json!("\u{e9}-7");
    let token = admin.post("/auth/tokens", token).await.expect(StatusCode::CREATED);
    let account = token["owner"]["id"].as_str().unwrap();
    // The second time it is in memory.
    for _ in 0..2 {
        let answer = check(&server.key(&token), "/agreements/AGP-1?limit=1").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
        assert_eq!(answer.header("x-token-id"), token["id"].as_str().unwrap());
        assert_eq!(answer.header("x-token-name"), "Caf%C3%A9 100%25");
        assert_eq!(answer.header("x-token-external-id"), "%C3%A9-7");
        assert_eq!(answer.header("x-token-extension"), "custom");
        assert_eq!(answer.header("x-account-id"), account);
        assert_eq!(answer.header("x-token-modules"), PARTNERS);
    }
    assert_eq!(server.app.gatekeeper.cache.len(), 1);
}

#[tokio::test]
async fn every_door_decides_alike() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let key = server.key(&admin.create("Key", &[PARTNERS]).await);
    let original = |target: &str| key.with("x-original-method", "POST").with("x-original-uri", target);
    assert_eq!(original("/agreements").get("/gateway/check").await.status, StatusCode::OK);
    assert_eq!(original("/agreements").get("/gateway/nginx").await.status, StatusCode::OK);
    assert_eq!(key.get("/gateway/envoy/agreements?x=//").await.status, StatusCode::OK);
    assert_eq!(key.act("/gateway/envoy/agreements").await.status, StatusCode::OK);
    original("/requests").get("/gateway/check").await.refused(403, "AUTH_003");
    key.get("/gateway/envoy/requests").await.refused(403, "AUTH_003");
    key.get("/gateway/envoy").await.refused(400, "VAL_001");
    key.get("/gateway/envoy/").await.refused(403, "AUTH_003");
    key.get("/gateway/check").await.refused(400, "VAL_001");
    key.get("/gateway/nginx").await.refused(403, "VAL_001");
    // A proxy that asks at a wrong address must not take the console's page for a permission.
    for wrong in ["/gateway/", "/gateway/chek", "/gateway/check/x", "/oauth2/", "/gateway"] {
        assert!(!original("/agreements").get(wrong).await.status.is_success(), "{wrong}");
    }
}

#[tokio::test]
async fn every_bad_key_is_the_same_401() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let key = header_value(&token);
    let unknown = {
        let id: TokenId = "SU-000-000-000".parse().unwrap();
        latchkey_shared::key::header_value(&id, &latchkey_shared::Secret::new(&id, &[1; 16]))
    };
    let anonymous = server.anonymous();
    let mut answers = vec![check(&anonymous, "/agreements").await];
    for header in ["", "x", "Bearer x", &key[..key.len() - 1], &key.replace("ApiKey ", ""), &unknown, &unknown] {
        answers.push(check(&anonymous.with("authorization", header), "/agreements").await);
    }
    // Two keys: another program may believe the other one.
    answers.push(check(&server.key(&token).with("authorization", &unknown), "/agreements").await);
    for answer in &answers {
        answer.refused(401, "AUTH_001");
        assert_eq!((answer.body.as_str(), answer.header("www-authenticate")), (answers[0].body.as_str(), "ApiKey"));
        assert!(!answer.headers.contains_key("x-token-id"));
    }
    // A path that means nothing tells a stranger nothing.
    check(&anonymous.with("authorization", &unknown), "/a/../b").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn path_without_one_meaning_is_refused_and_named() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let all = server.key(&admin.create("All", &[ALL]).await);
    let one = server.key(&admin.create("One", &[PARTNERS]).await);
    for (target, reason) in [
        ("/agreements/../auth/tokens", "dot segment"),
        ("/agreements/%2e%2e/auth/tokens", "dot segment"),
        ("/agreements/%c3%A9", "mixes upper and lower case"),
        ("/agreements/%C3%A9/%c3%a9", "mixes upper and lower case"),
        ("/agreements%2f..", "encoded slash"),
        ("/agreements%5c", "character"),
        ("/%2561greements", "encoded slash, percent"),
        ("/agreements/..%3F/auth/tokens", "question mark"),
        ("/agreements./x", "ends with a dot"),
        ("//agreements", "empty segment"),
        ("/agreements;x=1", "matrix"),
        ("/agreements%00", "character"),
        ("http://example.com/agreements", "begin with a slash"),
    ] {
        let error = check(&all, target).await.refused(400, "VAL_001");
        assert!(error.contains(reason), "{target}: {error}");
    }
    check(&all, &format!("/{}", "a".repeat(2048))).await.refused(400, "VAL_001");
    assert_eq!(check(&all, "/anything").await.status, StatusCode::OK);
    for target in ["/%61greements", "/agreements/%C3%A9", "/agreements/%c3%a9", "/agreements/%C3%A9?next=%c3%a9"] {
        assert_eq!(check(&one, target).await.status, StatusCode::OK, "{target}");
    }
    for other in ["/agreementsX", "/Agreements", "/", "/agreements.json", "/v1/agreements"] {
        check(&one, other).await.refused(403, "AUTH_003");
    }
}

#[tokio::test]
async fn missing_module_is_named_with_the_place_where_it_is_granted() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let answer = check(&server.key(&token), "/agreements").await;
    let error = answer.refused(403, "AUTH_003");
    let id = token["id"].as_str().unwrap();
    assert!(error.contains("Partners (MD-0002)") && error.contains(&format!("/integrations/tokens/{id}/permissions")));
    assert_eq!(answer.header("www-authenticate"), "ApiKey error=\"insufficient_scope\", scope=\"MD-0002\"");
}

#[tokio::test]
async fn nginx_gets_401_or_403_and_the_reason_in_headers() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    admin.put(&path, json!({ "calls_per_minute": 3 })).await.expect(StatusCode::OK);
    let ask = async |client: &Client<'_>, target: &str| {
        client.with("x-original-method", "GET").with("x-original-uri", target).get("/gateway/nginx").await
    };
    let meant = |answer: &Answer| -> (u16, String, Value) {
        let body = serde_json::from_str(answer.header("x-latchkey-body")).unwrap();
        (answer.status.as_u16(), answer.header("x-latchkey-status").to_owned(), body)
    };
    let key = server.key(&token);
    let (status, said, body) = meant(&ask(&server.anonymous(), "/agreements").await);
    assert_eq!((status, said.as_str(), body["error_code"].as_str()), (401, "401", Some("AUTH_001")));
    let (status, said, body) = meant(&ask(&key, "/a;b").await);
    assert_eq!((status, said.as_str(), body["error_code"].as_str()), (403, "400", Some("VAL_001")));
    let (status, said, body) = meant(&ask(&key, "/requests").await);
    assert_eq!((status, said.as_str(), body["error_code"].as_str()), (403, "403", Some("AUTH_003")));
    assert_eq!(ask(&key, "/agreements").await.status, StatusCode::OK);
    let answer = ask(&key, "/agreements").await;
    let (status, said, body) = meant(&answer);
    assert_eq!((status, said.as_str(), body["error_code"].as_str()), (403, "429", Some("THR_001")));
    assert!(answer.headers.contains_key("retry-after"));
}

#[rstest]
#[tokio::test]
async fn change_acts_on_the_next_request(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let key = server.key(&token);
    let status = async |key: &Client<'_>| check(key, "/agreements").await.status.as_u16();
    assert_eq!(status(&key).await, 200);
    admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 401);
    admin.act(&format!("{path}/activate")).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 200);
    admin.put(&path, json!({ "permissions": [] })).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 403);
    let grant = json!({ "object": { "id": PARTNERS } });
    admin.post(&format!("{path}/permissions"), grant).await.expect(StatusCode::CREATED);
    assert_eq!(status(&key).await, 200);
    let rotated = admin.act(&format!("{path}/rotate")).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 401);
    let key = server.key(&rotated);
    assert_eq!(status(&key).await, 200);
    let renewed = admin.act(&format!("{path}/renew")).await.expect(StatusCode::OK);
    assert_eq!(status(&key).await, 200, "renewing leaves the old secret alone");
    assert_eq!(status(&server.key(&renewed)).await, 200);
    admin.delete(&path).await;
    assert_eq!(status(&key).await, 401);
    assert_eq!(status(&server.key(&renewed)).await, 401);
}

#[rstest]
#[tokio::test]
async fn change_acts_when_its_client_has_disconnected(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let key = server.key(&token);
    let path = format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap());
    let state = async || server.row(token["id"].as_str().unwrap()).await.token.state;
    let mut polls = 0;
    // Hangs up after one poll more each time, until the change was made.
    while state().await == "active" {
        assert_eq!(check(&key, "/agreements").await.status, StatusCode::OK);
        polls += 1;
        assert!(polls < 1000, "the change was never made");
        let mut request = Box::pin(admin.act(&path));
        for _ in 0..polls {
            let poll = std::future::poll_fn(|context| Poll::Ready(request.as_mut().poll(context)));
            if poll.await.is_ready() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        drop(request);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    check(&key, "/agreements").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn unannounced_change_acts_once_the_cache_is_cleared() {
    let server = Server::start(Sqlite).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let (key, cache) = (server.key(&token), &server.app.gatekeeper.cache);
    let number = TokenId::number_of(token["id"].as_str().unwrap());
    let database = sea_orm::Database::connect(&server.url).await.unwrap();
    assert_eq!(check(&key, "/agreements").await.status, StatusCode::OK);
    for (state, before, after) in [("inactive", 200, 401), ("active", 401, 200)] {
        database.execute_unprepared(&format!("UPDATE tokens SET state = '{state}'")).await.unwrap();
        assert_eq!(check(&key, "/agreements").await.status, before);
        cache.clear();
        assert!(cache.tokens().get(number).is_none());
        assert_eq!(check(&key, "/agreements").await.status, after);
        assert!(cache.tokens().get(number).is_some());
    }
}

#[tokio::test]
async fn unknown_id_is_known_as_soon_as_a_token_has_it() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let keeper = &server.app.gatekeeper;
    let number = TokenId::number_of("SU-123-456-789");
    assert_eq!(keeper.cache.load(number).await.map(|entry| entry.is_some()), Ok(false));
    assert!(keeper.cache.is_unknown(number, server.clock.now()));
    server.clock.advance(11);
    assert!(!keeper.cache.is_unknown(number, server.clock.now()), "for ten seconds only");
    keeper.cache.load(number).await.unwrap();
    let mut row = server.row(token["id"].as_str().unwrap()).await;
    row.token.id = "SU-123-456-789".to_owned();
    row.token.handle_digest = vec![1; 32];
    let tx = server.app.store.begin().await.unwrap();
    tx.insert_token(&row).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!keeper.cache.is_unknown(number, server.clock.now()));
    assert_eq!(keeper.cache.load(number).await.map(|entry| entry.is_some()), Ok(true));
}

#[tokio::test]
async fn key_that_ends_soon_gets_a_sunset_header() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let end = server.clock.now().plus(15 * 24 * 3600).to_string();
    admin.put(&path, json!({ "expiration_date": end })).await.expect(StatusCode::OK);
    let key = server.key(&token);
    assert_eq!(check(&key, "/agreements").await.header("x-token-expires"), "");
    assert_eq!(key.get("/agreements").await.header("x-token-expires"), "");
    server.clock.advance(24 * 3600 + 1);
    assert_eq!(check(&key, "/agreements").await.header("x-token-expires"), end);
    assert_eq!(check(&key, "/requests").await.header("x-token-expires"), end, "also with a 403");
    assert_eq!(key.get("/agreements").await.header("x-token-expires"), end);
    assert_eq!(key.get("/requests").await.header("x-token-expires"), end);
    // Also by what needs no key, and where there is nothing.
    for (method, path, status) in [
        (Method::GET, "/public/v1/openapi.json", StatusCode::OK),
        (Method::OPTIONS, "/public/v1/agreements", StatusCode::NO_CONTENT),
        (Method::GET, "/public/v1/agreement", StatusCode::NOT_FOUND),
        (Method::PATCH, "/public/v1/agreements", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/public/v1/auth/login", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::GET, "/oauth2/introspect", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/healthz", StatusCode::OK),
        (Method::GET, "/integrations/../x", StatusCode::NOT_FOUND),
        (Method::GET, "/gateway/check", StatusCode::BAD_REQUEST),
        (Method::GET, "/gateway/nginx", StatusCode::FORBIDDEN),
        (Method::GET, "/gateway/elsewhere", StatusCode::NOT_FOUND),
        (Method::GET, "/gateway/envoy/a/../b", StatusCode::BAD_REQUEST),
    ] {
        let answer = key.send(method, path, Body::empty()).await;
        assert_eq!(
            (answer.status, answer.header("x-token-expires")),
            (status, end.as_str()),
            "{path}: {}",
            answer.body
        );
    }
    // What is told to one is not kept for others.
    for path in ["/public/v1/openapi.json", "/healthz", "/api-reference/page.css"] {
        let told = key.get(path).await;
        assert_eq!((told.status, told.header("cache-control")), (StatusCode::OK, "no-store"), "{path}");
    }
    let id: TokenId = token["id"].as_str().unwrap().parse().unwrap();
    let forged = latchkey_shared::key::header_value(&id, &latchkey_shared::Secret::new(&id, &[1; 16]));
    let stranger = server.anonymous().with("authorization", &forged).get("/nothing").await;
    assert_eq!((stranger.status, stranger.header("x-token-expires")), (StatusCode::NOT_FOUND, ""));
}

#[tokio::test]
async fn old_secret_gets_its_own_end_in_the_sunset_header() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = new_token("Key", &[PARTNERS]);
    let (old_end, new_end) = (server.clock.now().plus(3 * 86_400), server.clock.now().plus(300 * 86_400));
    body["expiration_date"] = json!(old_end);
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let renew = format!("/auth/tokens/{}/renew", token["id"].as_str().unwrap());
    let renewed = admin.post(&renew, json!({ "expiration_date": new_end })).await.expect(StatusCode::OK);
    let old = check(&server.key(&token), "/agreements").await;
    assert_eq!((old.status, old.header("x-token-expires")), (StatusCode::OK, old_end.to_string().as_str()));
    let new = check(&server.key(&renewed), "/agreements").await;
    assert_eq!((new.status, new.header("x-token-expires")), (StatusCode::OK, ""));
    let resource_server = admin.create("Resource server", &[ALL]).await;
    for (shown, end) in [(&token, old_end), (&renewed, new_end)] {
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("token", &header_value(shown)).finish();
        let caller = server.key(&resource_server).with("content-type", "application/x-www-form-urlencoded");
        let answer = caller.send(Method::POST, "/oauth2/introspect", Body::from(form)).await.expect(StatusCode::OK);
        assert_eq!(answer["exp"], json!(end.unix()));
    }
}

#[tokio::test]
async fn decision_is_recorded_when_the_handler_panics() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = new_token("Key", &[PARTNERS]);
    body["calls_per_minute"] = json!(5);
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let keeper = &server.app.gatekeeper;
    let fails = async |State(keeper): State<Arc<Gatekeeper>>, request: Request| -> StatusCode {
        let decision = keeper.authorize(Credential::Header(request.headers()), Target::Any, None).await;
        set_decision(request.extensions(), decision);
        panic!("as a handler with a fault");
    };
    let router = guard::layer(Router::new().route("/", get(fails)).with_state(Arc::clone(keeper)))
        .layer(middleware::from_fn_with_state(Arc::clone(keeper), record_usage));
    let request = Request::get("/").header("authorization", header_value(&token)).body(Body::empty()).unwrap();
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    // Counted once: had it been decided again for the answer, 3 would be left.
    assert_eq!(answer.headers()["ratelimit"], "\"minute\";r=4");
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn key_that_has_ended_gets_no_headers_about_itself() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = new_token("Key", &[PARTNERS]);
    body["expiration_date"] = json!(server.clock.now().plus(86_400));
    body["calls_per_minute"] = json!(5);
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    assert_ne!(check(&server.key(&token), "/agreements").await.header("x-token-expires"), "");
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
    let dead = check(&server.key(&token), "/agreements").await;
    dead.refused(401, "AUTH_001");
    let wrong = check(&server.anonymous().with("authorization", "ApiKey x"), "/agreements").await;
    assert_eq!((dead.headers, dead.body), (wrong.headers, wrong.body));
}

#[tokio::test]
async fn refusal_names_the_console_when_its_address_is_known() {
    let flags = ["--public-url", "https://keys.example.com"];
    let server = Server::start_with(Sqlite, &flags, latchkey::catalogue::Catalogue::built_in().unwrap()).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    for answer in [check(&server.key(&token), "/requests").await, server.key(&token).get("/requests").await] {
        let error = answer.refused(403, "AUTH_003");
        let place = format!(
            "https://keys.example.com/integrations/tokens/{}/permissions?module=MD-0006",
            token["id"].as_str().unwrap()
        );
        assert!(error.ends_with(&place), "{error}");
    }
}

#[tokio::test]
async fn page_is_for_browsers_alone_and_no_permission() {
    let server = Server::start(Sqlite).await;
    let html = "text/html,application/xhtml+xml,*/*;q=0.8";
    let browser = server.anonymous().with("accept", html);
    for wrong in ["/Gateway/check", "/gatewa", "/latchkey", "/integration", "/check"] {
        // A proxy that asks at a wrong address, with the headers of this browser and without.
        assert_eq!(browser.get(&format!("//beside{wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
        server.anonymous().get(&format!("//beside{wrong}")).await.refused(404, "NFND_000");
    }
    for page in ["/", "/sign-in", "/integrations/tokens"] {
        let path = format!("//beside{page}");
        assert_eq!(browser.get(&path).await.status, StatusCode::OK, "{page}: is the bundle built?");
        let status = if page == "/" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(server.anonymous().get(&path).await.status, status, "{page}");
        assert_eq!(server.anonymous().with("accept", "*/*").get(&path).await.status, status, "{page}");
    }
}

#[tokio::test]
async fn proxy_that_asks_at_the_wrong_path_is_refused_403() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let browser = admin.with("accept", "text/html");
    let paths = ["/", "/integrations/tokens", "/nothing.js", "/healthz", "/readyz", "/api-reference"];
    for path in
        paths.iter().map(|path| format!("//beside{path}")).chain(["/openapi.json", "/auth/tokens"].map(str::to_owned))
    {
        for name in ["x-forwarded-uri", "x-forwarded-method", "x-original-uri", "x-original-url", "x-original-method"] {
            browser.with(name, "/a").get(&path).await.refused(403, "AUTH_007");
        }
    }
}

/// A body of which nothing ever arrives.
struct Never;

impl axum::body::HttpBody for Never {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn gateway_does_not_wait_for_a_body() {
    let server = Server::start(Sqlite).await;
    let key = server.key(&server.admin().await.create("Resource server", &[ALL]).await);
    let key = key.with("content-type", "application/x-www-form-urlencoded");
    let ask = |body| key.send(Method::POST, "/oauth2/introspect", body);
    ask(Body::from("token=x")).await.expect(StatusCode::OK);
    // The key is in memory now, so that nothing but the body is waited for: the clock runs ahead by itself.
    tokio::time::pause();
    ask(Body::new(Never)).await.refused(408, "REQ_004");
}

#[tokio::test]
async fn bytes_in_the_query_do_not_change_the_decision() {
    let server = Server::start(Sqlite).await;
    let key = server.key(&server.admin().await.create("Key", &[PARTNERS]).await);
    let ask = async |path: &str, target: &str| {
        let asked = key.with("x-original-method", "GET").with("x-original-uri", target);
        asked.get(path).await.status
    };
    for path in ["/gateway/check", "/gateway/nginx"] {
        assert_eq!(ask(path, "/agreements?name=gr\u{fc}n&\u{1f511}").await, StatusCode::OK);
        assert!(!ask(path, "/agreements/gr\u{fc}n").await.is_success());
    }
}

/// Several statements read them, of which each takes a part.
#[rstest]
#[tokio::test]
async fn tokens_of_keys_that_are_asked_for_at_once_are_all_read(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut ids: Vec<TokenId> = Vec::new();
    for number in 0..40 {
        let token = admin.create(&format!("Key {number}"), &[PARTNERS]).await;
        ids.push(token["id"].as_str().unwrap().parse().unwrap());
    }
    let unknown: TokenId = "SU-999-999-999".parse().unwrap();
    for wanted in [0, 1, 8, 9, 33, 40] {
        let asked = [&ids[..wanted], std::slice::from_ref(&unknown)].concat();
        let read = server.app.store.load_credentials(&asked).await.unwrap();
        let read: BTreeSet<String> = read.into_iter().map(|row| row.id).collect();
        assert_eq!(read, ids[..wanted].iter().map(ToString::to_string).collect());
    }
}
