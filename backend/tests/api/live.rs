//! `GET /auth/events/live`: events as they happen.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{Method, StatusCode, header},
};
use futures_util::StreamExt as _;
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Client, Database, PARTNERS, Postgres, Server, Sqlite};

/// A stream that is being read.
struct Live(BodyDataStream);

impl Live {
    async fn open(client: &Client<'_>) -> Self {
        let response = client.open(Method::GET, "/auth/events/live", Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        let mut live = Self(response.into_body().into_data_stream());
        assert!(live.message().await.unwrap().starts_with(':'), "it begins at once");
        live
    }

    async fn message(&mut self) -> Option<String> {
        let next = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("something comes");
        next.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
    }

    /// The next event in words: actor, action, object; and its id.
    async fn event(&mut self) -> (String, i64) {
        let message = self.message().await.expect("the stream goes on");
        let data = message.lines().find_map(|line| line.strip_prefix("data: ")).expect(&message);
        let event: Value = serde_json::from_str(data).unwrap();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let text = [word(&event["actor"]["name"]), word(&event["action"]), word(&event["object"]["name"])].join(" ");
        (text, event["id"].as_i64().unwrap())
    }
}

#[rstest]
#[tokio::test]
async fn events_of_the_own_account_come_as_they_happen(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let (admin, viewer, stranger) = (server.admin().await, server.user(Role::Viewer).await, server.stranger().await);
    let mut live = Live::open(&viewer).await;
    stranger.create("Strange", &[PARTNERS]).await;
    let token = admin.create("Key", &[PARTNERS]).await;
    assert_eq!(live.event().await.0, "Administrator token.created Key");
    admin.act(&format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap())).await.expect(StatusCode::OK);
    let (text, id) = live.event().await;
    assert_eq!(text, "Administrator token.disabled Key");

    drop(live);
    admin.create("Missed", &[PARTNERS]).await;
    let mut again = Live(
        viewer
            .with("last-event-id", &id.to_string())
            .open(Method::GET, "/auth/events/live", Body::empty())
            .await
            .into_body()
            .into_data_stream(),
    );
    assert_eq!(again.event().await.0, "Administrator token.created Missed");
}

#[tokio::test]
async fn stream_ends_with_its_session_and_with_the_server() {
    let server = Server::start(Sqlite).await;
    let (here, there) = (server.admin().await, server.admin().await);
    let (mut ended, mut stopped) = (Live::open(&here).await, Live::open(&there).await);
    assert_eq!(here.act("/auth/logout").await.status, StatusCode::NO_CONTENT);
    assert_eq!(ended.message().await, None);
    assert_eq!(stopped.event().await.0, "Administrator user.signed_out Administrator");
    server.app.store.close_changes();
    assert_eq!(stopped.message().await, None);
}

#[tokio::test]
async fn more_than_a_hundred_events_at_once_are_told_as_many() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    for number in 0..101 {
        admin.create(&format!("Key {number}"), &[PARTNERS]).await;
    }
    let mut live = Live::open(&admin).await;
    let body = json!({ "action": "disable", "query": "ne(status,deleted)" });
    admin.post("/auth/tokens/bulk", body).await;
    let message = live.message().await.unwrap();
    assert!(message.contains("event: many\n"), "{message}");
}
