//! A caller who is revoked while the body of a request is still on its way: the request changes nothing.

use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode},
};
use futures_util::stream;
use latchkey::{http::Access, routes};
use latchkey_shared::Role;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::harness::{
    ALL, Answer, Client, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, ZAPIER, new_token,
};

/// Every route that reads a body and asks who calls: the body that would be taken there.
fn body(method: &Method, path: &str) -> Option<Value> {
    match (method.as_str(), path) {
        ("POST", "/auth/tokens") => Some(new_token("Late", &[PARTNERS])),
        ("POST", "/auth/tokens/bulk") => Some(json!({ "action": "disable", "query": "eq(name,Target)" })),
        ("PUT", "/auth/tokens/{id}") => Some(json!({ "name": "Late" })),
        ("POST", "/auth/tokens/{id}/renew" | "/auth/tokens/{id}/rotate") => Some(json!({ "expiration_date": null })),
        ("POST", "/auth/tokens/{id}/overlap") => Some(json!({ "overlap": 60 })),
        ("POST", "/auth/tokens/{id}/permissions") => Some(json!([{ "object": { "id": INTEGRATIONS } }])),
        ("DELETE", "/auth/tokens/{id}/permissions") => Some(json!([{ "object": { "id": PARTNERS } }])),
        _ => None,
    }
}

/// Sends a request whose body stops after its first byte, does `meanwhile` once somebody waits for the rest, and sends
/// it.
async fn held_back(
    client: &Client<'_>,
    method: Method,
    path: &str,
    body: &Value,
    meanwhile: impl AsyncFnOnce(),
) -> Answer {
    let text = body.to_string();
    let (first, rest) = text.split_at(1);
    let (first, rest) = (Bytes::from(first.to_owned()), Bytes::from(rest.to_owned()));
    let (waits, waiting) = oneshot::channel::<()>();
    let (send, sent) = oneshot::channel::<()>();
    let pieces = stream::unfold((0, Some((waits, sent))), move |(piece, channels)| {
        let (first, rest) = (first.clone(), rest.clone());
        async move {
            match (piece, channels) {
                (0, channels) => Some((Ok::<_, std::convert::Infallible>(first), (1, channels))),
                (1, Some((waits, sent))) => {
                    waits.send(()).unwrap();
                    sent.await.unwrap();
                    Some((Ok(rest), (2, None)))
                }
                _ => None,
            }
        }
    });
    let client = client.with("content-type", "application/json");
    let request = client.send(method, path, Body::from_stream(pieces));
    let revocation = async {
        waiting.await.expect("nobody reads the body");
        meanwhile().await;
        send.send(()).unwrap();
    };
    tokio::join!(request, revocation).0
}

#[derive(Debug, Clone, Copy)]
enum Revocation {
    Disabled,
    Deleted,
    Rotated,
    Expired,
    WithoutIntegrations,
    AnotherAddress,
}

#[rstest]
#[tokio::test]
async fn key_revoked_before_its_body_has_arrived_changes_nothing(
    #[values(Sqlite, Postgres)] database: Database,
    #[values(
        Revocation::Disabled,
        Revocation::Deleted,
        Revocation::Rotated,
        Revocation::Expired,
        Revocation::WithoutIntegrations,
        Revocation::AnotherAddress
    )]
    revocation: Revocation,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut tried = 0;
    for route in routes::routes(true) {
        let Some(body) = body(&route.method, &route.path) else { continue };
        let target = admin.create("Target", &[PARTNERS]).await;
        let target = format!("/auth/tokens/{}", target["id"].as_str().unwrap());
        let mut new = new_token("Caller", &[INTEGRATIONS, PARTNERS]);
        new["expiration_date"] = json!(server.clock.now().plus(60));
        let caller = admin.post("/auth/tokens", new).await.expect(StatusCode::CREATED);
        let own = format!("/auth/tokens/{}", caller["id"].as_str().unwrap());
        let before = (server.trail().await.len(), admin.get(&target).await.body);
        let path = route.path.replace("/auth/tokens/{id}", &target);
        let answer = held_back(&server.key(&caller), route.method.clone(), &path, &body, async || {
            let status = match revocation {
                Revocation::Disabled => admin.act(&format!("{own}/deactivate")).await.status,
                Revocation::Deleted => admin.delete(&own).await.status,
                Revocation::Rotated => admin.act(&format!("{own}/rotate")).await.status,
                Revocation::WithoutIntegrations => {
                    let body = json!({ "object": { "id": INTEGRATIONS } });
                    admin.json(Method::DELETE, &format!("{own}/permissions"), body).await.status
                }
                Revocation::AnotherAddress => {
                    admin.put(&own, json!({ "allowed_addresses": ["203.0.113.0/24"] })).await.status
                }
                Revocation::Expired => {
                    server.clock.advance(60);
                    StatusCode::OK
                }
            };
            assert!(status.is_success(), "{revocation:?}: {status}");
        })
        .await;
        match revocation {
            Revocation::WithoutIntegrations => answer.refused(403, "AUTH_003"),
            Revocation::AnotherAddress => answer.refused(403, "AUTH_006"),
            _ => answer.refused(401, "AUTH_001"),
        };
        let revoked = usize::from(!matches!(revocation, Revocation::Expired));
        let after = (server.trail().await.len() - revoked, admin.get(&target).await.body);
        assert_eq!(after, before, "{} {path}", route.method);
        tried += 1;
    }
    assert_eq!(tried, 8);
}

