//! What an answer says when something is wrong: `{"error_code": "VAL_001", "errors": ["name: is required"]}`.
//! `errors` is always a list of strings; the Connect clients fail on anything else.

use serde::{Deserialize, Serialize};

use crate::Problem;

/// The body of every answer that is not a success.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The kind of error, stable and for programs: `AUTH_001`.
    pub error_code: String,
    /// What went wrong, for people; a line per problem.
    pub errors: Vec<String>,
    /// The same for programs, in the same order; left out where `error_code` says it all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl ErrorBody {
    /// The problems with their sentences.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        said(&self.errors, self.problems)
    }
}

/// Joins sentences and codes, which travel side by side.
#[must_use]
pub fn said(errors: &[String], mut problems: Vec<Problem>) -> Vec<Problem> {
    let lines = errors.iter().map(|line| Problem::parse(line));
    if problems.len() != errors.len() {
        return lines.collect();
    }
    for (problem, line) in problems.iter_mut().zip(lines) {
        problem.message = line.message;
    }
    problems
}
