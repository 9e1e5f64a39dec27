//! `/modules` and `/extensions`.

use axum::http::StatusCode;

use crate::harness::{ALL, INTEGRATIONS, PARTNERS, Server, Sqlite, new_token};

#[tokio::test]
async fn every_valid_caller_reads_the_catalogue_200() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let key = server.key(&admin.create("No modules", &[]).await);
    for client in [&admin, &key] {
        let modules = client.get("/modules?limit=2").await;
        assert_eq!(modules.header("content-range"), "items 0-1/23");
        assert_eq!(modules.expect(StatusCode::OK)[0]["name"], "All");
        let extensions = client.get("/extensions/").await.expect(StatusCode::OK);
        let names: Vec<_> = extensions.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["custom", "reports", "zapier", "flowgear"]);
        assert_eq!(client.get("/modules/MD-0002").await.expect(StatusCode::OK)["name"], "Partners");
        assert_eq!(client.get("/extensions/EXT-000-003").await.expect(StatusCode::OK)["credential"], "handle");
    }
}

#[tokio::test]
async fn bad_query_400_nobody_401_unknown_404() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    for query in ["eq(colour,red)", "ordering(paths)", "eq(name,"] {
        admin.get(&format!("/modules?{query}")).await.refused(400, "VAL_001");
    }
    admin.get("/modules/MD-9999").await.refused(404, "NFND_000");
    admin.get("/extensions/EXT-999-999").await.refused(404, "NFND_000");
    for path in ["/modules", "/extensions", "/modules/MD-0002", "/extensions/EXT-000-003"] {
        server.anonymous().get(path).await.refused(401, "AUTH_001");
    }
}

#[tokio::test]
async fn lists_without_a_table_are_filtered_searched_and_ordered_alike() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[INTEGRATIONS, PARTNERS]).await;
    let permissions = format!("/auth/tokens/{}/permissions", token["id"].as_str().unwrap());
    let ids = async |path: &str| -> Vec<String> {
        let rows = admin.get(path).await.expect(StatusCode::OK);
        rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("/modules?eq(id,MD-0002)").await, ["MD-0002"]);
    assert_eq!(ids("/modules?search=zzz").await, Vec::<String>::new());
    assert_eq!(ids("/modules?search=partners&ordering(-id)&limit=1").await.len(), 1);
    assert_eq!(ids("/extensions?name=zapier").await, ["EXT-000-003"]);
    assert_eq!(ids("/accounts?type=vendor").await.len(), 1);
    assert_eq!(ids("/accounts?type=provider").await.len(), 0);
    assert_eq!(ids(&format!("{permissions}?ordering(-object.id)&limit=1")).await.len(), 1);
    let partners = admin.get(&format!("{permissions}?object.id=MD-0002")).await;
    assert_eq!(partners.header("content-range"), "items 0-0/1");
    assert_eq!(ids("/agreements?forms.id=FRM-001-001&limit=1").await.len(), 1);
}

/// A login service of the team's own, under the path that Latchkey's token routes begin with.
#[tokio::test]
async fn module_of_a_path_that_covers_the_token_routes_does_not_manage_tokens() {
    let text = r#"
        [[modules]]
        id = "MD-0101"
        name = "Login"
        paths = ["/auth", "/statistics"]

        [[extensions]]
        id = "EXT-000-001"
        name = "custom"
        title = "Custom"
        credential = "api-key"
        permissions = "ask"
    "#;
    let server = Server::start_with_catalogue(text).await;
    let admin = server.admin().await;
    let login = admin.create("Login", &["MD-0101"]).await;
    let key = server.key(&login);
    key.get("/auth/tokens").await.refused(403, "AUTH_003");
    key.post("/auth/tokens", new_token("Planted", &["MD-0101"])).await.refused(403, "AUTH_003");
    key.delete(&format!("/auth/tokens/{}", login["id"].as_str().unwrap())).await.refused(403, "AUTH_003");
    let form = key.with("content-type", "application/x-www-form-urlencoded");
    form.act("/oauth2/introspect").await.refused(403, "AUTH_003");
    let gateway = key.with("x-forwarded-method", "POST").with("x-forwarded-uri", "/auth/tokens");
    assert_eq!(gateway.get("/gateway/check").await.status, StatusCode::OK, "the gateway's paths are the team's own");
    // In a catalogue that does not say otherwise, All is the API's alone.
    let all = server.key(&admin.create("All", &[ALL]).await);
    all.get("/auth/tokens").await.refused(403, "AUTH_003");
    all.post("/auth/tokens", new_token("Planted", &[INTEGRATIONS])).await.refused(403, "AUTH_003");
    let manager = server.key(&admin.create("Manager", &[INTEGRATIONS]).await);
    assert_eq!(manager.get("/auth/tokens").await.status, StatusCode::OK);
    manager.post("/auth/tokens", new_token("Planted", &[ALL])).await.refused(403, "AUTH_003");
}
