//! What every answer carries, and how the console's files are served.

use axum::http::StatusCode;

use crate::harness::{Server, Sqlite};

#[tokio::test]
async fn every_answer_has_security_headers() {
    let server = Server::start(Sqlite).await;
    for path in ["/public/v1/accounts", "/public/v1/nothing", "/healthz", "/readyz", "/nothing.js"] {
        let answer = server.anonymous().get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(answer.header("x-request-id").len(), 16);
    }
}

#[tokio::test]
async fn answers_of_the_api_are_not_stored() {
    let server = Server::start(Sqlite).await;
    assert_eq!(server.anonymous().get("/accounts").await.header("cache-control"), "no-store");
    assert_eq!(server.admin().await.get("/auth/context").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn no_other_site_may_read_answers() {
    let server = Server::start(Sqlite).await;
    let answer = server.admin().await.with("origin", "https://evil.example").get("/auth/context").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "", "no CORS: the browser keeps the answer from the page");
}
