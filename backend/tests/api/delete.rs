//! `DELETE /auth/tokens/{id}`.

use axum::http::StatusCode;
use rstest::rstest;

use crate::harness::{Database, PARTNERS, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn no_content_204_erases_the_secret_and_keeps_the_name(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let id = token["id"].as_str().unwrap();
    let path = format!("/auth/tokens/{id}");
    assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
    server.key(&token).get("/agreements").await.refused(401, "AUTH_001");
    let tombstone = admin.get(&path).await.expect(StatusCode::OK);
    assert_eq!((tombstone["status"].as_str(), tombstone["name"].as_str()), (Some("deleted"), Some("Key")));
    admin.act(&format!("{path}/reveal")).await.refused(409, "CON_002");
    let row = server.row(id).await;
    assert_eq!((row.token.sealed, row.token.digest), (None, vec![0; 32]));
    assert_eq!(server.trail().await[2], "Administrator token.deleted Key");
}
