//! `/auth/tokens/{id}/permissions`.

use axum::http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{ALL, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, ZAPIER};

fn path(token: &Value) -> String {
    format!("/auth/tokens/{}/permissions", token["id"].as_str().unwrap())
}

fn module(id: &str) -> Value {
    json!({ "object": { "id": id } })
}

#[rstest]
#[tokio::test]
async fn granting_201_and_withdrawing_204_act_on_the_next_call(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let key = server.key(&token);
    let granted = admin.post(&path(&token), module(PARTNERS)).await.expect(StatusCode::CREATED);
    assert_eq!(granted[0]["object"], json!({ "id": PARTNERS, "name": "Partners" }));
    assert_eq!(key.get("/agreements").await.status, StatusCode::OK);
    assert_eq!(admin.post(&path(&token), module(PARTNERS)).await.status, StatusCode::CREATED, "held already");
    let listed = admin.get(&path(&token)).await;
    assert_eq!(listed.header("content-range"), "items 0-0/1");
    let id = listed.json[0]["id"].as_str().unwrap().to_owned();
    let gone = admin.json(Method::DELETE, &path(&token), json!([{ "id": id }])).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    key.get("/agreements").await.refused(403, "AUTH_003");
    assert_eq!(server.trail().await[2..], ["Administrator token.permissions_changed Key"; 2]);
}

#[rstest]
#[tokio::test]
async fn several_at_once_all_or_none(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let both = json!([module(PARTNERS), module("MD-0003")]);
    assert_eq!(admin.post(&path(&token), both.clone()).await.expect(StatusCode::CREATED).as_array().unwrap().len(), 2);
    let one_unknown = json!([module(PARTNERS), module("MD-0004")]);
    admin.json(Method::DELETE, &path(&token), one_unknown).await.refused(404, "NFND_000");
    assert_eq!(admin.get(&path(&token)).await.header("content-range"), "items 0-1/2");
    assert_eq!(admin.json(Method::DELETE, &path(&token), both).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn all_modules_opens_every_path_also_one_that_no_module_owns() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[ALL]).await;
    let key = server.key(&token);
    assert_eq!(key.get("/agreements").await.status, StatusCode::OK);
    assert_eq!(key.get("/auth/tokens").await.status, StatusCode::OK);
}

#[tokio::test]
async fn bad_requests_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    assert_eq!(
        admin.post(&path(&token), module("MD-9999")).await.refused(400, "VAL_001"),
        "permissions: MD-9999 is not a module"
    );
    admin.post(&path(&token), json!({ "object": PARTNERS })).await.refused(400, "VAL_001");
    let zapier = json!({ "name": "Zap", "extension": { "id": ZAPIER } });
    let zapier = admin.post("/auth/tokens", zapier).await.expect(StatusCode::CREATED);
    admin.post(&path(&zapier), module(PARTNERS)).await.refused(400, "VAL_001");
}

#[tokio::test]
async fn key_cannot_grant_a_module_that_it_does_not_hold_403() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let key = server.key(&admin.create("Manager", &[INTEGRATIONS]).await);
    key.post(&path(&token), module(PARTNERS)).await.refused(403, "AUTH_003");
}