#[derive(Debug, Clone, Copy)]
enum Ending {
    SignedOut,
    UserDisabled,
    RoleViewer,
}

#[rstest]
#[tokio::test]
async fn session_ended_before_its_body_has_arrived_changes_nothing(
    #[values(Sqlite, Postgres)] database: Database,
    #[values(Ending::SignedOut, Ending::UserDisabled, Ending::RoleViewer)] ending: Ending,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let account = server.app.store.first_account().await.unwrap().unwrap();
    for (number, route) in routes::routes(true).into_iter().enumerate() {
        let Some(body) = body(&route.method, &route.path) else { continue };
        let target = admin.create("Target", &[PARTNERS]).await;
        let target = format!("/auth/tokens/{}", target["id"].as_str().unwrap());
        let name = format!("member{number}");
        let member = server.add_user(&account.id, &name, Role::Member).await;
        let before = admin.get(&target).await.body;
        let path = route.path.replace("/auth/tokens/{id}", &target);
        let answer = held_back(&member, route.method.clone(), &path, &body, async || match ending {
            Ending::SignedOut => assert_eq!(member.act("/auth/logout").await.status, StatusCode::NO_CONTENT),
            Ending::UserDisabled => server.change_user(&name, |user| user.disabled = true).await,
            Ending::RoleViewer => server.change_user(&name, |user| user.role = "viewer".to_owned()).await,
        })
        .await;
        match ending {
            Ending::RoleViewer => answer.refused(403, "AUTH_003"),
            _ => answer.refused(401, "AUTH_001"),
        };
        assert_eq!(admin.get(&target).await.body, before, "{} {path}", route.method);
    }
}

/// Trades a handle: the caller is revoked, or the token whose handle it is.
#[rstest]
#[tokio::test]
async fn handle_is_not_exchanged_once_caller_or_token_is_disabled(
    #[values(Sqlite, Postgres)] database: Database,
    #[values(true, false)] caller_is_disabled: bool,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let caller = admin.create("Caller", &[ALL]).await;
    let new = json!({ "name": "Zap", "extension": { "id": ZAPIER } });
    let zap = admin.post("/auth/tokens", new).await.expect(StatusCode::CREATED);
    let disabled = if caller_is_disabled { &caller } else { &zap };
    let body = json!({ "handle": zap["handle"] });
    let answer = held_back(&server.key(&caller), Method::POST, "/auth/tokens", &body, async || {
        let path = format!("/auth/tokens/{}/deactivate", disabled["id"].as_str().unwrap());
        admin.act(&path).await.expect(StatusCode::OK);
    })
    .await;
    if caller_is_disabled {
        answer.refused(401, "AUTH_001");
    } else {
        answer.refused(400, "VAL_001");
    }
    assert!(!answer.body.contains(zap["token"].as_str().unwrap()));
}

#[test]
fn every_route_with_a_body_is_tried() {
    for route in routes::routes(true) {
        let changes = matches!(route.access, Access::Write | Access::WriteOrExchange);
        let bodiless = ["activate", "deactivate"].iter().any(|action| route.path.ends_with(action))
            || (route.method == Method::DELETE && route.path == "/auth/tokens/{id}");
        assert_eq!(body(&route.method, &route.path).is_some(), changes && !bodiless, "{} {}", route.method, route.path);
    }
}
