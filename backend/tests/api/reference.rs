//! The API document and its page.

use axum::http::StatusCode;
use latchkey::catalogue::Catalogue;

use crate::harness::{Server, Sqlite};

#[tokio::test]
async fn openapi_document_is_public_and_describes_every_route() {
    let server = Server::start(Sqlite).await;
    let document = server.anonymous().get("/openapi.json").await.expect(StatusCode::OK);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "/public/v1");
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["key", "session"]);
    assert!(document["paths"]["/agreements"]["get"]["responses"]["200"]["content"].is_object());
    let bare = Server::start_with(Sqlite, &["--no-examples"], Catalogue::built_in().unwrap()).await;
    let document = bare.anonymous().get("/openapi.json").await.expect(StatusCode::OK);
    assert!(document["paths"]["/agreements"].is_null());
}

#[tokio::test]
async fn page_has_a_policy_of_its_own_and_only_its_own_files() {
    let server = Server::start(Sqlite).await;
    let page = server.anonymous().get("/api-reference").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';") && policy.contains("style-src 'self' 'unsafe-inline'"), "{policy}");
    for file in page.body.split("/api-reference/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(server.anonymous().get(&format!("/api-reference/{file}")).await.status, StatusCode::OK, "{file}");
    }
    for file in ["index.html", "swagger-initializer.js", "nothing"] {
        assert_eq!(server.anonymous().get(&format!("/api-reference/{file}")).await.status, StatusCode::NOT_FOUND);
    }
    assert!(!server.anonymous().get("/nothing.js").await.header("content-security-policy").contains("unsafe-inline"));
}
