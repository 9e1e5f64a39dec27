//! RQL, the query language of the Connect API: text -> [`Query`].
//!
//! [`parse`](mod@parse) reads a raw query string, [`Query::resolve`] holds it against the properties that a collection
//! declares, and either [`Filter::matches`] evaluates it over JSON or the store turns it into a condition.
//! What is undeclared or broken is an error that says where and why, never an unfiltered list.

mod grammar;
mod matches;
mod parse;
mod print;
mod resolve;

pub use parse::parse;
pub use resolve::{Kind, Property};

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::http;

/// What a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which rows.
    pub filter: Filter,
    /// In which order, the first being the most significant.
    pub ordering: Vec<Ordering>,
    /// Whether rows without a value come after all others in either direction, instead of before every value.
    pub nulls_last: bool,
    /// What the rows carry.
    pub select: Vec<Select>,
    /// Words to look for in the searchable properties, as typed.
    pub search: Option<String>,
    /// At most how many rows; 0 only counts.
    pub limit: u64,
    /// How many rows to pass over.
    pub offset: u64,
    /// As it was sent, for the positions of errors.
    source: parse::Source,
}

impl Query {
    /// Rows of a page when the query does not say.
    pub const DEFAULT_LIMIT: u64 = 100;
    /// Rows of a page at the most; what is above is cut to it.
    pub const MAX_LIMIT: u64 = 1000;
}

/// A text as searches compare it: composed, in lower case, with one blank for several, and with one letter for both forms
/// of the Greek sigma, since which one stands for a large one depends on what follows, and half a word must find the
/// whole one.
#[must_use]
pub fn normalize_for_search(text: &str) -> String {
    let composed: String = text.nfc().collect();
    let mut normalized = String::with_capacity(composed.len());
    for letter in composed.to_lowercase().chars() {
        match letter {
            'ς' => normalized.push('σ'),
            // Lines are texts of their own.
            blank if blank.is_whitespace() && blank != '\n' => {
                if !normalized.ends_with(' ') {
                    normalized.push(' ');
                }
            }
            letter => normalized.push(letter),
        }
    }
    normalized
}

/// A property as a query names it. Two names are equal wherever they stand.
#[derive(Clone, Eq)]
pub struct Name {
    /// Its words, joined by dots.
    pub text: String,
    /// Where it stands, in bytes from the start of the decoded query.
    at: usize,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Without where it stands, as two names are compared.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), at: 0 }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One property of `select(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// The property.
    pub property: Name,
    /// `-property`: the rows do without it. Everything else is in the rows anyway.
    pub hidden: bool,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordering {
    /// The property.
    pub property: Name,
    /// From the greatest to the least.
    pub descending: bool,
}

/// A condition on rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of these; with none, every row.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// `eq(property,value)` and its sisters.
    Compare {
        /// The property.
        property: Name,
        /// How.
        comparison: Comparison,
        /// With what.
        value: Value,
    },
    /// `like(property,pattern)`.
    Like {
        /// The property.
        property: Name,
        /// The pattern.
        pattern: Pattern,
        /// False for `ilike`.
        case_sensitive: bool,
    },
}

impl Filter {
    /// The values of `in(…)` or `out(…)`: what these filters, all of them, compare one property with.
    #[must_use]
    pub fn values_of_one(filters: &[Self], wanted: Comparison) -> Option<(&Name, Vec<&Value>)> {
        let mut found: Option<(&Name, Vec<&Value>)> = None;
        for filter in filters {
            let Self::Compare { property, comparison, value: value @ (Value::Text(_) | Value::Integer(_)) } = filter
            else {
                return None;
            };
            match &mut found {
                _ if *comparison != wanted => return None,
                None => found = Some((property, vec![value])),
                Some((name, values)) if *name == property => values.push(value),
                Some(_) => return None,
            }
        }
        found
    }

    /// How many conditions it consists of. `in(…)` and `out(…)` are one, however many values they have.
    fn conditions(&self) -> usize {
        match self {
            Self::Or(filters) if Self::values_of_one(filters, Comparison::Eq).is_some() => 1,
            Self::And(filters) if Self::values_of_one(filters, Comparison::Ne).is_some() => 1,
            Self::And(filters) | Self::Or(filters) => filters.iter().map(Self::conditions).sum(),
            Self::Not(inner) => inner.conditions(),
            Self::Compare { .. } | Self::Like { .. } => 1,
        }
    }

    /// The same condition on the parts of `property`: what a tuple says.
    fn below(self, property: &str) -> Self {
        let below = |name: Name| Name { text: format!("{property}.{name}"), ..name };
        match self {
            Self::And(filters) => Self::And(filters.into_iter().map(|filter| filter.below(property)).collect()),
            Self::Or(filters) => Self::Or(filters.into_iter().map(|filter| filter.below(property)).collect()),
            Self::Not(inner) => Self::Not(Box::new(inner.below(property))),
            Self::Compare { property, comparison, value } => {
                Self::Compare { property: below(property), comparison, value }
            }
            Self::Like { property, pattern, case_sensitive } => {
                Self::Like { property: below(property), pattern, case_sensitive }
            }
        }
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal; also true where the property is null.
    Ne,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

/// What a property is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As written.
    Text(String),
    /// A number, or a moment in seconds since 1970.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// `null()`.
    Null,
    /// `empty()`: a blank text.
    Empty,
}

/// A text in which `*` stands for anything and `\*` for a star. Without a star it is the whole value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub Vec<PatternPart>);

/// A part of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// Exactly this.
    Literal(String),
    /// Anything, also nothing.
    Anything,
}

/// Why a query is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RqlError {
    /// Where, in characters from the start of the query as it was sent; `None` when it is about the whole.
    pub position: Option<usize>,
    /// Why.
    pub message: String,
}

impl RqlError {
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { position: None, message: message.into() }
    }
}

impl fmt::Display for RqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "Bad filter query at character {}: {}.", position + 1, self.message),
            None => write!(f, "Bad filter query: {}.", self.message),
        }
    }
}

impl From<RqlError> for http::Error {
    fn from(error: RqlError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl std::error::Error for RqlError {}
