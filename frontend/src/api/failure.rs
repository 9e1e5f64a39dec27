//! Why a request did not do what was asked, sorted by what a person can do about it.

use latchkey_shared::{ErrorBody, FieldError, Problems};

use super::Answer;

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
        lines: Vec<String>,
    },
    /// 400: problems of fields, and lines that name none.
    Invalid(Problems, Vec<String>),
    /// 409: the object is in a state that does not allow it.
    Conflict(Vec<String>),
    /// 412: somebody changed the object meanwhile.
    Changed,
    /// 404.
    NotFound,
    /// 429: too often; try again after so many seconds.
    Throttled(u32),
    /// Any other answer.
    Server(Vec<String>),
    /// No answer came.
    Offline,
}

impl Failure {
    /// Sorts an answer that is not a success.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let body = serde_json::from_str(&answer.body)
            .unwrap_or_else(|_| ErrorBody { error_code: String::new(), errors: Vec::new() });
        let ErrorBody { error_code: code, errors: lines } = body;
        match answer.status {
            401 if code == "AUTH_001" || code.is_empty() => Self::Unauthorized,
            401 | 403 => Self::Forbidden { code, lines },
            400 => {
                let (fields, other): (Vec<_>, Vec<_>) =
                    lines.into_iter().partition(|line| FieldError::parse(line).is_some());
                Self::Invalid(Problems(fields.iter().filter_map(|line| FieldError::parse(line)).collect()), other)
            }
            404 => Self::NotFound,
            409 => Self::Conflict(lines),
            412 => Self::Changed,
            429 => Self::Throttled(answer.retry_after.as_deref().and_then(|it| it.trim().parse().ok()).unwrap_or(60)),
            _ => Self::Server(lines),
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
        let said = |lines: &[String], otherwise: &str| {
            if lines.is_empty() { otherwise.to_owned() } else { lines.join(" ") }
        };
        match self {
            Self::Unauthorized => "Your session has ended.".to_owned(),
            Self::Forbidden { lines, .. } => said(lines, "You are not allowed to do this."),
            Self::Invalid(problems, other) => {
                let lines: Vec<String> = problems.lines().into_iter().chain(other.iter().cloned()).collect();
                said(&lines, "The server did not accept the input.")
            }
            Self::Conflict(lines) => said(lines, "Somebody else has changed this meanwhile."),
            Self::Changed => "Somebody else has changed this meanwhile.".to_owned(),
            Self::NotFound => "It does not exist, or it belongs to another account.".to_owned(),
            Self::Throttled(seconds) => format!("Too many attempts. Try again in {}.", seconds_in_words(*seconds)),
            Self::Server(lines) => said(lines, "The server could not answer. It may be restarting."),
            Self::Offline => "The server cannot be reached. Check the connection.".to_owned(),
        }
    }
}

fn seconds_in_words(seconds: u32) -> String {
    if seconds == 1 { "1 second".to_owned() } else { format!("{seconds} seconds") }
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
        assert_eq!(failure, Failure::Invalid(Problems::one("name", "is required"), vec!["Bad body.".to_owned()]));
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
