//! Users as an admin manages them, their invitations, and what users do with their own sessions and password.

use axum::http::StatusCode;
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{ADMIN, Answer, Database, PASSWORD, Postgres, Server, Sqlite};

const NEW: &str = "another horse in a battery 7";

async fn invite(server: &Server, email: &str, role: &str) -> Value {
    let body = json!({ "email": email, "name": "Ada", "role": role });
    server.admin().await.post("/auth/users", body).await.expect(StatusCode::CREATED)
}

async fn follow(server: &Server, secret: &Value, password: Option<&str>) -> Answer {
    server.anonymous().post("/auth/invitation", json!({ "secret": secret, "password": password })).await
}

async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    server.anonymous().post("/auth/login", json!({ "email": email, "password": password })).await
}

#[rstest]
#[tokio::test]
async fn invited_user_sets_a_password_once_and_signs_in(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let invitation = invite(&server, " Ada@Example.com", "member").await;
    sign_in(&server, "ada@example.com", "").await.refused(401, "AUTH_002");
    let shown = follow(&server, &invitation["secret"], None).await.expect(StatusCode::OK);
    assert_eq!((shown["email"].as_str(), shown["name"].as_str()), (Some("ada@example.com"), Some("Ada")));
    let weak = follow(&server, &invitation["secret"], Some("password")).await.refused(400, "VAL_001");
    assert!(weak.starts_with("password: must have at least"), "{weak}");
    assert_eq!(follow(&server, &invitation["secret"], Some(NEW)).await.status, StatusCode::NO_CONTENT);
    follow(&server, &invitation["secret"], Some(NEW)).await.refused(404, "NFND_000");
    let context = sign_in(&server, "ada@example.com", NEW).await.expect(StatusCode::OK);
    assert_eq!(context["user"]["role"], "member");
    let users = server.admin().await.get("/auth/users").await.expect(StatusCode::OK);
    let ada = users.as_array().unwrap().iter().find(|user| user["name"] == "Ada").unwrap().clone();
    assert_eq!((&ada["sessions"], &ada["invited_until"]), (&json!(1), &Value::Null));
    let trail = server.trail().await;
    assert!(
        trail.contains(&"Administrator user.added Ada".to_owned())
            && trail.contains(&"Ada user.password_set Ada".to_owned()),
        "{trail:?}"
    );
}

#[tokio::test]
async fn invitation_expires_and_is_replaced_by_a_newer_one() {
    let server = Server::start(Sqlite).await;
    let first = invite(&server, "ada@example.com", "viewer").await;
    let path = format!("/auth/users/{}/invite", first["user_id"].as_str().unwrap());
    let second = server.admin().await.act(&path).await.expect(StatusCode::OK);
    follow(&server, &first["secret"], None).await.refused(404, "NFND_000");
    server.clock.advance(7 * 86_400 - 1);
    follow(&server, &second["secret"], None).await.expect(StatusCode::OK);
    server.clock.advance(1);
    follow(&server, &second["secret"], Some(NEW)).await.refused(404, "NFND_000");
}

#[rstest]
#[tokio::test]
async fn disabled_user_is_signed_out_and_loses_the_invitation(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let member = server.user(Role::Member).await;
    let id = member.get("/auth/context").await.expect(StatusCode::OK)["user"]["id"].as_str().unwrap().to_owned();
    let admin = server.admin().await;
    let invitation = admin.act(&format!("/auth/users/{id}/invite")).await.expect(StatusCode::OK);
    let path = format!("/auth/users/{id}");
    assert_eq!(admin.put(&path, json!({ "disabled": true })).await.status, StatusCode::NO_CONTENT);
    member.get("/auth/context").await.refused(401, "AUTH_001");
    follow(&server, &invitation["secret"], Some(NEW)).await.refused(404, "NFND_000");
    assert_eq!(admin.put(&path, json!({ "disabled": false, "role": "viewer" })).await.status, StatusCode::NO_CONTENT);
    let users = admin.get("/auth/users").await.expect(StatusCode::OK);
    let user = users.as_array().unwrap().iter().find(|user| user["id"] == *id).unwrap();
    assert_eq!((&user["role"], &user["disabled"]), (&json!("viewer"), &json!(false)));
}

