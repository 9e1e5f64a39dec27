//! Walks every route: clients without access are denied, and deleted tokens do not change.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use latchkey::{http::Access, routes};
use latchkey_shared::Role;
use rstest::rstest;

use crate::harness::{ALL, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn every_route_denies_clients_without_access_and_changes_of_deleted_tokens(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let target = admin.create("Target", &[ALL]).await;
    let id = target["id"].as_str().unwrap();
    let viewer = server.user(Role::Viewer).await;
    let without_modules = server.key(&admin.create("Without modules", &[]).await);
    let stranger = server.stranger().await;
    let strange_key = server.key(&stranger.create("Strange", &[INTEGRATIONS, PARTNERS]).await);
    let deleted = admin.create("Deleted", &[ALL]).await;
    let deleted = deleted["id"].as_str().unwrap();
    admin.delete(&format!("/auth/tokens/{deleted}")).await.expect(StatusCode::NO_CONTENT);

    let routes = routes::routes(true);
    assert!(routes.len() >= 20);
    for route in routes {
        let (method, path) = (route.method, route.path.replace("{id}", id));
        let of_token = route.path.starts_with("/auth/tokens/{id}");
        // A body that is right for no route: refusal must come first.
        let call = async |client: &crate::harness::Client<'_>| {
            let client = client.with("content-type", "application/json");
            let body = if route.path.ends_with("permissions") { "[]" } else { "{}" };
            client.send(method.clone(), &path, Body::from(body)).await
        };
        let place = format!("{method} {path}");

        for nobody in [server.anonymous(), server.anonymous().with("cookie", "latchkey=0000")] {
            let answer = call(&nobody).await;
            if route.access == Access::Public {
                assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{place}");
            } else {
                assert_eq!(answer.refused(401, "AUTH_001"), "API request is unauthorized.", "{place}");
                assert_eq!(answer.header("www-authenticate"), "ApiKey", "{place}");
            }
        }

        let weak = call(&without_modules).await.status;
        match route.access {
            Access::Public | Access::Authenticated => assert_ne!(weak, StatusCode::FORBIDDEN, "{place}"),
            // About itself, which is more than its modules allow: `own`.
            Access::Key => {}
            _ => assert_eq!(weak, StatusCode::FORBIDDEN, "{place} with a key without the module"),
        }

        // Signing out would end the viewer's session in the middle of the walk.
        if route.path != "/auth/logout" {
            let viewing = call(&viewer).await.status;
            match route.access {
                Access::Write | Access::WriteOrExchange | Access::Reveal | Access::Admin | Access::Key => {
                    assert_eq!(viewing, StatusCode::FORBIDDEN, "{place} as a viewer");
                }
                _ => assert_ne!(viewing, StatusCode::FORBIDDEN, "{place} as a viewer"),
            }
        }

        if of_token && method != Method::GET {
            let path = route.path.replace("{id}", deleted);
            let body = if route.path.ends_with("permissions") { "[]" } else { "{}" };
            let client = admin.with("content-type", "application/json");
            client.send(method.clone(), &path, Body::from(body)).await.refused(409, "CON_002");
        }

        if of_token {
            let expected = if route.access == Access::Reveal { StatusCode::FORBIDDEN } else { StatusCode::NOT_FOUND };
            assert_eq!(call(&strange_key).await.status, expected, "{place} with a key of another account");
            assert_eq!(call(&stranger).await.status, StatusCode::NOT_FOUND, "{place} from another account");
        }
    }
    let untouched = admin.get(&format!("/auth/tokens/{id}")).await;
    assert_eq!(untouched.revision(), "1", "no refused call changed anything");
}

#[tokio::test]
async fn unknown_paths_404_and_methods_405_have_the_same_shape() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    admin.get("/nothing/here").await.refused(404, "NFND_000");
    admin.delete("/accounts").await.refused(405, "REQ_001");
}

#[rstest]
#[tokio::test]
async fn malformed_id_is_404(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    for id in ["%00", "a%00b", "%ff", "%F0%9F", &"9".repeat(500), "SU-000-000-000%0a"] {
        admin.get(&format!("/auth/tokens/{id}")).await.refused(404, "NFND_000");
        admin.act(&format!("/auth/tokens/{id}/activate")).await.refused(404, "NFND_000");
        admin.get(&format!("/agreements/{id}")).await.refused(404, "NFND_000");
    }
    let body = serde_json::json!({ "email": "a\u{0}@x.y", "password": "b" });
    server.anonymous().post("/auth/login", body).await.refused(401, "AUTH_002");
    for beside in ["/public/v2/agreements", "/public/", "/public/v1x"] {
        assert_eq!(admin.get(beside).await.status, StatusCode::NOT_FOUND, "{beside}");
    }
    assert_eq!(admin.get("/healthz/").await.body, "ok\n");
}

#[rstest]
#[case::switch("deactivate", false)]
#[case::delete("", true)]
#[tokio::test]
async fn every_change_heeds_if_match_412(#[case] action: &str, #[case] delete: bool) {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}/{action}", token["id"].as_str().unwrap());
    for (tag, status) in [("\"7-active\"", 412), ("\"1-expiring\"", if delete { 204 } else { 200 })] {
        let client = admin.with("if-match", tag);
        let answer = if delete { client.delete(&path).await } else { client.act(&path).await };
        assert_eq!(answer.status.as_u16(), status, "{tag}: {}", answer.body);
    }
}
