//! The audit trail: every change has its event, with who, from where and what.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn event_has_actor_action_and_address(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let manager = admin.create("Manager", &[INTEGRATIONS, PARTNERS]).await;
    let made = server.key(&manager).create("Child", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", made["id"].as_str().unwrap());
    let answer = admin.put(&path, json!({ "name": "Renamed" })).await;

    let account = server.app.store.first_account().await.unwrap().unwrap();
    let events = server.app.store.events(&account.id).await.unwrap();
    let [.., created, updated] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(
        (created.actor_id.as_str(), created.action.as_str()),
        (manager["id"].as_str().unwrap(), "token.created")
    );
    assert_eq!(
        (updated.actor_name.as_str(), updated.object_id.as_str()),
        ("Administrator", made["id"].as_str().unwrap())
    );
    assert_eq!((updated.address.as_str(), updated.at), ("192.0.2.7", 1_800_000_000));
    assert_eq!(updated.request_id, answer.header("x-request-id"));
    assert_eq!(serde_json::from_str::<Value>(&updated.details).unwrap(), json!({ "name": ["Child", "Renamed"] }));
}

#[rstest]
#[tokio::test]
async fn events_of_another_account_are_not_listed(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    server.stranger().await.create("Theirs", &[]).await;
    assert!(server.trail().await.is_empty());
}
