//! The audit trail: every change has its event, with who, from where and what.

use axum::http::StatusCode;
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

    let events = server.events().await;
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

#[rstest]
#[tokio::test]
async fn events_are_filtered_and_paged_newest_first(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let id = token["id"].as_str().unwrap();
    admin.put(&format!("/auth/tokens/{id}"), json!({ "name": "Renamed" })).await.expect(StatusCode::OK);
    server.clock.advance(60);
    admin.act(&format!("/auth/tokens/{id}/deactivate")).await.expect(StatusCode::OK);
    let list = async |query: &str| {
        let answer = admin.get(&format!("/auth/events?{query}")).await;
        let range = answer.header("content-range").to_owned();
        let rows = answer.expect(StatusCode::OK);
        let actions = rows.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap().to_owned());
        (range, actions.collect::<Vec<_>>())
    };
    let of_token = format!("eq(object.id,{id})");
    let (range, actions) = list(&of_token).await;
    assert_eq!(
        (range.as_str(), actions),
        ("items 0-2/3", vec!["token.disabled".into(), "token.updated".into(), "token.created".into()])
    );
    assert_eq!(list(&format!("{of_token}&limit=1&offset=1")).await.1, ["token.updated"]);
    assert_eq!(list(&format!("{of_token}&ordering(at)&limit=1")).await.1, ["token.created"]);
    let since = server.clock.now().plus(-30).to_string().replace('+', "%2B");
    assert_eq!(list(&format!("gt(at,{since})")).await.1, ["token.disabled"]);
    assert_eq!(list("eq(action,user.signed_in)&like(actor.name,Admin*)").await.1, ["user.signed_in"]);
    let rows = admin.get(&format!("/auth/events?{of_token}&eq(action,token.updated)")).await.expect(StatusCode::OK);
    assert_eq!(rows[0]["details"], json!({ "name": ["Key", "Renamed"] }));
    assert_eq!(
        (rows[0]["actor"]["name"].as_str(), rows[0]["object"]["name"].as_str()),
        (Some("Administrator"), Some("Renamed"))
    );
    admin.get("/auth/events?eq(details,x)").await.refused(400, "VAL_001");
}

#[tokio::test]
async fn exported_events_are_all_that_match_with_before_and_after() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    for number in 0..3 {
        admin.create(&format!("=Key {number}"), &[]).await;
    }
    let csv = admin.get("/auth/events/export.csv?eq(action,token.created)&limit=1").await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"activity-2027-01-15.csv\"");
    assert_eq!(csv.body.lines().count(), 4);
    assert!(csv.body.contains(",'=Key 0,"), "{}", csv.body);
    let lines = admin.get("/auth/events/export.jsonl?eq(action,token.created)").await.body;
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((events.len(), events[0]["object"]["name"].as_str()), (3, Some("=Key 2")));
}
