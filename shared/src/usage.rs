//! The use of a token on the wire.

use serde::{Deserialize, Serialize};

use crate::{ModuleId, Timestamp};

/// How a token was used in the last 90 days.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Every day with calls, the oldest first.
    pub days: Vec<DayUsage>,
    /// The modules that the token holds, and others that it has called, in the order of the catalogue.
    pub modules: Vec<ModuleUsage>,
    /// The rules of the catalogue by which calls were allowed, and those that no rule was for; by API, rule and method.
    pub rules: Vec<RuleUsage>,
    /// From where and by which programs it was used, the last one first; at most 32, and not every one.
    pub clients: Vec<ClientUsage>,
}

/// The calls of a day.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUsage {
    /// The day, UTC: `2027-01-31`.
    pub date: String,
    /// By status of the answer, in the order of the codes.
    pub statuses: Vec<StatusUsage>,
}

/// Calls that were answered with one status.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusUsage {
    /// The HTTP status.
    pub code: i32,
    /// The number of calls.
    pub calls: i64,
}

/// The calls of a module.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleUsage {
    /// The module.
    pub id: ModuleId,
    /// Whether the token holds it.
    pub granted: bool,
    /// The number of calls.
    pub calls: i64,
    /// Those of today and yesterday, UTC.
    pub recent_calls: i64,
    /// The last day with a call; null when there was none.
    pub last_day: Option<String>,
    /// A module that opens all that the token has called by this one, and less besides; null if none is known.
    #[serde(default)]
    pub instead: Option<ModuleId>,
}

/// The calls that one rule has allowed, with one method.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleUsage {
    /// The API, by the name in the catalogue; empty where that describes none.
    pub api: String,
    /// The method; empty for those that are none of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.
    pub method: String,
    /// As the catalogue has it; empty for what no rule is for.
    pub rule: String,
    /// The module that allowed them.
    pub module: ModuleId,
    /// The number of calls.
    pub calls: i64,
    /// The last of them, to a few seconds.
    pub last_at: Timestamp,
    /// The modules that open it as the catalogue is now; none if only *All* does.
    pub modules: Vec<ModuleId>,
}

/// A client that used a token.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientUsage {
    /// Its IP address; empty when it is not known.
    pub address: String,
    /// How it calls itself.
    pub program: String,
    /// Its last call.
    pub at: Timestamp,
}
