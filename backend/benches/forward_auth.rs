//! What a proxy's question costs from the headers of the request to those of the answer, with everything that a running
//! server does for it and without the network: `cargo bench -p latchkey --bench forward_auth`.

#![expect(clippy::unwrap_used, reason = "a benchmark may end at the first surprise")]

use std::{
    hint::black_box,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
};
use clap::Parser as _;
use criterion::Criterion;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use latchkey::{
    catalogue::Catalogue, clock::Clock, config::Config, gatekeeper::forward_auth, keys::Key, rng::Rng, routes, serve,
    state::AppState, store::Store,
};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

/// The global allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A server over a database of its own.
async fn start(folder: &tempfile::TempDir) -> AppState {
    let store = Store::connect(&format!("sqlite:{}", folder.path().join("latchkey.db").display())).await.unwrap();
    store.migrate().await.unwrap();
    let mut config = Flags::parse_from(["bench", "--admin-email", "admin@example.com"]).config;
    config.admin_password = Some(PASSWORD.to_owned());
    let catalogue = Catalogue::built_in().unwrap();
    serve::assemble(config, catalogue, store, &Key::new([7; 32]), Clock::system(), Rng::system()).await.unwrap().0
}

/// Sends a change to the server, and gives the answer's headers and body.
async fn send(app: &AppState, path: &str, cookie: &str, body: Value) -> (HeaderMap, Value) {
    let request = Request::post(format!("/public/v1{path}")).header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::COOKIE, cookie).body(Body::from(body.to_string())).unwrap();
    let answer = routes::server(app).respond(SocketAddr::from(([127, 0, 0, 1], 4000)), request).await;
    assert!(answer.status().is_success());
    let (parts, body) = answer.into_parts();
    (parts.headers, serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap())
}

/// The `Authorization` of a token with everything on: permissions, an end, an address rule.
async fn key(app: &AppState) -> String {
    let who = json!({ "email": "admin@example.com", "password": PASSWORD });
    let (headers, _) = send(app, "/auth/login", "", who).await;
    let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let token = json!({
        "name": "Benchmark",
        "extension": { "name": "custom" },
        "permissions": [{ "object": { "id": "MD-0002" } }],
        "expiration_date": "2040-01-01T00:00:00Z",
        "allowed_addresses": ["10.0.0.0/8", "127.0.0.1"],
    });
    let (_, token) = send(app, "/auth/tokens", &cookie, token).await;
    format!("ApiKey {}:{}", token["id"].as_str().unwrap(), token["token"].as_str().unwrap())
}

fn headers(authorization: &str) -> HeaderMap {
    [
        ("host", "127.0.0.1:8080"),
        ("authorization", authorization),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-uri", "/agreements/AGP-1?limit=10"),
    ]
    .into_iter()
    .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
    .collect()
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let folder = tempfile::tempdir().unwrap();
    let app = runtime.block_on(start(&folder));
    let valid = headers(&runtime.block_on(key(&app)));
    let peer = SocketAddr::from(([127, 0, 0, 1], 4000));
    let ask = |headers: &HeaderMap| {
        // From memory nothing is waited for.
        forward_auth::respond(&app.gatekeeper, peer, &Method::GET, black_box("/gateway/check"), headers).now_or_never()
    };
    let first = forward_auth::respond(&app.gatekeeper, peer, &Method::GET, "/gateway/check", &valid);
    assert_eq!(runtime.block_on(first).status(), 200);
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("a valid key", |bencher| bencher.iter(|| ask(black_box(&valid)).unwrap()));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                black_box(ask(black_box(&valid)).unwrap());
            }
        });
        criterion.bench_function("a valid key that another core asks with as well", |bencher| {
            bencher.iter(|| ask(black_box(&valid)).unwrap());
        });
        done.store(true, Ordering::Relaxed);
    });
    let junk = headers("ApiKey SU-160-984-311:f45bee7e79b10ff6eff67902ccb4f3d46724ceb8");
    criterion.bench_function("junk", |bencher| bencher.iter(|| ask(black_box(&junk)).unwrap()));
    criterion.final_summary();
}
