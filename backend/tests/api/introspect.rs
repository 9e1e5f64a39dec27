//! `/oauth2/introspect`: what a resource server is told about a key (RFC 7662).

use axum::{body::Body, http::Method};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use latchkey::catalogue::Catalogue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Client, Database, INTEGRATIONS, INTROSPECTION, PARTNERS, Postgres, Server, Sqlite, header_value,
};

fn pair(token: &Value) -> String {
    format!("{}:{}", token["id"].as_str().unwrap(), token["token"].as_str().unwrap())
}

async fn ask(client: &Client<'_>, form: &[(&str, &str)]) -> Answer {
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    client.send(Method::POST, "/oauth2/introspect", Body::from(body)).await
}

fn inactive(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), &answer.json), (200, &json!({ "active": false })), "{}", answer.body);
}

#[rstest]
#[tokio::test]
async fn key_that_works_is_active_and_described(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let resource_server = admin.create("Resource server", &[INTROSPECTION]).await;
    let end = server.clock.now().plus(30 * 24 * 3600);
    let mut token = crate::harness::new_token("Billing", &[PARTNERS, INTEGRATIONS]);
    token["expiration_date"] = json!(end);
    token["external_id"] = json!("customer 7");
    let token = admin.post("/auth/tokens", token).await.expect(axum::http::StatusCode::CREATED);
    let basic = format!("Basic {}", STANDARD.encode(pair(&resource_server)));
    for caller in [server.key(&resource_server), server.anonymous().with("authorization", &basic)] {
        for shown in [pair(&token), header_value(&token)] {
            let answer = ask(&caller, &[("token", &shown), ("token_type_hint", "access_token")]).await;
            assert_eq!(
                answer.json,
                json!({
                    "active": true,
                    "scope": "MD-0002 MD-0007",
                    "client_id": token["id"],
                    "sub": token["id"],
                    "username": "Billing",
                    "token_type": "ApiKey",
                    "exp": end.unix(),
                    "account_id": token["owner"]["id"],
                    "external_id": "customer 7",
                    "extension": "custom",
                }),
                "{}",
                answer.body
            );
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn introspection_needs_its_module() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let form = [("token", pair(&token))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    ask(&server.anonymous(), &form).await.refused(401, "AUTH_001");
    // The session of a browser is not enough: this is for programs.
    ask(&admin, &form).await.refused(401, "AUTH_001");
    let error = ask(&server.key(&token), &form).await.refused(403, "AUTH_003");
    assert!(error.contains("Introspection"), "{error}");
    let manages = admin.create("Manages keys", &[INTEGRATIONS]).await;
    ask(&server.key(&manages), &form).await.refused(403, "AUTH_003");
    let wrong = format!("Basic {}", STANDARD.encode("SU-000-000-001:x"));
    let answer = ask(&server.anonymous().with("authorization", &wrong), &form).await;
    answer.refused(401, "AUTH_001");
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["ApiKey", "Basic realm=\"Latchkey\""]);
}

#[tokio::test]
async fn key_that_does_not_work_is_inactive_without_details() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let caller = server.key(&admin.create("Resource server", &[INTROSPECTION]).await);
    let token = admin.create("Key", &[PARTNERS]).await;
    let key = pair(&token);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    for shown in ["", "x", "SU-000-000-001:x", &key[..key.len() - 1]] {
        inactive(&ask(&caller, &[("token", shown)]).await);
    }
    admin.act(&format!("{path}/deactivate")).await;
    inactive(&ask(&caller, &[("token", &key)]).await);
    admin.act(&format!("{path}/activate")).await;
    assert_eq!(ask(&caller, &[("token", &key)]).await.json["active"], true);
    admin.delete(&path).await;
    inactive(&ask(&caller, &[("token", &key)]).await);
}

#[tokio::test]
async fn path_and_an_address_are_taken_into_account() {
    let server = Server::start_with(Sqlite, &[], Catalogue::built_in().unwrap()).await;
    let admin = server.admin().await;
    let caller = server.key(&admin.create("Resource server", &[INTROSPECTION]).await);
    let token = admin.create("Key", &[PARTNERS]).await;
    let key = pair(&token);
    let is_active = async |more: &[(&str, &str)]| {
        let form = [&[("token", key.as_str())], more].concat();
        ask(&caller, &form).await.json["active"].as_bool()
    };
    assert_eq!(is_active(&[("path", "/agreements/AGP-1")]).await, Some(true));
    assert_eq!(is_active(&[("path", "/requests")]).await, Some(false));
    let rules = json!({ "allowed_addresses": ["203.0.113.0/24"] });
    admin.put(&format!("/auth/tokens/{}", token["id"].as_str().unwrap()), rules).await;
    assert_eq!(is_active(&[]).await, Some(false), "nobody said from where");
    assert_eq!(is_active(&[("client_address", "203.0.113.9")]).await, Some(true));
    assert_eq!(is_active(&[("client_address", "198.51.100.9")]).await, Some(false));
}

#[tokio::test]
async fn bad_form_is_named_400() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let caller = server.key(&admin.create("Resource server", &[INTROSPECTION]).await);
    let refused = async |form: &[(&str, &str)]| ask(&caller, form).await.refused(400, "VAL_001");
    assert_eq!(refused(&[]).await, "token: is required");
    assert_eq!(refused(&[("token", "a"), ("token", "b")]).await, "token: is there twice");
    let odd = refused(&[("token", "a"), ("client_address", "here")]).await;
    assert_eq!(odd, "client_address: must be an IP address");
    let json = caller.post("/oauth2/introspect", json!({ "token": "a" })).await.refused(400, "VAL_001");
    assert!(json.contains("must be a form"), "{json}");
    caller.get("/oauth2/introspect").await.refused(405, "REQ_001");
}

