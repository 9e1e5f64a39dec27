//! Walks every route that there is: who has no business there is refused, in the right way.

use axum::{body::Body, http::StatusCode};
use latchkey::{app, http::Needs};
use latchkey_shared::Role;
use rstest::rstest;

use crate::harness::{ALL, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite};

#[rstest]
#[tokio::test]
async fn every_route_refuses_who_has_no_business_there(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let target = admin.create("Target", &[ALL]).await;
    let id = target["id"].as_str().unwrap();
    let viewer = server.user(Role::Viewer).await;
    let without_modules = server.key(&admin.create("Without modules", &[]).await);
    let stranger = server.stranger().await;
    let strange_key = server.key(&stranger.create("Strange", &[INTEGRATIONS, PARTNERS]).await);

    let routes = app::routes(true);
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

        let nobody = call(&server.anonymous()).await.status;
        match route.needs {
            Needs::Nothing => assert_ne!(nobody, StatusCode::UNAUTHORIZED, "{place}"),
            _ => assert_eq!(nobody, StatusCode::UNAUTHORIZED, "{place} without credentials"),
        }

        let weak = call(&without_modules).await.status;
        match route.needs {
            Needs::Nothing | Needs::Identity => assert_ne!(weak, StatusCode::FORBIDDEN, "{place}"),
            _ => assert_eq!(weak, StatusCode::FORBIDDEN, "{place} with a key without the module"),
        }

        // Signing out would end the viewer's session in the middle of the walk.
        if route.path != "/auth/logout" {
            let viewing = call(&viewer).await.status;
            match route.needs {
                Needs::Changing | Needs::Revealing => assert_eq!(viewing, StatusCode::FORBIDDEN, "{place} as a viewer"),
                _ => assert_ne!(viewing, StatusCode::FORBIDDEN, "{place} as a viewer"),
            }
        }

        if of_token {
            let expected = if route.needs == Needs::Revealing { StatusCode::FORBIDDEN } else { StatusCode::NOT_FOUND };
            assert_eq!(call(&strange_key).await.status, expected, "{place} with a key of another account");
            assert_eq!(call(&stranger).await.status, StatusCode::NOT_FOUND, "{place} from another account");
        }
    }
    let untouched = admin.get(&format!("/auth/tokens/{id}")).await;
    assert_eq!(untouched.header("etag"), "\"1\"", "no refused call changed anything");
}

#[tokio::test]
async fn unknown_paths_404_and_methods_405_have_the_same_shape() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    admin.get("/nothing/here").await.refused(404, "NFND_000");
    admin.delete("/accounts").await.refused(405, "REQ_001");
}
