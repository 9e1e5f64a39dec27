//! `ETag` and `If-None-Match` on single objects: who has the newest version already is told so, and gets no body.

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use sha2::{Digest as _, Sha256};

use super::Error;

/// Answers of one object get an `ETag` that follows from their body, unless the handler knows a better one.
pub async fn tag(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().typed_get::<IfNoneMatch>();
    let response = next.run(request).await;
    let is_list = response.headers().contains_key(header::CONTENT_RANGE);
    if !reads || is_list || response.status() != StatusCode::OK {
        return response;
    }
    // A stream is sent as it comes: it may be long, or endless.
    let is_whole = response.body().size_hint().exact().is_some();
    let response =
        if !is_whole || response.headers().contains_key(header::ETAG) { response } else { tagged(response).await };
    let is_known = |tag: ETag| known.is_some_and(|known| !known.precondition_passes(&tag));
    if response.headers().typed_get().is_some_and(is_known) {
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