#[tokio::test]
async fn caller_is_known_by_every_method_of_oauth_and_by_one_at_a_time() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let caller = admin.create("Resource server", &[INTROSPECTION]).await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let key = pair(&token);
    let (id, secret) = (caller["id"].as_str().unwrap(), caller["token"].as_str().unwrap());
    let form = [("token", key.as_str()), ("client_id", id), ("client_secret", secret)];
    assert_eq!(ask(&server.anonymous(), &form).await.json["active"], true);
    let bearer = server.anonymous().with("authorization", &format!("Bearer {}", pair(&caller)));
    assert_eq!(ask(&bearer, &form[..1]).await.json["active"], true);
    assert_eq!(ask(&bearer, &[("token", &format!("Bearer {key}"))]).await.json["active"], true);
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let basic = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
    let basic = server.anonymous().with("authorization", &format!("Basic {basic}"));
    assert_eq!(ask(&basic, &form[..1]).await.json["active"], true);
    let slash = server.key(&caller).with("content-type", "application/x-www-form-urlencoded");
    let answer = slash.send(Method::POST, "/oauth2/introspect/", Body::from(format!("token={key}"))).await;
    assert_eq!(answer.json["active"], true);

    let both = ask(&server.key(&caller), &form).await.refused(400, "VAL_001");
    assert_eq!(both, "client_secret: is there beside an Authorization header");
    for wrong in
        [[("client_id", id), ("client_secret", "x")], [("client_id", "SU-000-000-000"), ("client_secret", secret)]]
    {
        let answer = ask(&server.anonymous(), &[&form[..1], &wrong].concat()).await;
        answer.refused(401, "AUTH_001");
        assert!(answer.headers.get_all("www-authenticate").iter().any(|value| value == "Basic realm=\"Latchkey\""));
    }
    let nobody = ask(&server.anonymous(), &form[..2]).await;
    nobody.refused(401, "AUTH_001");
    assert_eq!(nobody.headers.get_all("www-authenticate").iter().count(), 2, "ApiKey and Basic");
    // The key that is asked about opens nothing here.
    let weak = [
        ("token", key.as_str()),
        ("client_id", token["id"].as_str().unwrap()),
        ("client_secret", token["token"].as_str().unwrap()),
    ];
    ask(&server.anonymous(), &weak).await.refused(403, "AUTH_003");
}
