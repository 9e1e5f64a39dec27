//! `POST /auth/tokens`.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use latchkey::catalogue::Catalogue;
use latchkey_shared::ApiKey;
use rstest::rstest;
use serde_json::json;

use crate::harness::{
    ALL, CUSTOM, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, ZAPIER, header_value, new_token,
};

#[rstest]
#[tokio::test]
async fn create_returns_the_token_with_its_key_201(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let mut body = new_token("  Billing ", &[PARTNERS]);
    body["external_id"] = json!("erp-7");
    body["description"] = json!("Reads agreements\nevery night");
    body["expiration_date"] = json!("2027-02-15T00:00:00+01:00");
    let answer = server.admin().await.post("/auth/tokens", body).await;
    assert_eq!(answer.revision(), "1");
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.expect(StatusCode::CREATED);
    insta::assert_json_snapshot!(token, { ".id" => "[id]", ".token" => "[secret]", ".handle" => "[handle]", ".permissions[].id" => "[permission]", ".owner.id" => "[account]", ".events.*.by.id" => "[user]" });
    let key = ApiKey::parse(&header_value(&token)).expect("a key with a right checksum");
    assert_eq!(server.key(&token).get("/agreements").await.status, StatusCode::OK, "{key:?}");
}

#[rstest]
#[tokio::test]
async fn repeated_idempotency_key_returns_the_same_token(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await.with("idempotency-key", "3f0c");
    let first = admin.post("/auth/tokens", new_token("Once", &[])).await.expect(StatusCode::CREATED);
    let again = admin.post("/auth/tokens", new_token("Once", &[])).await.expect(StatusCode::CREATED);
    assert_eq!(first, again);
    let events = ["user.signed_in Administrator", "token.created Once", "token.revealed Once"];
    assert_eq!(server.trail().await, events.map(|event| format!("Administrator {event}")));
    let other = admin.post("/auth/tokens", new_token("Other", &[])).await;
    assert!(other.refused(409, "CON_002").contains("Idempotency-Key"));
    server.clock.advance(24 * 3600 + 1);
    let admin = server.admin().await.with("idempotency-key", "3f0c");
    let later = admin.post("/auth/tokens", new_token("Once", &[])).await;
    // The key is forgotten with the next creation, so that the table does not grow for ever.
    assert!(matches!(later.status, StatusCode::CREATED), "{}", later.body);
}

#[rstest]
#[tokio::test]
async fn eight_requests_at_once_with_one_idempotency_key_create_one_token(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await.with("idempotency-key", "race");
    let post = || async {
        admin.post("/auth/tokens", new_token("Once", &[PARTNERS])).await.expect(StatusCode::CREATED)["id"].clone()
    };
    let ids = tokio::join!(post(), post(), post(), post(), post(), post(), post(), post());
    let ids = [ids.0, ids.1, ids.2, ids.3, ids.4, ids.5, ids.6, ids.7];
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(server.admin().await.get("/auth/tokens").await.header("content-range"), "items 0-0/1");
}

#[tokio::test]
async fn extension_with_fixed_permissions_grants_them_and_no_others() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let body = json!({ "name": "Zap", "extension": { "name": "zapier" } });
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    assert_eq!(token["extension"]["id"], ZAPIER);
    assert!(token["permissions"].as_array().unwrap().len() > 3);
    let mut chosen = new_token("Zap", &[PARTNERS]);
    chosen["extension"] = json!({ "id": ZAPIER });
    let answer = admin.post("/auth/tokens", chosen).await;
    assert_eq!(answer.refused(400, "VAL_001"), "permissions: are fixed by the extension and cannot be chosen");
}

#[rstest]
#[case::everything_missing(json!({}), "name: is required\nextension: is required")]
#[case::long_name(json!({ "name": "n".repeat(129), "extension": { "id": CUSTOM } }), "name: must be at most 128 characters, and has 129")]
#[case::long_external_id(json!({ "name": "n", "external_id": "e".repeat(129), "extension": { "id": CUSTOM } }), "external_id: must be at most 128 characters, and has 129")]
#[case::long_description(json!({ "name": "n", "description": "d".repeat(256), "extension": { "id": CUSTOM } }), "description: must be at most 255 characters, and has 256")]
#[case::unknown_extension(json!({ "name": "n", "extension": { "id": "EXT-999-999" } }), "extension: is not in the catalogue")]
#[case::contradicting_extension(json!({ "name": "n", "extension": { "id": CUSTOM, "name": "zapier" } }), "extension: is not in the catalogue")]
#[case::unknown_module(new_token("n", &["MD-9999"]), "permissions: MD-9999 is not a module")]
#[case::malformed_module(new_token("n", &["Partners"]), "permissions.0.object.id: must look like MD-dddd")]
#[case::past(json!({ "name": "n", "extension": { "id": CUSTOM }, "expiration_date": "2020-01-01T00:00:00Z" }), "expiration_date: must be in the future")]
#[case::date_alone(json!({ "name": "n", "extension": { "id": CUSTOM }, "expiration_date": "2030-01-01" }), "expiration_date: must be a date and time with an offset, like 2027-01-31T00:00:00+00:00")]
#[case::number_as_name(json!({ "name": 5, "extension": { "id": CUSTOM } }), "name: invalid type: integer `5`, expected a string")]
#[case::text_as_number(json!({ "name": "x", "extension": { "id": CUSTOM }, "calls_per_minute": "3" }), "calls_per_minute: invalid type: string \"3\", expected a number")]
#[tokio::test]
async fn bad_request_400(#[case] body: serde_json::Value, #[case] expected: &str) {
    let server = Server::start(Sqlite).await;
    let answer = server.admin().await.post("/auth/tokens", body).await;
    assert_eq!(answer.refused(400, "VAL_001"), expected);
    assert_eq!(server.trail().await.len(), 1, "nothing was made");
}

