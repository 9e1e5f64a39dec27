//! An API in observe mode lets everything pass, and what it would have refused is told by token, rule and path.

use axum::http::StatusCode;
use latchkey::{catalogue::Catalogue, gatekeeper::usage};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Database, Postgres, Server, Sqlite};

const CATALOGUE: &str = r#"
[[apis]]
name = "orders"
hosts = ["api.example.com"]
base_path = "/v2"
mode = "observe"

[[apis]]
name = "reports"
hosts = ["api.example.com"]
base_path = "/reports"

[[apis]]
name = "old"
hosts = ["old.example.com"]
base_path = "/old"
mode = "observe"

[[modules]]
id = "MD-0101"
api = "orders"
name = "Orders"
paths = ["/orders"]

[[modules]]
id = "MD-0102"
api = "orders"
name = "Orders (read)"
paths = ["GET /orders"]
"#;

/// Two APIs in observe mode and none in force, one of them on any host.
const ALL_OBSERVE: &str = r#"
[[apis]]
name = "a"
hosts = ["a.example.com"]
base_path = "/a"
mode = "observe"
assertion = true

[[apis]]
name = "b"
base_path = "/b"
mode = "observe"
public = ["GET /open"]

[[modules]]
id = "MD-0101"
api = "a"
name = "A"
paths = ["/"]
"#;

async fn start(database: Database) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.toml");
    std::fs::write(&file, CATALOGUE).unwrap();
    Server::start_with(database, &[], Catalogue::read(&file).unwrap()).await
}

async fn ask(client: &Client<'_>, method: &str, host: &str, path: &str) -> Answer {
    let client = client.with("x-forwarded-host", host).with("x-forwarded-method", method);
    client.with("x-forwarded-uri", path).with("user-agent", "job/1").get("/gateway/check").await
}

async fn flush(server: &Server) {
    usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
}

async fn observed(client: &Client<'_>, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("/auth/observed{query}")).await.expect(StatusCode::OK);
    answer.as_array().unwrap().clone()
}

fn facts(row: &Value) -> Value {
    let of = |name: &str, part: &str| if row[name].is_null() { Value::Null } else { row[name][part].clone() };
    json!([
        of("token", "name"),
        row["method"],
        row["path"],
        row["rule"],
        of("module", "name"),
        row["reason"],
        row["calls"],
        row["passes_now"]
    ])
}

