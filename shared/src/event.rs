//! A line of the audit trail on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Reference, Timestamp};

/// An event: who did what to which object, when and from where.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number; a later event has a greater one.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// What was done: `token.created`, `user.signed_in`.
    pub action: String,
    /// By whom: a user or a token, with the name at that time.
    pub actor: Reference,
    /// To what: a token or a user, with the name at that time.
    pub object: Reference,
    /// From which IP address; empty when it is not known.
    pub address: String,
    /// The id of the request in the log.
    pub request_id: String,
    /// What changed, `{"name": ["before", "after"]}`, and other facts; never a secret.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: Map<String, Value>,
}
