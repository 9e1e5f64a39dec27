//! Response headers: identity for the upstream, rate limit and expiry for the client.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use latchkey_shared::TokenId;

use super::{Decision, Entry, entry::RateLimitStatus};

const TOKEN_ID: HeaderName = HeaderName::from_static("x-token-id");
const TOKEN_NAME: HeaderName = HeaderName::from_static("x-token-name");
const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-account-id");
const TOKEN_EXTERNAL_ID: HeaderName = HeaderName::from_static("x-token-external-id");
const TOKEN_EXTENSION: HeaderName = HeaderName::from_static("x-token-extension");
const TOKEN_MODULES: HeaderName = HeaderName::from_static("x-token-modules");
const TOKEN_ASSERTION: HeaderName = HeaderName::from_static("x-token-assertion");
const TOKEN_EXPIRES: HeaderName = HeaderName::from_static("x-token-expires");
// draft-ietf-httpapi-ratelimit-headers
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Adds the identity of the token, for the upstream; empty values for a request without one. Never left out: the upstream
/// would get the client's own header.
pub fn add_identity_headers(headers: &mut HeaderMap, token: Option<&Arc<Entry>>, assertion: Option<HeaderValue>) {
    const NONE: HeaderValue = HeaderValue::from_static("");
    let Some(token) = token else {
        let names =
            [TOKEN_ID, TOKEN_NAME, TOKEN_EXTERNAL_ID, TOKEN_EXTENSION, ACCOUNT_ID, TOKEN_MODULES, TOKEN_ASSERTION];
        for name in names {
            headers.insert(name, NONE);
        }
        return;
    };
    headers.insert(TOKEN_ASSERTION, assertion.unwrap_or(NONE));
    // Copies: cores would contend for the reference count of a clone.
    for (name, value) in [
        (TOKEN_ID, TokenId::text_of(token.number).as_slice()),
        (TOKEN_NAME, token.name_header.as_bytes()),
        (TOKEN_EXTERNAL_ID, token.external_id_header.as_bytes()),
        (TOKEN_EXTENSION, token.extension.as_bytes()),
        (ACCOUNT_ID, token.account.id.as_bytes()),
        (TOKEN_MODULES, token.modules.header.as_bytes()),
    ] {
        headers.insert(name, HeaderValue::from_bytes(value).unwrap_or(NONE));
    }
}

/// Adds the expiry of a key that expires soon, and the state of its rate limit, for the client. Returns whether it
/// added any.
pub fn add_client_headers(headers: &mut HeaderMap, decision: &Decision<'_>) -> bool {
    let end = decision.expiry_if_soon();
    if let Some(Ok(end)) = end.map(|end| HeaderValue::try_from(end.to_string())) {
        headers.insert(TOKEN_EXPIRES, end);
    }
    if let Some(rate_limit) = decision.rate_limit {
        let RateLimitStatus { limit, remaining, .. } = rate_limit;
        // When none is left: whole seconds until the next, as in Retry-After.
        let until = if remaining == 0 { format!(";t={}", rate_limit.seconds()) } else { String::new() };
        let values = [
            (RATE_LIMIT_POLICY, format!("\"minute\";q={limit};w=60")),
            (RATE_LIMIT, format!("\"minute\";r={remaining}{until}")),
        ];
        for (header, value) in values {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(header, value);
            }
        }
    }
    end.is_some() || decision.rate_limit.is_some()
}