#[tokio::test]
async fn changed_role_acts_on_the_next_request_and_signing_out_ends_all_sessions() {
    let server = Server::start(Sqlite).await;
    let member = server.user(Role::Member).await;
    let id = member.get("/auth/context").await.expect(StatusCode::OK)["user"]["id"].as_str().unwrap().to_owned();
    let admin = server.admin().await;
    admin.put(&format!("/auth/users/{id}"), json!({ "role": "viewer" })).await;
    member.post("/auth/tokens", json!({ "name": "x" })).await.refused(403, "AUTH_003");
    assert_eq!(admin.act(&format!("/auth/users/{id}/sign_out")).await.status, StatusCode::NO_CONTENT);
    member.get("/auth/context").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn admin_cannot_change_themself_nor_users_of_another_account() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let own = admin.get("/auth/context").await.expect(StatusCode::OK)["user"]["id"].as_str().unwrap().to_owned();
    admin.put(&format!("/auth/users/{own}"), json!({ "role": "viewer" })).await.refused(409, "CON_002");
    admin.put(&format!("/auth/users/{own}"), json!({ "disabled": true })).await.refused(409, "CON_002");
    let stranger = server.stranger().await;
    stranger.put(&format!("/auth/users/{own}"), json!({ "disabled": true })).await.refused(404, "NFND_000");
    stranger.act(&format!("/auth/users/{own}/invite")).await.refused(404, "NFND_000");
    assert!(!stranger.get("/auth/users").await.body.contains(ADMIN));
    server.clock.advance(2 * 3600);
    let body = json!({ "email": "ada@example.com", "name": "Ada", "role": "admin" });
    admin.post("/auth/users", body).await.refused(403, "AUTH_004");
}

#[rstest]
#[case(json!({ "email": "ada", "name": "Ada", "role": "member" }), "email: must be an e-mail address")]
#[case(json!({ "email": "ada@example.com", "name": " ", "role": "member" }), "name: is required")]
#[case(json!({ "email": "ada@example.com", "name": "Ada", "role": "king" }), "role: unknown variant `king`, expected one of `viewer`, `member`, `admin`")]
#[tokio::test]
async fn wrong_invitation_is_named_400(#[case] body: Value, #[case] expected: &str) {
    let server = Server::start(Sqlite).await;
    assert_eq!(server.admin().await.post("/auth/users", body).await.refused(400, "VAL_001"), expected);
    let taken = json!({ "email": ADMIN.to_uppercase(), "name": "Ada", "role": "viewer" });
    server.admin().await.post("/auth/users", taken).await.refused(409, "CON_002");
}

#[rstest]
#[tokio::test]
async fn own_sessions_are_listed_and_ended_and_a_new_password_ends_the_others(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let (here, there, third) = (server.admin().await, server.admin().await, server.admin().await);
    let sessions = here.get("/auth/sessions").await.expect(StatusCode::OK);
    let sessions = sessions.as_array().unwrap();
    assert_eq!((sessions.len(), sessions.iter().filter(|session| session["current"] == true).count()), (3, 1));
    let of_there = there.get("/auth/sessions").await.expect(StatusCode::OK);
    let id = of_there.as_array().unwrap().iter().find(|session| session["current"] == true).unwrap()["id"].clone();
    let path = format!("/auth/sessions/{}", id.as_str().unwrap());
    server.stranger().await.delete(&path).await.refused(404, "NFND_000");
    assert_eq!(here.delete(&path).await.status, StatusCode::NO_CONTENT);
    there.get("/auth/context").await.refused(401, "AUTH_001");

    let own = here.get("/auth/context").await.expect(StatusCode::OK)["user"]["id"].as_str().unwrap().to_owned();
    let link = here.act(&format!("/auth/users/{own}/invite")).await.expect(StatusCode::OK);
    let change = |current: &str, password: &str| json!({ "current": current, "password": password });
    let wrong = here.post("/auth/password", change("wrong", NEW)).await.refused(400, "VAL_001");
    assert_eq!(wrong, "current: is not your password");
    here.post("/auth/password", change(PASSWORD, "short")).await.refused(400, "VAL_001");
    assert_eq!(here.post("/auth/password", change(PASSWORD, NEW)).await.status, StatusCode::NO_CONTENT);
    here.get("/auth/context").await.expect(StatusCode::OK);
    follow(&server, &link["secret"], Some("yet another horse 8 battery")).await.refused(404, "NFND_000");
    third.get("/auth/context").await.refused(401, "AUTH_001");
    sign_in(&server, ADMIN, PASSWORD).await.refused(401, "AUTH_002");
    sign_in(&server, ADMIN, NEW).await.expect(StatusCode::OK);
}
