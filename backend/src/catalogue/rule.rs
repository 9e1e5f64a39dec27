//! A rule of a module: `/orders`, or for one method `GET /orders`.

use percent_encoding::{AsciiSet, utf8_percent_encode};
use thiserror::Error;

use crate::gatekeeper::path::{self, PathError};

/// Letters beyond ASCII are encoded in any case.
const NOTHING_ELSE: &AsciiSet = &AsciiSet::EMPTY;

/// Which requests a module opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// As the catalogue has it.
    pub text: String,
    /// The method, in upper case; `GET` is for `HEAD`, too. None for all.
    pub method: Option<String>,
    /// The segments of the path, decoded, of this path and all below it. None of them is `/`.
    pub segments: Vec<Segment>,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// This one.
    Literal(String),
    /// Any, written `{name}`.
    Any,
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// Not one or two words.
    #[error("must be a path like \"/orders\" or a method and a path like \"GET /orders\"")]
    Form,
    /// The path has two meanings, or none.
    #[error("cannot be matched: its path {0}")]
    Path(#[from] PathError),
    /// `/orders/`, which says no more than `/orders`.
    #[error("must not end with a slash")]
    SlashAtEnd,
    /// A brace that is no part of `{name}`.
    #[error("must have braces around a whole segment, like \"/orders/{{id}}/lines\"")]
    Braces,
    /// `*` or `:id`, which other programs write for `{id}`.
    #[error("must name any segment in braces, like \"/orders/{{id}}\"; below a path everything belongs to it anyway")]
    Wildcard,
}

impl std::str::FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (method, path) = match text.split_once(' ') {
            Some((method, path)) => (Some(method), path),
            None => (None, text),
        };
        if method.is_some_and(|method| !is_method(method)) || path.contains('?') {
            return Err(RuleError::Form);
        }
        let path = utf8_percent_encode(path, NOTHING_ELSE).to_string();
        // Looked at before decoding: `%7B` is a brace of the path itself.
        let are_any: Vec<bool> = path.split('/').skip(1).map(is_any).collect::<Result<_, _>>()?;
        let path = path::normalise(&path)?;
        if path != "/" && path.ends_with('/') {
            return Err(RuleError::SlashAtEnd);
        }
        let segments = path.split('/').skip(1).zip(are_any).filter(|(segment, _)| !segment.is_empty());
        let segments =
            segments.map(|(text, is_any)| if is_any { Segment::Any } else { Segment::Literal(text.to_owned()) });
        Ok(Self { text: text.to_owned(), method: method.map(str::to_owned), segments: segments.collect() })
    }
}

impl Rule {
    /// The segments, if each is written out.
    #[must_use]
    pub fn literals(&self) -> Option<Vec<String>> {
        let literal = |segment: &Segment| match segment {
            Segment::Literal(text) => Some(text.clone()),
            Segment::Any => None,
        };
        self.segments.iter().map(literal).collect()
    }
}

/// Whether a rule for `own` is for a request with `method`.
#[must_use]
pub fn is_for(own: Option<&str>, method: &str) -> bool {
    own.is_none_or(|own| own == method || (own == "GET" && method == "HEAD"))
}

/// Whether this is a method as programs write them. A lower-case one is another method to one program, and the same
/// to the next.
#[must_use]
pub fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'))
}

fn is_any(segment: &str) -> Result<bool, RuleError> {
    match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if !name.is_empty() && !name.contains(['{', '}']) => Ok(true),
        _ if segment.contains(['{', '}']) => Err(RuleError::Braces),
        _ if matches!(segment, "*" | "**") || segment.starts_with(':') => Err(RuleError::Wildcard),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Result<Rule, RuleError> {
        text.parse()
    }

    #[test]
    fn rule_is_a_path_with_or_without_a_method() {
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let orders = Rule { text: "/orders".to_owned(), method: None, segments: vec![literal("orders")] };
        assert_eq!(rule("/orders").unwrap(), orders);
        assert_eq!(rule("/").unwrap().segments, []);
        let lines = rule("GET /orders/{id}/lines").unwrap();
        assert_eq!(lines.method.as_deref(), Some("GET"));
        assert_eq!(lines.segments, [literal("orders"), Segment::Any, literal("lines")]);
        // As it is, or encoded.
        assert_eq!(rule("/caf\u{e9}").unwrap().segments, rule("/caf%C3%A9").unwrap().segments);
        assert_eq!(rule("/a:b@c,d=e!$'()*+~%20%7Bx%7D").unwrap().segments, [literal("a:b@c,d=e!$'()*+~ {x}")]);
    }

    #[test]
    fn rule_without_one_meaning_is_refused() {
        for text in [
            "",
            "orders",
            "GET",
            "GET  /orders",
            "get /orders",
            "GET orders",
            "/a/../b",
            "/a//b",
            "/a%2fb",
            "/a?b",
            "/a#b",
        ] {
            assert!(rule(text).is_err(), "{text:?}");
        }
        assert_eq!(rule("/orders/"), Err(RuleError::SlashAtEnd));
        assert_eq!(rule("/orders/x{id}"), Err(RuleError::Braces));
        assert_eq!(rule("/orders/{}"), Err(RuleError::Braces));
        for text in ["/orders/*", "/**", "/orders/:id/lines"] {
            assert_eq!(rule(text), Err(RuleError::Wildcard), "{text}");
        }
        assert!(rule("/orders/%2A").is_ok() && rule("/orders:batch").is_ok());
    }

    #[test]
    fn get_is_for_head_and_no_method_is_for_all() {
        let is_for = |text: &str, method: &str| is_for(rule(text).unwrap().method.as_deref(), method);
        assert!(is_for("GET /orders", "GET") && is_for("GET /orders", "HEAD") && !is_for("GET /orders", "POST"));
        assert!(is_for("/orders", "PROPFIND"));
        assert!(!is_for("HEAD /orders", "GET"));
    }
}
