//! `PUT /auth/tokens/{id}`.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{ALL, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, ZAPIER, new_token};

fn path(token: &Value) -> String {
    format!("/auth/tokens/{}", token["id"].as_str().unwrap())
}

#[rstest]
#[tokio::test]
async fn change_acts_on_the_next_call_200(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Before", &[]).await;
    server.key(&token).get("/agreements").await.refused(403, "AUTH_003");
    let body = json!({ "name": "After", "description": "x", "permissions": [{ "object": { "id": PARTNERS } }] });
    let answer = admin.put(&path(&token), body).await;
    assert_eq!(answer.revision(), "2");
    let updated = answer.expect(StatusCode::OK);
    assert_eq!((updated["name"].as_str(), updated["description"].as_str()), (Some("After"), Some("x")));
    assert_eq!(server.key(&token).get("/agreements").await.status, StatusCode::OK);
    let cleared = admin.put(&path(&token), json!({ "description": null })).await.expect(StatusCode::OK);
    assert_eq!(cleared["description"], Value::Null);
    assert_eq!(cleared["name"], "After", "what is left out stays");
    assert_eq!(server.trail().await[2..], ["Administrator token.updated After", "Administrator token.updated After"]);
    let found = admin.get("/auth/tokens?search=after").await;
    assert_eq!(found.header("content-range"), "items 0-0/1", "the search knows the new name");
}

#[rstest]
#[tokio::test]
async fn lost_update_is_refused_412(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("First", &[]).await;
    let (one, two) =
        (admin.with("if-match", "\"1-active\""), server.user(Role::Member).await.with("if-match", "\"1\""));
    assert_eq!(one.put(&path(&token), json!({ "name": "One" })).await.status, StatusCode::OK);
    two.put(&path(&token), json!({ "name": "Two" })).await.refused(412, "CON_001");
    assert_eq!(admin.get(&path(&token)).await.expect(StatusCode::OK)["name"], "One");
}

#[tokio::test]
async fn update_without_change_records_no_event() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Same", &[PARTNERS]).await;
    let answer = admin.put(&path(&token), json!({ "name": "Same" })).await;
    assert_eq!(answer.revision(), "1");
    assert_eq!(server.trail().await.len(), 2);
}

#[rstest]
#[case(json!({ "name": "" }), "name: is required")]
#[case(json!({ "expiration_date": "2020-01-01T00:00:00Z" }), "expiration_date: must be in the future")]
#[case(json!({ "permissions": [{ "object": { "id": "MD-9999" } }] }), "permissions: MD-9999 is not a module")]
#[tokio::test]
async fn bad_request_400_changes_nothing(#[case] body: Value, #[case] expected: &str) {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    assert_eq!(admin.put(&path(&token), body).await.refused(400, "VAL_001"), expected);
    assert_eq!(admin.get(&path(&token)).await.revision(), "1");
}

#[tokio::test]
async fn fixed_permissions_cannot_be_changed_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let body = json!({ "name": "Zap", "extension": { "id": ZAPIER } });
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let answer = admin.put(&path(&token), json!({ "permissions": [] })).await;
    assert!(answer.refused(400, "VAL_001").contains("fixed by the extension"));
    assert_eq!(admin.put(&path(&token), json!({ "name": "Zap 2" })).await.status, StatusCode::OK);
}

#[rstest]
#[tokio::test]
async fn key_cannot_change_disable_or_delete_a_token_with_more_access_403(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let strong = admin.post("/auth/tokens", new_token("Strong", &[ALL])).await.expect(StatusCode::CREATED);
    let key = server.key(&admin.create("Manager", &[INTEGRATIONS, PARTNERS]).await);
    let both = json!({ "permissions": [{ "object": { "id": ALL } }, { "object": { "id": PARTNERS } }] });
    key.put(&path(&strong), both).await.refused(403, "AUTH_003");
    // Nor prolong, rename or enable it.
    key.put(&path(&strong), json!({ "expiration_date": null })).await.refused(403, "AUTH_003");
    key.put(&path(&strong), json!({ "permissions": [{ "object": { "id": ALL } }] })).await.refused(403, "AUTH_003");
    // Nor stop it.
    key.act(&format!("{}/deactivate", path(&strong))).await.refused(403, "AUTH_003");
    key.delete(&path(&strong)).await.refused(403, "AUTH_003");
    key.act(&format!("{}/activate", path(&strong))).await.refused(403, "AUTH_003");
    // Nor weaken it, plant a secret in it and wait until it gets its strength back.
    for own in [json!([]), json!([{ "object": { "id": PARTNERS } }])] {
        key.put(&path(&strong), json!({ "permissions": own })).await.refused(403, "AUTH_003");
    }
    let module = Body::from(json!({ "object": { "id": ALL } }).to_string());
    let withdrawn = key.with("content-type", "application/json");
    let withdrawn = withdrawn.send(Method::DELETE, &format!("{}/permissions", path(&strong)), module).await;
    withdrawn.refused(403, "AUTH_003");
    key.act(&format!("{}/renew", path(&strong))).await.refused(403, "AUTH_003");
    assert_eq!(admin.get(&path(&strong)).await.expect(StatusCode::OK)["permissions"][0]["object"]["id"], ALL);
}

