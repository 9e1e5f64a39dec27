//! The content security policies.

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::site;

/// The policy of `/api-reference`. Unlike the console, the reader writes styles into its elements and shows pictures that are data.
pub const REFERENCE: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of the console's page, with the hash of each of its inline scripts.
#[must_use]
pub fn console() -> HeaderValue {
    let policy = HeaderValue::from_str(&policy_of(&site::page()));
    policy.unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}

fn policy_of(page: &str) -> String {
    let hashes: String = inline_scripts(page)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))))
        .collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The texts of the page's scripts that have no `src`. The page is trunk's, so its tags are well-formed.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=") && !script.is_empty()).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_names_each_inline_script_and_nothing_unsafe() {
        let page = "<script type=\"module\">run()</script><script src=\"/a.js\"></script>";
        let policy = policy_of(page);
        assert!(policy.contains("'sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ='"), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 1);
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe-inline"));
    }
}
