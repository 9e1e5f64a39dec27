//! What is sent compressed: the console's files, and lists. Lists alone are large, and no list has a secret, whose size
//! would tell of it (BREACH).
//!
//! The layer of tower-http takes every answer with `Content-Range` for a part of a file, and answers a request that it
//! cannot satisfy with 406 after its change was made.

use std::io::Write as _;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};

use super::Error;

/// What is smaller fits into one packet anyway. In bytes.
const LEAST: usize = 1000;

/// Compresses lists for clients that take gzip.
pub async fn lists(request: Request, next: Next) -> Response {
    let is_wanted = accepts(request.headers(), "gzip");
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || !response.headers().contains_key(header::CONTENT_RANGE) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !is_wanted {
        return Response::from_parts(parts, body);
    }
    // It is in memory already: handlers answer with whole pages.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Error::Internal("an answer could not be read".to_owned()).into_response();
    };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zipped = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    let body = match zipped {
        Ok(zipped) if bytes.len() >= LEAST => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Body::from(zipped)
        }
        _ => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

/// Whether `Accept-Encoding` (RFC 9110, 12.5.3) allows a coding.
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|accepted| {
        let mut parts = accepted.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let mut weight = parts.filter_map(|parameter| parameter.split_once('='));
        let weight = weight.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        is_named && weight.is_none_or(|(_, weight)| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coding_is_accepted_where_its_weight_is_not_zero() {
        let accepts = |value: &'static str| {
            accepts(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]), "br")
        };
        for value in ["br", "gzip, deflate, br, zstd", "br;q=0.8", "gzip;q=1.0, BR ; Q=0.001", "br;q=1, gzip;q=0"] {
            assert!(accepts(value), "{value}");
        }
        for value in ["", "gzip", "br;q=0", "gzip, br; q=0.000", "brotli", "br;q=x"] {
            assert!(!accepts(value), "{value}");
        }
    }
}