#[rstest]
#[tokio::test]
async fn key_manages_only_tokens_with_rules_as_narrow_as_its_own_403(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let with_rules = |name: &str, addresses: Value, calls: Value| {
        let mut body = new_token(name, &[INTEGRATIONS]);
        (body["allowed_addresses"], body["calls_per_minute"]) = (addresses, calls);
        body
    };
    let bound = with_rules("Bound", json!(["192.0.2.0/24"]), json!(50));
    let bound = admin.post("/auth/tokens", bound).await.expect(StatusCode::CREATED);
    let key = server.key(&bound);
    for looser in [
        with_rules("Free", json!(null), json!(50)),
        with_rules("Wider", json!(["192.0.2.0/23"]), json!(50)),
        with_rules("Elsewhere", json!(["192.0.2.1", "203.0.113.1"]), json!(50)),
        with_rules("Endless", json!(["192.0.2.1"]), Value::Null),
        with_rules("More", json!(["192.0.2.1"]), json!(51)),
    ] {
        key.post("/auth/tokens", looser).await.refused(403, "AUTH_003");
    }
    for looser in [json!({ "allowed_addresses": null }), json!({ "calls_per_minute": null })] {
        key.put(&path(&bound), looser).await.refused(403, "AUTH_003");
    }
    let other = with_rules("Other", json!(["203.0.113.0/24"]), json!(5));
    let other = admin.post("/auth/tokens", other).await.expect(StatusCode::CREATED);
    let narrow = json!({ "allowed_addresses": ["192.0.2.7"] });
    key.put(&path(&other), narrow).await.refused(403, "AUTH_003");
    key.act(&format!("{}/rotate", path(&other))).await.refused(403, "AUTH_003");
    // As narrow as itself is fine, and narrower.
    let within = with_rules("Within", json!(["192.0.2.7"]), json!(50));
    let within = key.post("/auth/tokens", within).await.expect(StatusCode::CREATED);
    assert_eq!(key.put(&path(&within), json!({ "calls_per_minute": 1 })).await.status, StatusCode::OK);
    assert_eq!(key.act(&format!("{}/rotate", path(&bound))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn extension_cannot_be_changed_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let lines = admin.put(&path(&token), json!({ "extension": { "name": "zapier" } })).await.refused(400, "VAL_001");
    assert!(lines.starts_with("extension: "), "{lines}");
    assert_eq!(admin.put(&path(&token), json!({ "extension": token["extension"] })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn module_that_left_the_catalogue_stays_until_it_is_withdrawn() {
    let server = Server::start(Sqlite).await;
    let gone = "MD-0777".parse::<latchkey_shared::ModuleId>().unwrap();
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let tx = server.app.store.begin().await.unwrap();
    let account = token["owner"]["id"].as_str().unwrap();
    let mut row = tx.token(account, token["id"].as_str().unwrap()).await.unwrap().unwrap();
    row.modules.push(gone);
    tx.update_token(&row).await.unwrap();
    tx.commit().await.unwrap();
    let admin = server.admin().await;
    let both = json!([{ "object": { "id": PARTNERS } }, { "object": { "id": "MD-0777" } }]);
    let renamed = admin.put(&path(&token), json!({ "name": "New", "permissions": both })).await;
    assert_eq!(
        renamed.expect(StatusCode::OK)["permissions"][1]["object"],
        json!({ "id": "MD-0777", "name": "MD-0777" })
    );
    let left = admin.put(&path(&token), json!({ "permissions": [both[0]] })).await.expect(StatusCode::OK);
    assert_eq!(left["permissions"].as_array().unwrap().len(), 1);
    admin.put(&path(&token), json!({ "permissions": both })).await.refused(400, "VAL_001");
}
