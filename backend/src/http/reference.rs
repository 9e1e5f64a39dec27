//! `/api-reference`: the API document as a page, to read and to try. Swagger UI, embedded in the program, inside the
//! console's look and under a policy of its own.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use utoipa_swagger_ui::Config;

use super::csp;

const PAGE: &str = include_str!("reference/page.html");
const SCRIPT: &str = include_str!("reference/page.js");
const STYLE: &str = concat!(include_str!("../../../styles/tokens.css"), include_str!("reference/page.css"));

/// The page.
pub async fn page() -> Response {
    answer("text/html; charset=utf-8", Body::from(PAGE))
}

/// What the page is made of.
pub async fn file(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "page.js" => answer("text/javascript; charset=utf-8", Body::from(SCRIPT)),
        "favicon.svg" => answer("image/svg+xml", Body::from(include_str!("../../../styles/favicon.svg"))),
        "page.css" => answer("text/css; charset=utf-8", Body::from(STYLE)),
        // Of what comes with the reader, these two: not its own pages, which would run under another policy.
        "swagger-ui-bundle.js" | "swagger-ui.css" => {
            match utoipa_swagger_ui::serve(&name, Arc::new(Config::from("/public/v1/openapi.json"))) {
                Ok(Some(file)) => answer(&file.content_type, Body::from(file.bytes)),
                _ => StatusCode::NOT_FOUND.into_response(),
            }
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(media_type: &str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, csp::REFERENCE),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
