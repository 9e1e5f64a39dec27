//! `ETag`, `If-None-Match`, `HEAD`, `OPTIONS` and `Connect-Version`.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use rstest::rstest;

use crate::harness::{ALL, Server, Sqlite};

#[rstest]
#[case::collection("/agreements/AGD-100-000-001")]
#[case::catalogue("/modules/MD-0002")]
#[case::token("")]
#[tokio::test]
async fn current_etag_gets_304_without_body(#[case] path: &str) {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[ALL]).await;
    let own = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let path = if path.is_empty() { own.as_str() } else { path };
    let answer = admin.get(path).await;
    let tag = answer.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 3, "{tag}");
    answer.expect(StatusCode::OK);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = admin.with("if-none-match", &known).get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(answer.header("etag"), tag);
    }
    assert_eq!(admin.with("if-none-match", "\"x\"").get(path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn status_that_the_clock_changes_changes_the_etag() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = crate::harness::new_token("Key", &[]);
    body["expiration_date"] = serde_json::json!(server.clock.now().plus(14 * 86_400 + 1));
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let tag = admin.get(&path).await.header("etag").to_owned();
    server.clock.advance(2);
    let again = admin.with("if-none-match", &tag).get(&path).await.expect(StatusCode::OK);
    assert_eq!(again["status"], "expiring");
    let renamed = admin.with("if-match", &tag).put(&path, serde_json::json!({ "name": "New" })).await;
    assert_eq!(renamed.status, StatusCode::OK, "nobody has changed it");
}

/// As a proxy that compresses makes it.
#[tokio::test]
async fn weak_tag_of_the_current_revision_is_no_412_and_of_an_older_one_is() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[ALL]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let tag = admin.get(&path).await.header("etag").to_owned();
    let weak = admin.with("if-match", &format!("W/{tag}"));
    assert_eq!(weak.put(&path, serde_json::json!({ "name": "New" })).await.status, StatusCode::OK);
    weak.put(&path, serde_json::json!({ "name": "Newer" })).await.refused(412, "CON_001");
}

#[tokio::test]
async fn head_is_get_without_its_body_and_options_tells_the_methods() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let head = admin.send(Method::HEAD, "/agreements?limit=3", Body::empty()).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header("content-range"), "items 0-2/42");
    for (path, allowed) in [
        ("/auth/tokens", "GET, POST, HEAD, OPTIONS"),
        ("/auth/tokens/SU-000-000-000/rotate", "POST, OPTIONS"),
        ("/agreements/x", "GET, HEAD, OPTIONS"),
    ] {
        let answer = server.anonymous().send(Method::OPTIONS, path, Body::empty()).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::NO_CONTENT, allowed), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "no other site may call");
    }
}

#[tokio::test]
async fn every_answer_tells_its_version() {
    let server = Server::start(Sqlite).await;
    for path in ["/accounts", "/nothing"] {
        assert_eq!(server.anonymous().get(path).await.header("connect-version"), env!("CARGO_PKG_VERSION"), "{path}");
    }
}
