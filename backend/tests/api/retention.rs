//! What is older than the operator wants to keep is removed, and nothing else.

use axum::http::StatusCode;
use latchkey::{catalogue::Catalogue, gatekeeper::usage, retention};
use rstest::rstest;

use crate::harness::{Database, PARTNERS, Postgres, Server, Sqlite};

const DAY: i64 = 86_400;

async fn calls(server: &Server, id: &str) -> Vec<i32> {
    server.app.store.calls(id, 0).await.unwrap().into_iter().map(|row| row.day).collect()
}

#[rstest]
#[tokio::test]
async fn calls_go_after_400_days_and_events_never(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let id = token["id"].as_str().unwrap();
    let key = server.key(&token);
    let first = i32::try_from(server.clock.now().unix() / DAY).unwrap();
    for _ in 0..2 {
        assert_eq!(key.get("/agreements").await.status, StatusCode::OK);
        usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
        server.clock.advance(DAY);
    }
    server.clock.advance(398 * DAY);
    assert_eq!(retention::round(&server.app).await.unwrap(), (0, 0));
    assert_eq!(calls(&server, id).await, [first, first + 1]);
    server.clock.advance(DAY);
    assert_eq!(retention::round(&server.app).await.unwrap(), (1, 0));
    assert_eq!(calls(&server, id).await, [first + 1]);
    server.clock.advance(10_000 * DAY);
    // With what is kept by rule.
    assert_eq!(retention::round(&server.app).await.unwrap(), (2, 0));
    assert_eq!(server.trail().await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn events_go_in_batches_where_they_are_bounded(#[values(Sqlite, Postgres)] database: Database) {
    let flags = ["--keep-events", "30", "--keep-calls", "forever"];
    let server = Server::start_with(database, &flags, Catalogue::built_in().unwrap()).await;
    let admin = server.admin().await;
    let tx = server.app.store.begin().await.unwrap();
    let account = server.app.store.first_account().await.unwrap().unwrap();
    for number in 0..2500 {
        tx.record(latchkey::store::NewEvent {
            account_id: account.id.clone(),
            at: server.clock.now().unix() - 31 * DAY,
            actor_id: "x".to_owned(),
            actor_name: "Old".to_owned(),
            action: "token.created",
            object_id: number.to_string(),
            object_name: "Old".to_owned(),
            address: String::new(),
            request_id: String::new(),
            details: "{}".to_owned(),
        })
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    admin.create("New", &[]).await;
    // The sign-in, which is new, was written before those.
    server.clock.advance(29 * DAY);
    assert_eq!(retention::round(&server.app).await.unwrap(), (0, 2500));
    assert_eq!(server.trail().await.len(), 2);
    server.clock.advance(2 * DAY);
    assert_eq!(retention::round(&server.app).await.unwrap(), (0, 2));
}