#[tokio::test]
async fn broken_json_is_a_400_and_other_types_415_and_large_bodies_413() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let json = admin.with("content-type", "application/json; charset=utf-8");
    json.send(Method::POST, "/auth/tokens", Body::from("{\"name\":")).await.refused(400, "VAL_001");
    json.send(Method::POST, "/auth/tokens", Body::from("{} {}")).await.refused(400, "VAL_001");
    let form = admin.with("content-type", "application/x-www-form-urlencoded");
    form.send(Method::POST, "/auth/tokens", Body::from("name=x")).await.refused(415, "REQ_003");
    admin.act("/auth/tokens").await.refused(415, "REQ_003");
    json.send(Method::POST, "/auth/tokens", Body::from("x".repeat(65 * 1024))).await.refused(413, "REQ_002");
}

#[rstest]
#[tokio::test]
async fn key_cannot_create_a_token_with_more_modules_403(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let key = server.key(&admin.create("Manager", &[INTEGRATIONS, PARTNERS]).await);
    let made = key.post("/auth/tokens", new_token("Child", &[PARTNERS])).await.expect(StatusCode::CREATED);
    assert_eq!(made["events"]["created"]["by"]["name"], "Manager");
    key.post("/auth/tokens", new_token("Child", &["MD-0003"])).await.refused(403, "AUTH_003");
    key.post("/auth/tokens", new_token("Child", &[ALL])).await.refused(403, "AUTH_003");
    let body = json!({ "name": "Zap", "extension": { "id": ZAPIER } });
    key.post("/auth/tokens", body).await.refused(403, "AUTH_003");
}

#[rstest]
#[tokio::test]
async fn extension_can_limit_the_tokens_of_an_account_409(#[values(Sqlite, Postgres)] database: Database) {
    let mut catalogue = Catalogue::built_in().unwrap();
    catalogue.extensions[0].constraints.account.tokens = Some(2);
    let server = Server::start_with(database, &[], catalogue).await;
    let admin = server.admin().await;
    let first = admin.create("One", &[]).await;
    let (two, three) = tokio::join!(
        admin.post("/auth/tokens", new_token("Two", &[])),
        admin.post("/auth/tokens", new_token("Three", &[]))
    );
    let mut statuses = [two.status.as_u16(), three.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    admin.delete(&format!("/auth/tokens/{}", first["id"].as_str().unwrap())).await;
    admin.create("Four", &[]).await;
    let text = admin.post("/auth/tokens", new_token("Five", &[])).await.refused(409, "CON_002");
    assert!(text.contains("can have 2 tokens"), "{text}");
    let extensions = admin.get("/extensions").await.expect(StatusCode::OK);
    assert_eq!(extensions[0]["constraints"]["account"]["tokens"], 2);
}

#[tokio::test]
async fn repeated_request_is_answered_when_a_first_one_would_be_refused() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await.with("idempotency-key", "k");
    let mut body = new_token("Short", &[]);
    body["expiration_date"] = json!(server.clock.now().plus(60));
    let first = admin.post("/auth/tokens", body.clone()).await.expect(StatusCode::CREATED);
    server.clock.advance(61);
    assert_eq!(admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED)["token"], first["token"]);
}

#[tokio::test]
async fn create_for_another_account_is_refused_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = new_token("Mine", &[]);
    body["owner"] = json!({ "id": "VA-111-111" });
    assert!(admin.post("/auth/tokens", body.clone()).await.refused(400, "VAL_001").starts_with("owner: "));
    body["owner"] = json!({ "id": server.app.store.first_account().await.unwrap().unwrap().id });
    assert_eq!(admin.post("/auth/tokens", body).await.status, StatusCode::CREATED);
    admin.post("/auth/tokens", json!(["Mine"])).await.refused(400, "VAL_001");
}

#[tokio::test]
async fn body_with_a_byte_order_mark_is_taken_201() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await.with("content-type", "application/json");
    let body = format!("\u{feff}{}", new_token("Key", &[]));
    let answer = admin.send(Method::POST, "/auth/tokens", Body::from(body)).await;
    assert_eq!(answer.expect(StatusCode::CREATED)["name"], "Key");
}

#[tokio::test]
async fn texts_are_kept_composed_so_that_what_looks_the_same_is_the_same() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = new_token("Cafe\u{301}", &[]);
    body["external_id"] = json!("e\u{301}-1");
    let created = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    assert_eq!((&created["name"], &created["external_id"]), (&json!("Café"), &json!("é-1")));
    let path = format!("/auth/tokens/{}", created["id"].as_str().unwrap());
    let updated = admin.put(&path, json!({ "description": "u\u{308}ber" })).await.expect(StatusCode::OK);
    assert_eq!(updated["description"], "über");
}
