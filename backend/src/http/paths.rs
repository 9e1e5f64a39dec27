//! Addresses as real clients write them: with a trailing slash, with `//` after a base path that ended in
//! one. Both are served with 200 and never redirected (the Connect API).

use axum::{
    extract::Request,
    http::{HeaderValue, Uri, header, uri::PathAndQuery},
};

/// The base path of the API.
pub const BASE: &str = "/public/v1";

/// Rewrites `Host` to the form of an origin, for the comparison with `Origin`: names have no case, and some proxies add
/// a default port.
pub fn plain_host<B>(mut request: Request<B>) -> Request<B> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let plain = host.map(|host| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host).to_owned()
    });
    if let Some(plain) = plain.and_then(|plain| HeaderValue::try_from(plain).ok()) {
        request.headers_mut().insert(header::HOST, plain);
    }
    request
}

/// Rewrites the path of a request to the form in which it is routed.
pub fn normalize_path<B>(mut request: Request<B>) -> Request<B> {
    let path = request.uri().path();
    if path.len() > 1 && (path.ends_with('/') || path.contains("//")) {
        let mut normalized = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .fold(String::new(), |path, segment| path + "/" + segment);
        if normalized.is_empty() {
            normalized.push('/');
        }
        if let Some(query) = request.uri().query() {
            normalized = normalized + "?" + query;
        }
        if let Ok(path_and_query) = PathAndQuery::try_from(normalized) {
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = Some(path_and_query);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(uri: &str) -> String {
        normalize_path(Request::builder().uri(uri).body(()).unwrap()).uri().to_string()
    }

    #[test]
    fn slashes_are_folded_and_the_query_is_kept() {
        assert_eq!(normalized("/public/v1/agreements/"), "/public/v1/agreements");
        assert_eq!(normalized("/public/v1//agreements/?a=//b"), "/public/v1/agreements?a=//b");
        assert_eq!(normalized("/public/v1/agreements?limit=1"), "/public/v1/agreements?limit=1");
        assert_eq!(normalized("/integrations/tokens/"), "/integrations/tokens");
        assert_eq!(normalized("//public/v1/agreements"), "/public/v1/agreements");
        assert_eq!(normalized("//"), "/");
        assert_eq!(normalized("/"), "/");
    }
}
