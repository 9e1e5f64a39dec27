//! A catalogue with APIs of a team's own, at the gateway: hosts and base paths, methods, forms of the key, what needs none.

use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use latchkey::{
    catalogue::Catalogue,
    gatekeeper::{Modules, Opener, apis::Original},
};
use serde_json::Value;

use crate::harness::{Answer, Client, Server, header_value};

const ORDERS: &str = "MD-0101";
pub const ORDERS_READ: &str = "MD-0102";
const REPORTS: &str = "MD-0201";

const CATALOGUE: &str = r#"
[[apis]]
name = "orders"
url = "https://api.example.com/v2"
hosts = ["api.example.com"]
base_path = "/v2"
credentials = ["bearer", "basic", "x-api-key"]
public = ["GET /health", "/docs"]
preflight = true
origins = ["https://app.example.com"]

[[apis]]
name = "reports"
hosts = ["reports.example.com"]
credentials = ["x-report-key"]
anonymous = true

[[modules]]
id = "MD-0101"
api = "orders"
name = "Orders"
paths = ["/orders", "/docs/internal"]

[[modules]]
id = "MD-0102"
api = "orders"
name = "Orders (read)"
paths = ["GET /orders"]

[[modules]]
id = "MD-0201"
api = "reports"
name = "Reports"
paths = ["/"]
"#;

pub async fn start() -> Server {
    Server::start_with_catalogue(CATALOGUE).await
}

fn pair(token: &Value) -> String {
    header_value(token).replace("ApiKey ", "")
}

/// Asks as a proxy does about a request to the first API, unless another host is named.
async fn ask(client: &Client<'_>, method: &str, url: &str) -> Answer {
    let (host, path) = url.split_at(url.find('/').unwrap());
    let host = if host.is_empty() { "api.example.com" } else { host };
    let client = client.with("x-forwarded-host", host).with("x-forwarded-method", method).with("x-forwarded-uri", path);
    client.get("/gateway/check").await
}

fn passes_without_a_token(answer: &Answer) {
    assert_eq!((answer.status, answer.header("x-token-id")), (StatusCode::OK, ""), "{}", answer.body);
    for name in ["x-token-name", "x-token-external-id", "x-token-extension", "x-account-id", "x-token-modules"] {
        assert_eq!(answer.header(name), "", "the client's own must not pass");
    }
}

