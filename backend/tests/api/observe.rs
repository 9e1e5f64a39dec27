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
    assert_eq!((&rest["calls"], &rest["passes_now"]), (&json!(300), &json!(false)));
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
