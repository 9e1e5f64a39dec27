//! The yardstick of `cargo xtask bench`: an axum handler that answers the bytes of an allowed check and decides
//! nothing.

use axum::{Router, http::HeaderName, response::IntoResponse, routing::any};

const ANSWER: [(HeaderName, &str); 6] = [
    (HeaderName::from_static("x-token-id"), "SU-160-984-311"),
    (HeaderName::from_static("x-token-name"), "Benchmark"),
    (HeaderName::from_static("x-token-external-id"), ""),
    (HeaderName::from_static("x-token-extension"), "custom"),
    (HeaderName::from_static("x-account-id"), "VA-310-552"),
    (HeaderName::from_static("x-token-modules"), "MD-0002"),
];

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let router = Router::new().route("/gateway/check", any(async || ANSWER.into_response()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listens on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await
}
