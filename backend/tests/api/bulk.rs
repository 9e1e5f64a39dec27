//! `POST /auth/tokens/bulk`.

use axum::http::{Method, StatusCode};
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite};

/// The number in the first line, and for each token its name, outcome and errors, by name.
fn outcomes(answer: &Answer) -> (u64, Vec<String>) {
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/x-ndjson"));
    let mut lines = answer.body.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let total = lines.next().unwrap()["total"].as_u64().unwrap();
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let errors = |line: &Value| line["errors"][0].as_str().map(|error| format!(" {error}")).unwrap_or_default();
    let mut found: Vec<String> =
        lines.map(|line| format!("{} {}{}", text(&line, "name"), text(&line, "outcome"), errors(&line))).collect();
    found.sort();
    assert_eq!(found.len() as u64, total);
    (total, found)
}

async fn bulk(client: &Client<'_>, body: Value) -> (u64, Vec<String>) {
    outcomes(&client.post("/auth/tokens/bulk", body).await)
}

async fn statuses(client: &Client<'_>) -> Vec<String> {
    let rows =
        client.get("/auth/tokens?in(status,(active,inactive,deleted))&ordering(name)").await.expect(StatusCode::OK);
    let rows = rows.as_array().unwrap();
    rows.iter().map(|row| format!("{} {}", row["name"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
}

fn id(token: &Value) -> &str {
    token["id"].as_str().unwrap()
}

#[rstest]
#[tokio::test]
async fn named_tokens_are_changed_and_each_outcome_is_reported(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let (a, b, c) = (admin.create("a", &[]).await, admin.create("b", &[]).await, admin.create("c", &[]).await);
    admin.act(&format!("/auth/tokens/{}/deactivate", id(&b))).await.expect(StatusCode::OK);
    admin.delete(&format!("/auth/tokens/{}", id(&c))).await.expect(StatusCode::NO_CONTENT);
    let key = server.key(&a);
    key.get("/accounts").await.expect(StatusCode::OK);
    let ids = json!([id(&a), id(&b), id(&c), id(&a), "SU-000-000-000"]);
    let (total, found) = bulk(&admin, json!({ "action": "disable", "ids": ids })).await;
    assert_eq!(total, 4);
    let deleted = format!("c failed Token {} is deleted, which is final.", id(&c));
    assert_eq!(found, [" failed Object `SU-000-000-000` not found.", "a changed", "b unchanged", &deleted]);
    key.get("/accounts").await.refused(401, "AUTH_001");
    assert_eq!(statuses(&admin).await, ["a inactive", "b inactive", "c deleted"]);
    assert_eq!(bulk(&admin, json!({ "action": "enable", "ids": [id(&a)] })).await.1, ["a changed"]);
    key.get("/accounts").await.expect(StatusCode::OK);
    assert_eq!(
        bulk(&admin, json!({ "action": "delete", "ids": [id(&a), id(&c)] })).await.1,
        ["a changed", "c unchanged"]
    );
    let trail = server.trail().await;
    let of_a = ["Administrator token.disabled a", "Administrator token.enabled a", "Administrator token.deleted a"];
    assert!(of_a.iter().all(|event| trail.iter().filter(|it| it == event).count() == 1), "{trail:?}");
}

#[rstest]
#[tokio::test]
async fn tokens_of_a_query_are_changed_after_a_dry_run_that_changes_nothing(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    for number in 0..250 {
        admin.create(&format!("key {number:03}"), &[]).await;
    }
    admin.create("other", &[]).await;
    let rule = |dry_run: bool, expected: u64| json!({ "action": "disable", "query": "ilike(name,key*)", "expected": expected, "dry_run": dry_run });
    let (total, found) = bulk(&admin, rule(true, 250)).await;
    assert_eq!((total, found.iter().filter(|line| line.ends_with(" changed")).count()), (250, 250));
    let inactive =
        async || admin.get("/auth/tokens?eq(status,inactive)&limit=0").await.header("content-range").to_owned();
    assert_eq!(inactive().await, "items 0-0/0");
    let answer = admin.post("/auth/tokens/bulk", rule(false, 249)).await;
    assert_eq!(answer.refused(409, "CON_002"), "The query selects 250 tokens now, and not 249.");
    assert_eq!(bulk(&admin, rule(false, 250)).await.0, 250);
    assert_eq!(inactive().await, "items 0-0/250");
}

#[tokio::test]
async fn expiration_is_set_and_cleared() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("a", &[]).await;
    let set = |end: Value| json!({ "action": "set_expiration", "ids": [id(&token)], "expiration_date": end });
    let end = async || {
        admin.get(&format!("/auth/tokens/{}", id(&token))).await.expect(StatusCode::OK)["expiration_date"].clone()
    };
    let later = server.clock.now().plus(40 * 86_400).to_string();
    assert_eq!(bulk(&admin, set(json!(later))).await.1, ["a changed"]);
    assert_eq!(end().await, later);
    assert_eq!(bulk(&admin, set(json!(later))).await.1, ["a unchanged"]);
    assert_eq!(bulk(&admin, set(Value::Null)).await.1, ["a changed"]);
    assert_eq!(end().await, Value::Null);
}

#[rstest]
#[case(json!({ "action": "burn", "ids": [] }), "action: unknown variant `burn`, expected one of `enable`, `disable`, `delete`, `set_expiration`")]
#[case(json!({ "action": "disable" }), "ids: either ids or query is required")]
#[case(json!({ "action": "disable", "ids": [], "query": "" }), "ids: either ids or query is required")]
#[case(json!({ "action": "disable", "ids": ["SU-1"] }), "ids.0: must look like SU-ddd-ddd-ddd")]
#[case(json!({ "action": "disable", "query": "eq(nothing,1)" }), "Bad filter query at character 4: `nothing` is not a property to filter or order by.")]
#[case(json!({ "action": "disable", "ids": [], "expiration_date": null }), "expiration_date: is for set_expiration alone")]
#[case(json!({ "action": "delete", "query": "ordering(name)&search= " }), "query: must not be blank; ne(status,deleted) selects every token")]
#[case(json!({ "action": "delete", "query": "status=active&limit=5" }), "query: must have no limit and no offset: all that it selects is changed")]
#[case(json!({ "action": "delete", "ids": [], "expected": 1 }), "expected: is for query alone")]
#[case(json!({ "action": "set_expiration", "ids": [] }), "expiration_date: is required")]
#[case(json!({ "action": "set_expiration", "ids": [], "expiration_date": "2020-01-01T00:00:00Z" }), "expiration_date: must be in the future")]
#[tokio::test]
async fn wrong_body_is_named_400_and_changes_nothing(#[case] body: Value, #[case] expected: &str) {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    assert_eq!(admin.post("/auth/tokens/bulk", body).await.refused(400, "VAL_001"), expected);
}

#[tokio::test]
async fn enabling_needs_a_recent_sign_in_and_disabling_does_not() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("a", &[]).await;
    server.clock.advance(2 * 3600);
    let change = |action: &str| json!({ "action": action, "ids": [id(&token)] });
    assert_eq!(bulk(&admin, change("disable")).await.1, ["a changed"]);
    admin.post("/auth/tokens/bulk", change("enable")).await.refused(403, "AUTH_004");
    let dry_run = json!({ "action": "enable", "ids": [id(&token)], "dry_run": true });
    assert_eq!(bulk(&admin, dry_run).await.1, ["a changed"]);
}

#[tokio::test]
async fn key_changes_only_tokens_whose_modules_it_holds_and_its_own_end_stops_the_rest() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let own = admin.create("own", &[INTEGRATIONS]).await;
    let wide = admin.create("wide", &[PARTNERS]).await;
    for number in 0..150 {
        admin.create(&format!("x{number:03}"), &[]).await;
    }
    let key = server.key(&own);
    let held = "wide failed A key can only manage tokens whose modules it holds itself.";
    let ids = json!([id(&wide)]);
    assert_eq!(bulk(&key, json!({ "action": "delete", "ids": ids })).await.1, [held]);
    // Its own token is in the first batch.
    let query = "or(eq(name,own),ilike(name,x*))&ordering(name)";
    let (total, found) = bulk(&key, json!({ "action": "disable", "query": query })).await;
    let unauthorized = found.iter().filter(|line| line.ends_with("failed API request is unauthorized.")).count();
    assert_eq!((total, unauthorized), (151, 51));
}

