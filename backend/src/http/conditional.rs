//! `ETag` and `If-None-Match` on single objects: who has the newest version already is told so, and gets no body.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};

use super::Error;

/// Answers of one object get an `ETag` that follows from their body, unless the handler knows a better one.
pub async fn tag(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_list = response.headers().contains_key(header::CONTENT_RANGE);
    if !reads || is_list || response.status() != StatusCode::OK {
        return response;
    }
    let response = if response.headers().contains_key(header::ETAG) { response } else { tagged(response).await };
    if is_known(response.headers(), known.as_ref()) {
        let (mut parts, _) = response.into_parts();
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    response
}

async fn tagged(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // It is in memory already: handlers answer with whole objects.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Error::Internal("an answer could not be read".to_owned()).into_response();
    };
    let tag = format!("\"{}\"", crate::hex(&Sha256::digest(&bytes)[..16]));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_known(headers: &HeaderMap, known: Option<&HeaderValue>) -> bool {
    let Some(known) = known.and_then(|known| known.to_str().ok()) else { return false };
    let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return false };
    known.split(',').map(|known| known.trim().trim_start_matches("W/")).any(|known| known == "*" || known == tag)
}