#[rstest]
#[tokio::test]
async fn what_would_be_refused_passes_and_is_told(#[values(Sqlite, Postgres)] database: Database) {
    let server = start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Reader", &["MD-0102"]).await;
    let (id, key, nobody) = (token["id"].as_str().unwrap(), server.key(&token), server.anonymous());
    let at = "api.example.com";
    let answer = ask(&key, "GET", at, "/v2/orders/7").await;
    assert_eq!((answer.status, answer.header("x-token-id")), (StatusCode::OK, id));
    for _ in 0..2 {
        let answer = ask(&key, "POST", at, "/v2/orders?secret=1").await;
        assert_eq!((answer.status, answer.header("x-token-id")), (StatusCode::OK, id));
        flush(&server).await;
    }
    // Nobody's: the client's own identity never passes.
    let answer = ask(&nobody.with("x-token-id", id), "GET", at, "/v2/orders").await;
    assert_eq!((answer.status, answer.header("x-token-id")), (StatusCode::OK, ""));
    assert_eq!(ask(&key, "GET", at, "/v2/unknown").await.status, StatusCode::OK);
    flush(&server).await;
    let rows: Vec<Value> = observed(&admin, "").await.iter().map(facts).collect();
    let expected = [
        json!([null, "GET", "/v2/orders", "GET /orders", "Orders (read)", "missing", 1, false]),
        json!(["Reader", "POST", "/v2/orders", "/orders", "Orders", "module", 2, false]),
        json!(["Reader", "GET", "/v2/unknown", null, "All", "module", 1, false]),
    ];
    assert_eq!(rows.len(), expected.len(), "{rows:#?}");
    for row in expected {
        assert!(rows.contains(&row), "{row} is not in {rows:#?}");
    }
    // What is mended since is told.
    admin
        .post(&format!("/auth/tokens/{id}/permissions"), json!({ "object": { "id": "MD-0101" } }))
        .await
        .expect(StatusCode::CREATED);
    let mended = observed(&admin, "?passes_now=true").await;
    assert_eq!(
        mended.iter().map(facts).collect::<Vec<_>>(),
        [json!(["Reader", "POST", "/v2/orders", "/orders", "Orders", "module", 2, true])]
    );
    assert_eq!((&mended[0]["address"], &mended[0]["program"]), (&json!("192.0.2.7"), &json!("job/1")));
    let ordered = observed(&admin, "?ordering(passes_now,-last_at)").await;
    assert_eq!(
        ordered.iter().map(|row| row["passes_now"].as_bool().unwrap()).collect::<Vec<_>>(),
        [false, false, true]
    );
    // Nothing of another account, and nothing of nobody.
    assert_eq!(observed(&server.stranger().await, "").await, Vec::<Value>::new());
    server.clock.advance(31 * 86_400);
    assert_eq!(observed(&server.admin().await, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn key_that_is_good_for_nothing_passes_as_nobody() {
    let server = start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &["MD-0101"]).await;
    let id = token["id"].as_str().unwrap();
    let key = server.key(&token);
    admin.act(&format!("/auth/tokens/{id}/deactivate")).await.expect(StatusCode::OK);
    let answer = ask(&key, "GET", "api.example.com", "/v2/orders").await;
    assert_eq!((answer.status, answer.header("x-token-id")), (StatusCode::OK, ""));
    flush(&server).await;
    // Its token is told all the same: the holder must know.
    let rows = observed(&admin, &format!("?token.id={id}")).await;
    assert_eq!(
        rows.iter().map(facts).collect::<Vec<_>>(),
        [json!(["Key", "GET", "/v2/orders", "GET /orders", "Orders (read)", "disabled", 1, false])]
    );
}

#[tokio::test]
async fn key_from_a_forbidden_address_or_replaced_by_another_passes_as_nobody() {
    let server = Server::start_with_catalogue(ALL_OBSERVE).await;
    let admin = server.admin().await;
    let mut elsewhere = crate::harness::new_token("Elsewhere", &["MD-0101"]);
    elsewhere["allowed_addresses"] = json!(["10.0.0.0/8"]);
    let elsewhere = admin.post("/auth/tokens", elsewhere).await.expect(StatusCode::CREATED);
    let answer = ask(&server.key(&elsewhere), "GET", "a.example.com", "/a/1").await;
    let told = (answer.status, answer.header("x-token-id"), answer.header("x-token-assertion"));
    assert_eq!(told, (StatusCode::OK, "", ""));
    let rotated = admin.create("Rotated", &["MD-0101"]).await;
    admin.act(&format!("/auth/tokens/{}/rotate", rotated["id"].as_str().unwrap())).await.expect(StatusCode::OK);
    let answer = ask(&server.key(&rotated), "GET", "a.example.com", "/a/2").await;
    assert_eq!((answer.status, answer.header("x-token-id")), (StatusCode::OK, ""));
    flush(&server).await;
    let rows = observed(&admin, "?ordering(path)").await;
    let told: Vec<_> =
        rows.iter().map(|row| (row["reason"].as_str().unwrap(), row["passes_now"].as_bool().unwrap())).collect();
    // The token is good; the key that was sent will never be.
    assert_eq!(told, [("address", false), ("replaced", false)]);
}

#[tokio::test]
async fn request_to_no_api_passes_as_nobody_where_all_observe() {
    let server = Server::start_with_catalogue(ALL_OBSERVE).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &["MD-0101"]).await;
    for (host, path) in [("a.example.com", "/a//1"), ("a.example.com", "/elsewhere"), ("192.0.2.1", "/elsewhere")] {
        let answer = ask(&server.key(&token).with("x-token-id", "lie"), "GET", host, path).await;
        // Nothing is signed for an API that it may not be to.
        let told = (answer.status, answer.header("x-token-id"), answer.header("x-token-assertion"));
        assert_eq!(told, (StatusCode::OK, "", ""), "{host}{path}");
    }
    assert_ne!(ask(&server.key(&token), "GET", "a.example.com", "/a/1").await.header("x-token-assertion"), "");
    // On an API without a host beside one with a host.
    ask(&server.key(&token), "GET", "b.example.com", "/b/1").await;
    flush(&server).await;
    let passes = async || observed(&admin, "?module.id=MD-0000").await[0]["passes_now"].clone();
    assert_eq!(passes().await, json!(false));
    let id = token["id"].as_str().unwrap();
    let all = json!({ "object": { "id": "MD-0000" } });
    admin.post(&format!("/auth/tokens/{id}/permissions"), all).await.expect(StatusCode::CREATED);
    assert_eq!(passes().await, json!(true));
}

/// A path that programs read in two ways may be one of the API that is enforced.
#[tokio::test]
async fn request_that_may_be_to_an_enforced_api_is_refused() {
    let server = start(Sqlite).await;
    let nobody = server.anonymous();
    for path in ["/reports/1", "/v2/../reports/1", "/reports.json", "/elsewhere", "/v2//orders"] {
        let answer = ask(&nobody, "GET", "api.example.com", path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    for path in ["/old/1", "/old/../1", "/elsewhere", "/old//1"] {
        assert_eq!(ask(&nobody, "GET", "old.example.com", path).await.status, StatusCode::OK, "{path}");
    }
    // Where nobody knows the host, it may be any.
    ask(&nobody, "GET", "", "/old/1").await.refused(400, "VAL_001");
    // What a proxy has not sent is nobody's request.
    nobody.get("/gateway/check").await.refused(400, "VAL_001");
}

#[tokio::test]
async fn paths_that_clients_make_up_find_an_end() {
    let server = start(Sqlite).await;
    let admin = server.admin().await;
    for round in 0..2 {
        for number in 0..400 {
            ask(&server.anonymous(), "GET", "api.example.com", &format!("/v2/{round}/{number}")).await;
        }
        flush(&server).await;
    }
    let rows = observed(&admin, "?limit=1000").await;
    assert_eq!(rows.len(), 501);
    let rest = rows.iter().find(|row| row["path"] == "").unwrap();
    assert_eq!((&rest["calls"], &rest["method"], &rest["passes_now"]), (&json!(300), &json!("GET"), &json!(false)));
    // They hide no other rule, and are forgotten.
    ask(&server.anonymous(), "GET", "api.example.com", "/v2/orders/7").await;
    flush(&server).await;
    assert_eq!(
        observed(&admin, "?ordering(-last_at)&limit=1000")
            .await
            .iter()
            .filter(|row| row["path"] == "/v2/orders/7")
            .count(),
        1
    );
    server.clock.advance(31 * 86_400);
    ask(&server.anonymous(), "GET", "api.example.com", "/v2/new").await;
    flush(&server).await;
    let later = server.admin().await;
    assert_eq!(observed(&later, "").await.iter().map(|row| row["path"].clone()).collect::<Vec<_>>(), ["/v2/new"]);
    let (removed, _) = latchkey::retention::round(&server.app).await.unwrap();
    assert_eq!(removed, 502);
}

#[tokio::test]
async fn explanation_says_that_it_passes_all_the_same() {
    let server = start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &["MD-0102"]).await;
    let url = format!(
        "/auth/tokens/{}/explain?method=POST&url=https://api.example.com/v2/orders",
        token["id"].as_str().unwrap()
    );
    let told = admin.get(&url).await.expect(StatusCode::OK);
    assert_eq!((&told["allowed"], &told["observed"], &told["status"]), (&json!(false), &json!(true), &json!(403)));
    assert!(
        told["text"].as_str().unwrap().ends_with("The API is in observe mode: the request passes all the same."),
        "{told}"
    );
}
