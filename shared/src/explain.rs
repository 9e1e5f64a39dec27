//! Why a request would pass the gatekeeper, or not.

use serde::{Deserialize, Serialize};

use crate::ModuleId;

/// What the gatekeeper would make of a request with the key of a token, and by which rules. Nothing is counted for it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Whether the request would pass.
    pub allowed: bool,
    /// The status of the answer: 200 if it would pass.
    pub status: u16,
    /// Whether the API is in observe mode: then the request passes in any case.
    #[serde(default)]
    pub observed: bool,
    /// Why, as a word of the metrics; `allowed` and `public` if it would pass.
    pub reason: String,
    /// Why, in a sentence.
    pub text: String,
    /// The API that the request is to, by the name in the catalogue; empty where that describes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The rules that decide: those of the longest path with one for the method. None if it is for *All* alone.
    pub rules: Vec<DecidingRule>,
}

/// A rule that decides about a request.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidingRule {
    /// As the catalogue has it: `GET /orders`.
    pub rule: String,
    /// The module that it is of; none for a path that needs no key.
    pub module: Option<ModuleId>,
    /// The name of the module.
    pub name: Option<String>,
    /// Whether the token holds it.
    pub held: bool,
}
