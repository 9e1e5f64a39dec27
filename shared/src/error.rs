//! What an answer says when something is wrong: `{"error_code": "VAL_001", "errors": ["name: is required"]}`.
//! `errors` is always a list of strings; the Connect clients fail on anything else.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The kind of error, stable and for programs: `AUTH_001`.
    pub error_code: String,
    /// What went wrong, for people; a line per problem.
    pub errors: Vec<String>,
}

/// One problem of one field. Written `field: message`, and taken apart again by [`FieldError::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field as it is called in the body: `expiration_date`.
    pub field: String,
    /// What is wrong with it, to be read after the field's name.
    pub message: String,
}

impl FieldError {
    /// A problem of `field`.
    pub fn new(field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { field: field.into(), message: message.to_string() }
    }

    /// Takes a line of [`ErrorBody::errors`] apart; `None` when it speaks of no field.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (field, message) = line.split_once(": ")?;
        let is_name =
            !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'));
        is_name.then(|| Self::new(field, message))
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Every problem of an input, collected so that a person mends all of them at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<FieldError>);

impl Problems {
    /// A single problem.
    pub fn one(field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self(vec![FieldError::new(field, message)])
    }

    /// Keeps the value of a check that passed and notes the problem of one that did not.
    pub fn check<T, E: fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|message| self.0.push(FieldError::new(field, message))).ok()
    }

    /// The message for `field`, if there is one.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.message.as_str())
    }

    /// The problems as lines of an [`ErrorBody`].
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_names_its_field_and_reads_back() {
        let problem = FieldError::new("expiration_date", "must be in the future");
        assert_eq!(FieldError::parse(&problem.to_string()), Some(problem));
    }

    #[test]
    fn sentence_with_a_colon_is_no_field() {
        assert_eq!(FieldError::parse("Bad filter: unexpected `)`"), None);
        assert_eq!(FieldError::parse("API request is unauthorized."), None);
    }
}