#[tokio::test]
async fn key_is_taken_in_the_forms_of_the_api_and_in_no_other() {
    let server = start().await;
    let token = server.admin().await.create("Key", &[ORDERS, REPORTS]).await;
    let (pair, anonymous) = (pair(&token), server.anonymous());
    let forms = [
        ("authorization", format!("Bearer {pair}")),
        ("authorization", format!("Basic {}", STANDARD.encode(&pair))),
        ("x-api-key", pair.clone()),
        ("x-api-key", format!("ApiKey {pair}")),
    ];
    for (name, value) in &forms {
        let answer = ask(&anonymous.with(name, value), "POST", "/v2/orders").await;
        assert_eq!(
            (answer.status, answer.header("x-token-id")),
            (StatusCode::OK, token["id"].as_str().unwrap()),
            "{value}"
        );
    }
    for (name, value) in [("authorization", format!("ApiKey {pair}")), ("x-report-key", pair.clone())] {
        let answer = ask(&anonymous.with(name, &value), "POST", "/v2/orders").await;
        answer.refused(401, "AUTH_001");
        assert_eq!(answer.header("www-authenticate"), "Bearer, Basic realm=\"API key\", ApiKey header=\"x-api-key\"");
    }
    // Two at once, or a key in the query: another program could read the other one, or a log could have it.
    let both = anonymous.with(forms[0].0, &forms[0].1).with(forms[2].0, &forms[2].1);
    ask(&both, "POST", "/v2/orders").await.refused(401, "AUTH_001");
    ask(&anonymous, "POST", &format!("/v2/orders?x-api-key={pair}")).await.refused(401, "AUTH_001");
    // The other API has a header of its own: Authorization is its users'.
    let report = anonymous.with("x-report-key", &pair).with("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
    assert_eq!(ask(&report, "GET", "reports.example.com/a").await.status, StatusCode::OK);
}

#[tokio::test]
async fn method_is_a_part_of_the_rule() {
    let server = start().await;
    let admin = server.admin().await;
    let [reads, writes] = [admin.create("Reads", &[ORDERS_READ]).await, admin.create("Writes", &[ORDERS]).await];
    let [reads, writes] = [&reads, &writes].map(|token| server.anonymous().with("x-api-key", &pair(token)));
    for method in ["GET", "HEAD"] {
        assert_eq!(ask(&reads, method, "/v2/orders/7").await.status, StatusCode::OK, "{method}");
    }
    for method in ["POST", "DELETE", "PROPFIND"] {
        let missing = ask(&reads, method, "/v2/orders/7").await.refused(403, "AUTH_003");
        assert!(missing.contains("module Orders (MD-0101)"), "{missing}");
        assert_eq!(ask(&writes, method, "/v2/orders/7").await.status, StatusCode::OK, "{method}");
    }
    // What no rule is for is for All.
    ask(&writes, "GET", "/v2/customers").await.refused(403, "AUTH_003");
}

#[tokio::test]
async fn api_is_chosen_by_host_and_base_path() {
    let server = start().await;
    let token = server.admin().await.create("Key", &[ORDERS, REPORTS]).await;
    let key = server.anonymous().with("x-api-key", &pair(&token)).with("x-report-key", &pair(&token));
    assert_eq!(ask(&key, "GET", "API.example.com:443/v2/orders").await.status, StatusCode::OK);
    assert_eq!(ask(&key, "GET", "reports.example.com/v2/orders").await.status, StatusCode::OK);
    ask(&key, "GET", "/v1/orders").await.refused(404, "NFND_000");
    ask(&key, "GET", "evil.example/v2/orders").await.refused(404, "NFND_000");
    let named = key.with("x-forwarded-method", "GET").with("x-forwarded-uri", "/v2/orders");
    let error = named.get("/gateway/check").await.refused(400, "VAL_001");
    assert!(error.contains("X-Forwarded-Host"), "{error}");
    // Envoy asks with the method and the host of the request itself.
    let envoy = key.with("host", "api.example.com");
    assert_eq!(envoy.get("/gateway/envoy/v2/orders").await.status, StatusCode::OK);
    key.with("host", "other.example").get("/gateway/envoy/v2/orders").await.refused(404, "NFND_000");
}

#[tokio::test]
async fn public_path_passes_whatever_the_key_is_worth() {
    let server = start().await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[]).await;
    let key = server.anonymous().with("x-api-key", &pair(&token));
    let nobody = server.anonymous();
    passes_without_a_token(&ask(&nobody, "GET", "/v2/health").await);
    passes_without_a_token(&ask(&nobody.with("x-api-key", "junk"), "GET", "/v2/health").await);
    assert_eq!(ask(&key, "GET", "/v2/health").await.header("x-token-id"), token["id"].as_str().unwrap());
    admin.act(&format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap())).await;
    passes_without_a_token(&ask(&key, "GET", "/v2/health").await);
    // For this method, and not where a longer rule says otherwise.
    ask(&nobody, "POST", "/v2/health").await.refused(401, "AUTH_001");
    passes_without_a_token(&ask(&nobody, "POST", "/v2/docs/start").await);
    for path in ["/v2/docs/internal", "/v2/docs/internal.html", "/v2/docs/../orders"] {
        ask(&nobody, "GET", path).await.refused(401, "AUTH_001");
    }
    ask(&nobody, "GET", "evil.example/v2/health").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn anonymous_api_lets_pass_who_shows_no_key_and_nobody_with_a_bad_one() {
    let server = start().await;
    let nobody = server.anonymous();
    passes_without_a_token(&ask(&nobody, "GET", "reports.example.com/a").await);
    passes_without_a_token(&ask(&nobody.with("authorization", "Bearer a.jwt"), "GET", "reports.example.com/a").await);
    ask(&nobody.with("x-report-key", "junk"), "GET", "reports.example.com/a").await.refused(401, "AUTH_001");
    ask(&nobody, "GET", "reports.example.com/a/../b").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn preflight_passes_and_refusals_can_be_read_by_the_pages_of_the_api() {
    let server = start().await;
    let page = server.anonymous().with("origin", "https://app.example.com");
    let preflight = page.with("access-control-request-method", "POST");
    passes_without_a_token(&ask(&preflight, "OPTIONS", "/v2/orders").await);
    ask(&preflight, "POST", "/v2/orders").await.refused(401, "AUTH_001");
    ask(&page, "OPTIONS", "/v2/orders").await.refused(401, "AUTH_001");
    let refused = ask(&page, "POST", "/v2/orders").await;
    refused.refused(401, "AUTH_001");
    assert_eq!(refused.header("access-control-allow-origin"), "https://app.example.com");
    assert!(refused.header("access-control-expose-headers").contains("WWW-Authenticate"));
    let other = ask(&server.anonymous().with("origin", "https://evil.example"), "POST", "/v2/orders").await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
    assert_eq!(other.header("vary"), "Origin");
}

#[tokio::test]
async fn introspection_asks_for_what_the_catalogue_needs() {
    let server = start().await;
    let admin = server.admin().await;
    let asks = admin.create("Resource server", &["MD-9001"]).await;
    let key = pair(&admin.create("Reads", &[ORDERS_READ]).await);
    let ask = async |more: &str| {
        let form = format!("token={key}&path=/v2/orders{more}").into();
        let client = server.key(&asks).with("content-type", "application/x-www-form-urlencoded");
        client.send(Method::POST, "/oauth2/introspect", form).await
    };
    assert!(ask("").await.refused(400, "VAL_001").starts_with("method: is required"));
    assert!(ask("&method=GET").await.refused(400, "VAL_001").starts_with("host: is required"));
    assert!(ask("&method=get&host=api.example.com").await.refused(400, "VAL_001").starts_with("method: must be"));
    assert_eq!(ask("&method=GET&host=api.example.com").await.json["active"], true);
    assert_eq!(ask("&method=POST&host=api.example.com").await.json["active"], false);
    assert_eq!(ask("&method=GET&host=reports.example.com").await.json["active"], false);
}

/// Made by `latchkey catalogue from-openapi` of a document with 1,223 operations.
#[test]
fn catalogue_of_a_large_document_opens_each_operation_by_its_tag() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/examples/github.toml");
    let modules = Modules::new(Catalogue::read(file.as_ref()).unwrap());
    let openers = |method: &str, path: &str| {
        let original = Original { host: Some("api.github.com"), method, path };
        let openers = modules.apis.find(original).1.unwrap();
        let module = |(_, opener)| match opener {
            Opener::Public => None,
            Opener::Module(module) => Some(modules.get(module).name),
        };
        openers.rules().filter_map(module).collect::<Vec<_>>()
    };
    assert_eq!(openers("GET", "/repos/o/r/issues/7/comments"), ["Issues (read)", "Issues"]);
    assert_eq!(openers("PATCH", "/repos/o/r/issues/7"), ["Issues"]);
    assert_eq!(openers("DELETE", "/repos/o/r"), ["Repos"]);
    assert_eq!(openers("GET", "/repos/o/r/actions/runs/7"), ["Actions (read)", "Actions"]);
    assert_eq!(openers("GET", "/orgs/o/actions/runners/7"), ["Actions (read)", "Actions"]);
    assert_eq!(openers("GET", "/gitignore/templates"), ["Gitignore (read)"]);
    assert!(openers("GET", "/nothing/here").is_empty());
}
