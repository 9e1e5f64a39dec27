//! Handing a key over by a link: `/auth/tokens/{id}/hand_over` for people, `/auth/hand_over…` for who has the link.

use axum::http::StatusCode;
use latchkey::tokens::hand_over;
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Database, PARTNERS, Postgres, Server, Sqlite};

const DAY: i64 = 86_400;

fn path(token: &Value, end: &str) -> String {
    format!("/auth/tokens/{}{end}", token["id"].as_str().unwrap())
}

async fn make(server: &Server, token: &Value, body: Value) -> Value {
    server.admin().await.post(&path(token, "/hand_over"), body).await.expect(StatusCode::CREATED)
}

/// What who has the link asks.
async fn ask(server: &Server, action: &str, secret: &Value) -> Answer {
    server.anonymous().post(&format!("/auth/hand_over{action}"), json!({ "secret": secret })).await
}

async fn call(server: &Server, key: &Value) -> StatusCode {
    server.key(key).get("/agreements?limit=1").await.status
}

#[rstest]
#[tokio::test]
async fn key_is_seen_and_taken_once_by_who_has_the_link(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let link = make(&server, &token, json!({})).await;
    assert_eq!(link["expires_at"], json!(server.clock.now().plus(7 * DAY)));
    for _ in 0..2 {
        let seen = ask(&server, "", &link["secret"]).await.expect(StatusCode::OK);
        assert_eq!((&seen["name"], &seen["modules"]), (&json!("Key"), &json!(["Partners"])));
        assert_eq!((&seen["from"], &seen["taken_at"]), (&json!("Administrator"), &Value::Null));
        assert!(!seen.to_string().contains(token["token"].as_str().unwrap()));
    }
    let taken = ask(&server, "/take", &link["secret"]).await.expect(StatusCode::OK);
    assert_eq!((&taken["token"], &taken["page"]), (&token["token"], &Value::Null));
    assert_eq!(call(&server, &taken).await, StatusCode::OK);
    for action in ["", "/take", "/rotate"] {
        ask(&server, action, &link["secret"]).await.refused(404, "NFND_000");
    }
    let shown = server.admin().await.get(&path(&token, "/hand_over")).await.expect(StatusCode::OK);
    assert_eq!((&shown["taken_at"], shown.get("secret")), (&json!(server.clock.now()), None));
    let trail = server.trail().await;
    let of_links: Vec<&str> = trail.iter().filter(|line| line.contains("hand_over")).map(String::as_str).collect();
    let wanted = [
        "Administrator token.hand_over_created Key",
        "Key token.hand_over_opened Key",
        "Key token.hand_over_taken Key",
    ];
    assert_eq!(of_links, wanted);
}

#[rstest]
#[tokio::test]
async fn of_two_who_take_a_key_at_once_one_gets_it(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let link = make(&server, &token, json!({ "may_rotate": true })).await;
    let answers = tokio::join!(ask(&server, "/take", &link["secret"]), ask(&server, "/take", &link["secret"]));
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}

#[rstest]
#[tokio::test]
async fn holder_rotates_from_a_page_that_the_link_does_not_open(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let link = make(&server, &token, json!({ "may_rotate": true })).await;
    let taken = ask(&server, "/take", &link["secret"]).await.expect(StatusCode::OK);
    ask(&server, "/rotate", &link["secret"]).await.refused(404, "NFND_000");
    server.clock.advance(8 * DAY);
    let body = json!({ "secret": taken["page"], "overlap": 3600 });
    let rotated = server.anonymous().post("/auth/hand_over/rotate", body).await.expect(StatusCode::OK);
    assert_ne!(rotated["token"], taken["token"]);
    assert_eq!((call(&server, &rotated).await, call(&server, &taken).await), (StatusCode::OK, StatusCode::OK));
    let seen = ask(&server, "", &taken["page"]).await.expect(StatusCode::OK);
    assert_eq!(seen["previous_expiration_date"], json!(server.clock.now().plus(3600)));
    server.clock.advance(3600);
    assert_eq!(call(&server, &taken).await, StatusCode::UNAUTHORIZED);
    assert!(server.trail().await.contains(&"Key token.rotated Key".to_owned()));

    let admin = server.admin().await;
    assert_eq!(admin.delete(&path(&token, "/hand_over")).await.status, StatusCode::NO_CONTENT);
    ask(&server, "/rotate", &taken["page"]).await.refused(404, "NFND_000");
    assert_eq!(call(&server, &rotated).await, StatusCode::OK, "the key itself goes on");
}

