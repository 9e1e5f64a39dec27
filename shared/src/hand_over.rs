//! Handing a key over by a link that works once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Credential, LastUsed, Reference, SampleCall, Secret, Timestamp, TokenId, TokenStatus};

/// The body of `POST /auth/tokens/{id}/hand_over`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HandOverBody {
    /// For how many days the link works, 1 to 30; 7 when left out.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 30))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// Whether who takes the key gets a page to rotate it.
    pub may_rotate: bool,
}

/// A link, or what became of it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Reference,
    /// Until when the key can be taken.
    pub expires_at: Timestamp,
    /// Whether who takes the key gets a page to rotate it.
    pub may_rotate: bool,
    /// When it was opened first.
    pub opened_at: Option<Timestamp>,
    /// When the key was taken, which ends the link.
    pub taken_at: Option<Timestamp>,
    /// From which address; empty when it is not known.
    pub taken_from: String,
}

/// The answer to `POST /auth/tokens/{id}/hand_over`: the link, and once its secret.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHandOver {
    /// The link.
    #[serde(flatten)]
    pub info: HandOver,
    /// What stands behind `#` in the link `/take#<secret>`.
    pub secret: LinkSecret,
}

/// The secret of a link: 64 hex digits. Never shown by `Debug`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSecret(pub String);

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret")
    }
}

/// The body of `POST /auth/hand_over`, `…/take` and `…/rotate`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HolderBody {
    /// The secret of the link, or of the holder's page.
    pub secret: LinkSecret,
    /// For `rotate`: how long the old key works on, in seconds, at most 7 days.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800, value_type = Option<i64>))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::token_body::whole")]
    pub overlap: Option<i64>,
    /// For `take`: the secret that the holder's page shall have, 64 hex digits made by the client at random. With the same
    /// one the key is given once more, for ten minutes, to a client that the answer has not reached.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$", value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<LinkSecret>,
}

/// What somebody sees who has the link, and who has no account.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// The name of the account.
    pub account: String,
    /// Who made the link.
    pub from: String,
    /// The name of the token.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The title of its extension.
    pub extension: String,
    /// What is taken.
    pub credential: Credential,
    /// The names of its modules.
    pub modules: Vec<String>,
    /// What it is worth now.
    pub status: TokenStatus,
    /// When it ends; null for never.
    pub expiration_date: Option<Timestamp>,
    /// The addresses and networks from which it works; none means any.
    pub allowed_addresses: Vec<String>,
    /// How many calls a minute it is good for; null means any number.
    pub calls_per_minute: Option<u32>,
    /// Until when the key can be taken.
    pub expires_at: Timestamp,
    /// Whether it can be rotated once it is taken.
    pub may_rotate: bool,
    /// When the key was taken: this is the holder's page then.
    pub taken_at: Option<Timestamp>,
    /// Only on the holder's page: its last use.
    pub last_used: Option<LastUsed>,
    /// Only on the holder's page: the calls of the last 30 days, `{"date": "2026-11-29", "calls": 7}`, oldest first.
    pub calls: Vec<DayCalls>,
    /// Only on the holder's page, while the key before still works: until when.
    pub previous_expiration_date: Option<Timestamp>,
}

/// The calls of a day.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCalls {
    /// The day in UTC, `yyyy-mm-dd`.
    pub date: String,
    /// Their number.
    pub calls: i64,
}

/// The answer to `…/take` and `…/rotate`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenKey {
    /// The token.
    pub id: TokenId,
    /// Which of the two is used.
    pub credential: Credential,
    /// The secret part of the key.
    pub token: Secret,
    /// The handle.
    pub handle: Secret,
    /// Of `take`, with `may_rotate`: what stands behind `#` in the address of the holder's page, `/take#<secret>`.
    pub page: Option<LinkSecret>,
    /// A call that the key opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleCall>,
}
