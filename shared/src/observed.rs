//! Observe mode: what an API let pass and would have refused.

use serde::{Deserialize, Serialize};

use crate::{Reference, Timestamp};

/// Requests by one token, with one method, to one path, that an API in observe mode let pass and would have refused.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedRequest {
    /// The token whose key was sent; null for requests without a key that is known.
    pub token: Option<Reference>,
    /// The API, by the name in the catalogue; empty where that describes none.
    pub api: String,
    /// The method; empty for several.
    pub method: String,
    /// The path, without the query; empty for several, which found no room of their own.
    pub path: String,
    /// The rule that asks for a module, as the catalogue has it; null if no rule is for the path.
    pub rule: Option<String>,
    /// The module that is asked for; null if the request came to no API.
    pub module: Option<Reference>,
    /// Why, as a word of the metrics: `missing` (no key), `module`, `disabled`, …
    pub reason: String,
    /// The number of requests.
    pub calls: i64,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them.
    pub last_at: Timestamp,
    /// The IP address that the last came from; empty when it is not known.
    pub address: String,
    /// How its client calls itself.
    pub program: String,
    /// Whether such a request would be allowed as things are now.
    pub passes_now: bool,
}
