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
