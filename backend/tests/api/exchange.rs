//! `POST /auth/tokens {"handle": …}`, as the Zapier app sends it.

use axum::http::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Database, Postgres, Server, Sqlite, ZAPIER};

async fn zapier(server: &Server) -> Value {
    let body = json!({ "name": "Zapier", "extension": { "id": ZAPIER } });
    server.admin().await.post("/auth/tokens", body).await.expect(StatusCode::CREATED)
}

#[rstest]
#[tokio::test]
async fn exchange_returns_the_key_and_records_an_event(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let token = zapier(&server).await;
    let partner = server.key(&server.stranger().await.create("Partner", &[]).await);
    for pasted in ["{}", "{}@https://keys.example.com/public/v1/"] {
        let handle = pasted.replace("{}", token["handle"].as_str().unwrap());
        let traded = partner.post("/auth/tokens", json!({ "handle": handle })).await.expect(StatusCode::OK);
        assert_eq!((&traded["id"], &traded["token"]), (&token["id"], &token["token"]));
        let accounts = server.key(&traded).get("/accounts").await.expect(StatusCode::OK);
        assert_eq!(accounts[0]["id"], token["owner"]["id"]);
        assert_eq!(traded["owner"], token["owner"]);
    }
    assert_eq!(server.trail().await.last().unwrap(), "Partner token.handle_exchanged Zapier");
}

#[tokio::test]
async fn invalid_handle_is_refused_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = zapier(&server).await;
    let custom = admin.create("Custom", &[]).await;
    let partner = server.key(&server.stranger().await.create("Partner", &[]).await);
    let refused =
        async |handle: &str| partner.post("/auth/tokens", json!({ "handle": handle })).await.refused(400, "VAL_001");
    for handle in ["", "x", &"0".repeat(40), token["token"].as_str().unwrap(), custom["handle"].as_str().unwrap()] {
        assert_eq!(refused(handle).await, "handle: is not the handle of a token that can be used");
    }
    let handle = token["handle"].as_str().unwrap();
    admin.act(&format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap())).await.expect(StatusCode::OK);
    refused(handle).await;
    admin.delete(&format!("/auth/tokens/{}", token["id"].as_str().unwrap())).await;
    refused(handle).await;
}

#[tokio::test]
async fn only_a_key_exchanges_a_handle() {
    let server = Server::start(Sqlite).await;
    let body = json!({ "handle": zapier(&server).await["handle"] });
    server.anonymous().post("/auth/tokens", body.clone()).await.refused(401, "AUTH_001");
    server.admin().await.post("/auth/tokens", body).await.refused(403, "AUTH_003");
}

#[rstest]
#[tokio::test]
async fn rotate_replaces_the_handle_and_the_old_one_is_refused_400(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = zapier(&server).await;
    let partner = server.key(&server.stranger().await.create("Partner", &[]).await);
    let rotate = format!("/auth/tokens/{}/rotate", token["id"].as_str().unwrap());
    let rotated = admin.post(&rotate, json!({ "overlap": 3600 })).await.expect(StatusCode::OK);
    partner.post("/auth/tokens", json!({ "handle": token["handle"] })).await.refused(400, "VAL_001");
    let traded = partner.post("/auth/tokens", json!({ "handle": rotated["handle"] })).await.expect(StatusCode::OK);
    assert_eq!(traded["token"], rotated["token"]);
    // Renewing leaves the old secret alone, and so it does with the handle.
    let renewed = admin.act(&rotate.replace("rotate", "renew")).await;
    assert_eq!(renewed.json.get("handle"), None);
    // A token that is used by its key has no handle that anybody could have traded.
    let custom = admin.create("Custom", &[]).await;
    let rotated = admin.act(&format!("/auth/tokens/{}/rotate", custom["id"].as_str().unwrap())).await;
    assert_eq!(rotated.json.get("handle"), None);
}

#[tokio::test]
async fn exchanges_of_one_key_are_limited_429() {
    let server = Server::start(Sqlite).await;
    let strangers = server.stranger().await;
    let [one, other] = [strangers.create("One", &[]).await, strangers.create("Other", &[]).await];
    let guess = json!({ "handle": "0".repeat(40) });
    let one = server.key(&one);
    let statuses = async |count| {
        let mut statuses = Vec::new();
        for _ in 0..count {
            statuses.push(one.post("/auth/tokens", guess.clone()).await.status.as_u16());
        }
        statuses
    };
    assert_eq!(statuses(60).await, [400; 60]);
    assert!(statuses(30).await.contains(&429));
    server.key(&other).post("/auth/tokens", guess.clone()).await.refused(400, "VAL_001");
}
