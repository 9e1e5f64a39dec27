//! Changing many tokens with one request.

use serde::{Deserialize, Serialize};

use crate::{Problem, said};
#[cfg(feature = "openapi")]
use crate::{Timestamp, TokenId};

/// What is done with each token.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    /// The keys work again.
    Enable,
    /// The keys stop, and can be enabled again.
    Disable,
    /// The keys stop for good.
    Delete,
    /// The tokens expire at `expiration_date`.
    SetExpiration,
}

/// The body of `POST /auth/tokens/bulk`. The tokens are named by `ids` or selected by `query`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkBody {
    /// What is done.
    pub action: BulkAction,
    /// The ids of the tokens, at most 1000.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<TokenId>>, max_items = 1000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// An RQL query as for the list, not blank, without `limit` and `offset`. Deleted tokens are never selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The number of tokens that `query` selected when somebody looked: with another one nothing is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// For `set_expiration`: RFC 3339, in the future; null for never.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::token_body::present")]
    pub expiration_date: Option<Option<String>>,
    /// Whether to report what would be done, and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of a token.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkOutcome {
    /// It is as wanted now, or would be after a dry run.
    Changed,
    /// It was as wanted already.
    Unchanged,
    /// It is as it was; `errors` say why.
    Failed,
}

/// A line of the answer about a token. Before these there is a line with the number of tokens, [`BulkTotal`].
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkLine {
    /// The token.
    pub id: String,
    /// Its name; empty when there is no such token.
    pub name: String,
    /// What became of it.
    pub outcome: BulkOutcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// The same for programs, as in [`crate::ErrorBody`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl BulkLine {
    /// Why it failed.
    #[must_use]
    pub fn told(&self) -> Vec<Problem> {
        said(&self.errors, self.problems.clone())
    }
}

/// The first line of the answer.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkTotal {
    /// The number of tokens, and of the lines that follow.
    pub total: usize,
}
