//! Headers that every answer carries.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
};
use tower_http::set_header::SetResponseHeaderLayer;

/// Clients of the Connect API read the version from it.
pub const CONNECT_VERSION: HeaderName = HeaderName::from_static("connect-version");
/// The version of the server.
pub const VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));

const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Adds the security headers. A response that has set one itself keeps it.
pub fn secure(router: Router, policy: HeaderValue, is_behind_tls: bool) -> Router {
    let hsts = (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    let headers = SECURITY.map(|(name, value)| (name, HeaderValue::from_static(value)));
    let headers = headers.into_iter().chain([(header::CONTENT_SECURITY_POLICY, policy)]);
    headers
        .chain(is_behind_tls.then_some(hsts))
        .fold(router, |router, (name, value)| router.layer(SetResponseHeaderLayer::if_not_present(name, value)))
}

/// What an address knows, for `Allow`. Where there is `GET`, there is `HEAD`.
pub fn allow(methods: &[Method]) -> String {
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    names.join(", ")
}
