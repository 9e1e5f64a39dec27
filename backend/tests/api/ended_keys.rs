//! Use of keys that do not work any more.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use latchkey::{gatekeeper::usage, tokens::ended_keys};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Database, INTROSPECTION, PARTNERS, Postgres, Server, Sqlite, header_value, new_token};

const DAY: i64 = 24 * 3600;

/// Name, reason and program of each event, oldest first.
async fn events(server: &Server) -> Vec<String> {
    usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    ended_keys::record(&server.app).await.unwrap();
    let events = server.events().await.into_iter().filter(|event| event.action == "token.ended_key_used");
    let told = events.map(|event| {
        let details: Value = serde_json::from_str(&event.details).unwrap();
        let word = |field: &str| details[field].as_str().unwrap().to_owned();
        format!("{} {} {} {}", event.object_name, word("reason"), word("program"), event.address)
    });
    told.collect()
}

#[rstest]
#[tokio::test]
async fn use_of_an_ended_key_is_an_event_with_its_reason(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let path = |token: &Value, action: &str| format!("/auth/tokens/{}/{action}", token["id"].as_str().unwrap());
    let mut body = new_token("Expired", &[PARTNERS]);
    body["expiration_date"] = json!(server.clock.now().plus(60));
    let expired = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let [disabled, rotated, working] = [
        admin.create("Disabled", &[PARTNERS]).await,
        admin.create("Rotated", &[PARTNERS]).await,
        admin.create("Working", &[PARTNERS]).await,
    ];
    admin.act(&path(&disabled, "deactivate")).await.expect(StatusCode::OK);
    admin.act(&path(&rotated, "rotate")).await.expect(StatusCode::OK);
    server.clock.advance(60);
    for token in [&expired, &disabled, &rotated] {
        server.key(token).with("user-agent", "job/1").get("/agreements").await.refused(401, "AUTH_001");
    }
    server.key(&working).get("/agreements").await.expect(StatusCode::OK);
    let wrong = json!({ "id": working["id"], "token": expired["token"] });
    server.key(&wrong).get("/agreements").await.refused(401, "AUTH_001");
    let mut found = events(&server).await;
    found.sort_unstable();
    let told =
        ["Disabled disabled job/1 192.0.2.7", "Expired expired job/1 192.0.2.7", "Rotated rotated job/1 192.0.2.7"];
    assert_eq!(found, told);
}

#[tokio::test]
async fn use_of_an_ended_key_is_told_once_a_day() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    admin.act(&format!("/auth/tokens/{}/rotate", token["id"].as_str().unwrap())).await.expect(StatusCode::OK);
    for (seconds, told) in [(0, 1), (DAY - 1, 1), (1, 2), (60, 2)] {
        server.clock.advance(seconds);
        server.key(&token).get("/agreements").await;
        assert_eq!(events(&server).await.len(), told, "after {seconds} s more");
    }
}

#[tokio::test]
async fn ended_key_that_somebody_asks_about_counts_as_used() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let (asks, token) = (admin.create("Asks", &[INTROSPECTION]).await, admin.create("Key", &[PARTNERS]).await);
    admin.act(&format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap())).await.expect(StatusCode::OK);
    let key = header_value(&token).replace("ApiKey ", "");
    let form = Body::from(format!("client_address=192.0.2.9&token={key}"));
    let answer = server
        .key(&asks)
        .with("content-type", "application/x-www-form-urlencoded")
        .send(Method::POST, "/oauth2/introspect", form)
        .await
        .expect(StatusCode::OK);
    assert_eq!(answer, json!({ "active": false }));
    assert_eq!(events(&server).await, ["Key disabled  192.0.2.9"]);
}
