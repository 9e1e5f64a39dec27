//! What is wrong with an input: a code for programs, which the console says in its language, and a sentence in English.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// One thing that is wrong. Displayed as a line of an answer: `name: is required`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field as the body calls it: `expiration_date`; left out when it is not about one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// The kind of problem, stable and for programs: `too_long`; `other` for one that only its sentence tells.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: Cow<'static, str>,
    /// What the sentence names, in its order: `["128", "129"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The sentence in English; after the name of a field it goes on without a capital.
    #[serde(skip)]
    pub message: Cow<'static, str>,
}

impl Problem {
    /// A problem that names nothing.
    #[must_use]
    pub const fn new(code: &'static str, message: &'static str) -> Self {
        Self { field: String::new(), code: Cow::Borrowed(code), values: Vec::new(), message: Cow::Borrowed(message) }
    }

    /// A problem whose sentence names values: those of `{}` in `message`, in order.
    #[must_use]
    pub fn with(code: &'static str, message: &str, values: &[&dyn fmt::Display]) -> Self {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        Self { message: Cow::Owned(fill(message, &values)), values, ..Self::new(code, "") }
    }

    /// A problem that only developers meet: its sentence is all that there is.
    #[must_use]
    pub fn other(message: impl fmt::Display) -> Self {
        Self { message: Cow::Owned(message.to_string()), ..Self::new("other", "") }
    }

    /// The same problem, of a field.
    #[must_use]
    pub fn of(self, field: impl Into<String>) -> Self {
        Self { field: field.into(), ..self }
    }

    /// Takes a line of an answer apart.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        match line.split_once(": ") {
            Some((field, message)) if is_name(field) => Self::other(message).of(field),
            _ => Self::other(line),
        }
    }
}

/// Puts values in the places of `{}`, in order.
#[must_use]
pub fn fill(text: &str, values: &[String]) -> String {
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        filled.push_str(values.get(at).map_or("", String::as_str));
        filled.push_str(part);
    }
    filled
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'))
}

impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        Self::other(message)
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::other(message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.field, self.message) }
    }
}

/// A value that has to be there.
pub const REQUIRED: Problem = Problem::new("required", "is required");
/// A text that is no address to sign in with.
pub const NOT_AN_EMAIL: Problem = Problem::new("not_an_email", "must be an e-mail address");
/// A moment that has passed.
pub const IN_THE_PAST: Problem = Problem::new("in_the_past", "must be in the future");
/// A beginning after the end.
pub const BEGINS_AFTER_ITS_END: Problem = Problem::new("begins_after_its_end", "must be before expiration_date");

/// Every problem of an input, collected so that a person mends all of them at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A single problem.
    pub fn one(field: impl Into<String>, problem: impl Into<Problem>) -> Self {
        Self(vec![problem.into().of(field)])
    }

    /// Keeps the value of a check that passed and notes the problem of one that did not.
    pub fn check<T, E: Into<Problem>>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|problem| self.0.push(problem.into().of(field))).ok()
    }

    /// The problem of `field`, if there is one.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&Problem> {
        self.0.iter().find(|problem| problem.field == field)
    }

    /// The problems as lines of an answer.
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
        let problem = Problem::other("must be in the future").of("expiration_date");
        assert_eq!(Problem::parse(&problem.to_string()), problem);
    }

    #[test]
    fn sentence_with_a_colon_is_no_field() {
        for line in ["Bad filter: unexpected `)`", "API request is unauthorized."] {
            assert_eq!((Problem::parse(line).field.as_str(), &*Problem::parse(line).message), ("", line));
        }
    }

    #[test]
    fn values_stand_in_the_sentence_in_order() {
        let problem = Problem::with("too_long", "must be at most {} characters, and has {}", &[&128, &129]);
        assert_eq!(problem.message, "must be at most 128 characters, and has 129");
        assert_eq!(problem.values, ["128", "129"]);
        assert_eq!(serde_json::to_string(&problem).unwrap(), r#"{"code":"too_long","values":["128","129"]}"#);
    }
}
