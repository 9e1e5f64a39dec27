//! `GET /auth/tokens/{id}`.

use axum::http::StatusCode;
use rstest::rstest;

use crate::harness::{ALL, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn details_hold_no_secret_200(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let created = admin.create("Key", &[PARTNERS, ALL]).await;
    let path = format!("/auth/tokens/{}", created["id"].as_str().unwrap());
    let answer = admin.get(&path).await;
    assert_eq!(answer.revision(), "1");
    for secret in ["token", "handle"] {
        assert!(!answer.body.contains(created[secret].as_str().unwrap()));
    }
    let token = answer.expect(StatusCode::OK);
    assert_eq!(token["permissions"][0]["object"]["name"], "All");
    assert!(token.get("token").is_none() && token.get("handle").is_none());
}

#[rstest]
#[tokio::test]
async fn token_of_another_account_is_404(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let created = admin.create("Key", &[ALL]).await;
    let id = created["id"].as_str().unwrap();
    let stranger = server.stranger().await;
    let answer = stranger.get(&format!("/auth/tokens/{id}")).await;
    assert_eq!(answer.refused(404, "NFND_000"), format!("Object `{id}` not found."));
    admin.get("/auth/tokens/SU-000-000-000").await.refused(404, "NFND_000");
    admin.get("/auth/tokens/%27%20OR%201=1").await.refused(404, "NFND_000");
}

#[tokio::test]
async fn key_needs_integrations_403() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let answer = server.key(&token).get(&path).await;
    let text = answer.refused(403, "AUTH_003");
    assert!(text.contains("Integrations (MD-0007)") && text.contains("/permissions"), "{text}");
    assert_eq!(answer.header("www-authenticate"), "ApiKey error=\"insufficient_scope\", scope=\"MD-0007\"");
    let manager = server.key(&admin.create("Manager", &[INTEGRATIONS]).await);
    assert_eq!(manager.get(&path).await.status, StatusCode::OK);
}
