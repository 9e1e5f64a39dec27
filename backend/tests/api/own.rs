//! `/auth/tokens/self`: what a key may know and do about itself.

use axum::http::StatusCode;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite};

#[tokio::test]
async fn key_reads_its_own_token_whatever_its_modules() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let own = server.key(&token).get("/auth/tokens/self").await.expect(StatusCode::OK);
    assert_eq!((&own["id"], &own["name"]), (&token["id"], &json!("Key")));
    assert!(own.get("token").is_none() && own.get("handle").is_none(), "never the secret");
    admin.get("/auth/tokens/self").await.refused(403, "AUTH_003");
}

#[rstest]
#[tokio::test]
async fn key_rotates_itself_where_it_was_handed_over_with_the_right_to(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}/hand_over", token["id"].as_str().unwrap());
    let rotate = async |token: &serde_json::Value, body| server.key(token).post("/auth/tokens/self/rotate", body).await;
    rotate(&token, json!({})).await.refused(403, "AUTH_003");
    // A link that nobody has taken gives no right yet.
    let link = admin.post(&path, json!({ "may_rotate": true })).await.expect(StatusCode::CREATED);
    rotate(&token, json!({})).await.refused(403, "AUTH_003");
    let secret = json!({ "secret": link["secret"] });
    server.anonymous().post("/auth/hand_over/take", secret).await.expect(StatusCode::OK);
    let longer =
        rotate(&token, json!({ "expiration_date": "2040-01-31T00:00:00+00:00" })).await.refused(400, "VAL_001");
    assert!(longer.starts_with("expiration_date: is not for a key to set"), "{longer}");
    let replaced = rotate(&token, json!({ "overlap": 3600 })).await.expect(StatusCode::OK);
    assert_ne!(replaced["token"], token["token"]);
    for key in [&token, &json!({ "id": token["id"], "token": replaced["token"] })] {
        server.key(key).get("/auth/tokens/self").await.expect(StatusCode::OK);
    }
    // The old key works for a while, and may not take the token over.
    rotate(&token, json!({})).await.refused(403, "AUTH_003");
    server.key(&token).get("/auth/tokens/self").await.expect(StatusCode::OK);
    // The right ends with the link.
    admin.delete(&path).await;
    let token = json!({ "id": token["id"], "token": replaced["token"] });
    rotate(&token, json!({})).await.refused(403, "AUTH_003");
    assert!(server.trail().await.contains(&"Key token.rotated Key".to_owned()));
    let manager = admin.create("Manager", &[INTEGRATIONS]).await;
    rotate(&manager, json!({ "overlap": 60 })).await.expect(StatusCode::OK);
    for path in ["self", manager["id"].as_str().unwrap()] {
        server.key(&manager).act(&format!("/auth/tokens/{path}/rotate")).await.refused(403, "AUTH_003");
    }
}