#[rstest]
#[tokio::test]
async fn link_ends_when_it_expires_is_withdrawn_or_replaced(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let first = make(&server, &token, json!({ "days": 1 })).await;
    let second = make(&server, &token, json!({ "days": 1 })).await;
    ask(&server, "", &first["secret"]).await.refused(404, "NFND_000");
    server.clock.advance(DAY - 1);
    ask(&server, "", &second["secret"]).await.expect(StatusCode::OK);
    hand_over::expire(&server.app).await.unwrap();
    server.clock.advance(1);
    ask(&server, "/take", &second["secret"]).await.refused(404, "NFND_000");
    hand_over::expire(&server.app).await.unwrap();
    let link = server.admin().await.get(&path(&token, "/hand_over")).await.expect(StatusCode::OK);
    assert_eq!(link, json!(null), "an expired link is removed");
    assert_eq!(server.trail().await.last().unwrap(), "Administrator user.signed_in Administrator");
    assert!(server.trail().await.contains(&"Administrator token.hand_over_expired Key".to_owned()));
    let third = make(&server, &token, json!({})).await;
    assert_eq!(server.admin().await.delete(&path(&token, "/hand_over")).await.status, StatusCode::NO_CONTENT);
    ask(&server, "/take", &third["secret"]).await.refused(404, "NFND_000");
}

#[tokio::test]
async fn link_of_a_deleted_token_or_of_a_disabled_user_gives_nothing() {
    let server = Server::start(Sqlite).await;
    let (admin, member) = (server.admin().await, server.user(Role::Member).await);
    let token = admin.create("Key", &[PARTNERS]).await;
    let of_member = member.post(&path(&token, "/hand_over"), json!({})).await.expect(StatusCode::CREATED);
    let id = member.get("/auth/context").await.expect(StatusCode::OK)["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        admin.put(&format!("/auth/users/{id}"), json!({ "disabled": true })).await.status,
        StatusCode::NO_CONTENT
    );
    ask(&server, "/take", &of_member["secret"]).await.refused(404, "NFND_000");

    let link = make(&server, &token, json!({})).await;
    admin.act(&path(&token, "/deactivate")).await.expect(StatusCode::OK);
    ask(&server, "/take", &link["secret"]).await.refused(409, "CON_002");
    admin.act(&path(&token, "/activate")).await.expect(StatusCode::OK);
    assert_eq!(admin.delete(&path(&token, "")).await.status, StatusCode::NO_CONTENT);
    ask(&server, "", &link["secret"]).await.refused(404, "NFND_000");
    ask(&server, "/take", &link["secret"]).await.refused(404, "NFND_000");
}

/// The answer was lost: the same client asks again.
#[tokio::test]
async fn key_is_given_once_more_to_the_client_that_took_it_until_something_changes() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let take = async |link: &Value, page: &str| {
        let body = json!({ "secret": link["secret"], "page": page });
        server.anonymous().post("/auth/hand_over/take", body).await
    };
    let (page, other) = ("0123456789abcdef".repeat(4), "f".repeat(64));
    let link = make(&server, &token, json!({ "may_rotate": true })).await;
    server.clock.advance(1);
    let wrong = take(&link, "mine").await.refused(400, "VAL_001");
    assert_eq!(wrong, "page: must be 64 lower-case hex digits");
    let first = take(&link, &page).await.expect(StatusCode::OK);
    assert_eq!(first["page"], page.as_str());
    assert_eq!(take(&link, &page).await.expect(StatusCode::OK), first);
    take(&link, &other).await.refused(404, "NFND_000");
    let taken = server.trail().await.iter().filter(|line| line.contains("hand_over_taken")).count();
    assert_eq!(taken, 1);
    // A rotation that shuts the holder out does not hand them the new key.
    admin.post(&path(&token, "/rotate"), json!({})).await.expect(StatusCode::OK);
    take(&link, &page).await.refused(404, "NFND_000");

    let link = make(&server, &token, json!({})).await;
    server.clock.advance(1);
    let first = take(&link, &other).await.expect(StatusCode::OK);
    assert_eq!(first["page"], json!(null));
    server.clock.advance(600);
    assert_eq!(take(&link, &other).await.expect(StatusCode::OK), first);
    server.clock.advance(1);
    take(&link, &other).await.refused(404, "NFND_000");
    ask(&server, "", &json!(other)).await.refused(404, "NFND_000");
}

#[tokio::test]
async fn link_is_made_by_people_who_gave_their_password_recently() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let wrong = admin.post(&path(&token, "/hand_over"), json!({ "days": 31 })).await.refused(400, "VAL_001");
    assert_eq!(wrong, "days: must be a whole number from 1 to 30");
    let viewer = server.user(Role::Viewer).await;
    viewer.post(&path(&token, "/hand_over"), json!({})).await.refused(403, "AUTH_003");
    let stranger = server.stranger().await;
    stranger.post(&path(&token, "/hand_over"), json!({})).await.refused(404, "NFND_000");
    stranger.delete(&path(&token, "/hand_over")).await.refused(404, "NFND_000");
    server.clock.advance(2 * 3600);
    admin.post(&path(&token, "/hand_over"), json!({})).await.refused(403, "AUTH_004");
}
