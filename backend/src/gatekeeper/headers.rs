//! What an answer to a key says in its headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use latchkey_shared::TokenId;

use super::{Decision, Entry, entry::Quotum};

const TOKEN_ID: HeaderName = HeaderName::from_static("x-token-id");
const TOKEN_NAME: HeaderName = HeaderName::from_static("x-token-name");
const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-account-id");
const TOKEN_MODULES: HeaderName = HeaderName::from_static("x-token-modules");
const TOKEN_EXPIRES: HeaderName = HeaderName::from_static("x-token-expires");
// draft-ietf-httpapi-ratelimit-headers
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Tells the upstream whose request it is.
pub fn identify(headers: &mut HeaderMap, token: &Entry) {
    // Copies: what a clone of a value shares, cores would count together, for all tokens of an account.
    for (name, value) in [
        (TOKEN_ID, TokenId::text_of(token.number).as_slice()),
        (TOKEN_NAME, token.name_header.as_bytes()),
        (ACCOUNT_ID, token.account.id.as_bytes()),
        (TOKEN_MODULES, token.modules.header.as_bytes()),
    ] {
        // Never left out: the upstream would hear the client's own.
        headers.insert(name, HeaderValue::from_bytes(value).unwrap_or(HeaderValue::from_static("")));
    }
}

/// Tells the client that its key ends soon, and where it stands with its limit, if so. Returns whether it told anything.
pub fn tell(headers: &mut HeaderMap, decision: &Decision<'_>) -> bool {
    let end = decision.ends_soon();
    if let Some(Ok(end)) = end.map(|end| HeaderValue::try_from(end.to_string())) {
        headers.insert(TOKEN_EXPIRES, end);
    }
    if let Some(quotum) = decision.quotum {
        let Quotum { limit, remaining, .. } = quotum;
        // When none is left: whole seconds until the next, as in Retry-After.
        let until = if remaining == 0 { format!(";t={}", quotum.seconds()) } else { String::new() };
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
    end.is_some() || decision.quotum.is_some()
}
