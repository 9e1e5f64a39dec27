//! Why a request did not do what was asked, sorted by what a person can do about it.

use latchkey_shared::{ErrorBody, Problem, Problems};

use super::Answer;
use crate::texts::{said, t};

/// The code of a 403 that says that the last sign-in is too long ago.
pub const CONFIRM_PASSWORD: &str = "AUTH_004";

/// The outcome of a request that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// 401 `AUTH_001`: there is no session, or it has ended.
    Unauthorized,
    /// 401 or 403 with another code: known, but not allowed or not proven.
    Forbidden {
        /// `AUTH_002` wrong password, `AUTH_003` not allowed, `AUTH_004` the sign-in is too old.
        code: String,
        /// What the server says.
        problems: Vec<Problem>,
    },
    /// 400: problems of fields, and those that name none.
    Invalid(Problems, Vec<Problem>),
    /// 409: the object is in a state that does not allow it.
    Conflict(Vec<Problem>),
    /// 412: somebody changed the object meanwhile.
    Changed,
    /// 404.
    NotFound,
    /// 429: too often; try again after so many seconds.
    Throttled(u32),
    /// Any other answer.
    Server(Vec<Problem>),
    /// No answer came.
    Offline,
}

impl Failure {
    /// Sorts an answer that is not a success.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let body = serde_json::from_str(&answer.body).unwrap_or_else(|_| ErrorBody {
            error_code: String::new(),
            errors: Vec::new(),
            problems: Vec::new(),
        });
        let code = body.error_code.clone();
        let problems = body.into_problems();
        match answer.status {
            401 if code == "AUTH_001" || code.is_empty() => Self::Unauthorized,
            401 | 403 => Self::Forbidden { code, problems },
            400 => {
                let (fields, other) = problems.into_iter().partition(|problem| !problem.field.is_empty());
                Self::Invalid(Problems(fields), other)
            }
            404 => Self::NotFound,
            409 => Self::Conflict(problems),
            412 => Self::Changed,
            429 => Self::Throttled(answer.retry_after.as_deref().and_then(|it| it.trim().parse().ok()).unwrap_or(60)),
            _ => Self::Server(problems),
        }
    }

    /// Whether this is a 403 with the given code.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Forbidden { code, .. } if code == wanted)
    }

    /// What happened, in words for the page.
    #[must_use]
    pub fn message(&self) -> String {
        let all = |problems: &[Problem], otherwise: &str| {
            if problems.is_empty() { otherwise.to_owned() } else { sentences(problems) }
        };
        let texts = &t().common;
        match self {
            Self::Unauthorized => texts.failure_unauthorized.to_owned(),
            Self::Forbidden { code, .. } if code == "AUTH_002" => texts.failure_sign_in.to_owned(),
            Self::Forbidden { code, .. } if code == CONFIRM_PASSWORD => texts.failure_password.to_owned(),
            Self::Forbidden { problems, .. } => all(problems, texts.failure_forbidden),
            Self::Invalid(problems, other) => {
                let problems: Vec<Problem> = problems.0.iter().chain(other).cloned().collect();
                all(&problems, texts.failure_input)
            }
            Self::Conflict(problems) => all(problems, texts.failure_changed),
            Self::Changed => texts.failure_changed.to_owned(),
            Self::NotFound => texts.failure_not_found.to_owned(),
            Self::Throttled(seconds) => texts.failure_throttled.of(*seconds as usize),
            // What it says itself is for logs and programs.
            Self::Server(_) => texts.failure_server.to_owned(),
            Self::Offline => texts.failure_offline.to_owned(),
        }
    }
}

/// Problems in words, one after the other.
#[must_use]
pub fn sentences(problems: &[Problem]) -> String {
    let sentence = |problem: &Problem| match problem.field.as_str() {
        "" => said(problem),
        field => format!("{field}: {}", said(problem)),
    };
    let all: Vec<String> = problems.iter().map(sentence).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &str) -> Failure {
        Failure::of(&Answer { status, body: body.to_owned(), retry_after: Some("7".to_owned()), ..Answer::default() })
    }

    #[test]
    fn only_a_missing_session_opens_the_sign_in() {
        assert_eq!(failure(401, r#"{"error_code":"AUTH_001","errors":[]}"#), Failure::Unauthorized);
        assert!(failure(401, r#"{"error_code":"AUTH_002","errors":["Wrong."]}"#).is("AUTH_002"));
        assert!(failure(403, r#"{"error_code":"AUTH_004","errors":[]}"#).is("AUTH_004"));
    }

    #[test]
    fn lines_are_sorted_into_fields_and_sentences() {
        let failure = failure(400, r#"{"error_code":"VAL_001","errors":["name: is required","Bad body."]}"#);
        assert_eq!(failure, Failure::Invalid(Problems::one("name", "is required"), vec!["Bad body.".into()]));
        assert_eq!(failure.message(), "name: is required Bad body.");
    }

    #[test]
    fn throttling_is_told_with_seconds() {
        assert_eq!(failure(429, "").message(), "Too many attempts. Try again in 7 seconds.");
    }

    #[test]
    fn a_page_of_a_proxy_is_no_reason_to_fail() {
        assert_eq!(failure(502, "<html>"), Failure::Server(Vec::new()));
    }
}