#[tokio::test]
async fn viewer_and_other_account_change_nothing() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("a", &[]).await;
    let body = json!({ "action": "delete", "ids": [id(&token)] });
    server.user(Role::Viewer).await.post("/auth/tokens/bulk", body.clone()).await.refused(403, "AUTH_003");
    let stranger = server.stranger().await;
    assert_eq!(bulk(&stranger, body).await.1, [format!(" failed Object `{}` not found.", id(&token))]);
    assert_eq!(bulk(&stranger, json!({ "action": "delete", "query": "ne(status,deleted)" })).await.0, 0);
    assert_eq!(statuses(&admin).await, ["a active"]);
}

#[tokio::test]
async fn export_has_every_match_of_the_account_and_no_formula() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    for name in ["=HYPERLINK(\"x\")", "b", "c"] {
        admin.create(name, &[PARTNERS]).await;
    }
    let answer = admin
        .send(Method::GET, "/auth/tokens/export.csv?ne(name,c)&ordering(name)&limit=1", axum::body::Body::empty())
        .await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"tokens-2027-01-15.csv\"");
    let lines: Vec<&str> = answer.body.lines().collect();
    assert!(lines[0].starts_with("id,name,external_id,description,extension,status,permissions,created_at,"));
    assert!(
        lines[1].contains(",\"'=HYPERLINK(\"\"x\"\")\",") && lines[1].contains(",active,Partners,2027-01-15T"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 3);
    let none = server.stranger().await.get("/auth/tokens/export.csv").await;
    assert_eq!(none.body.lines().count(), 1);
    admin.get("/auth/tokens/export.csv?eq(nothing,1)").await.refused(400, "VAL_001");
}
