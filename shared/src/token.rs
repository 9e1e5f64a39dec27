//! Tokens on the wire, as they are answered (the Connect API). What creates and changes one is in
//! [`crate::token_body`].

use serde::{Deserialize, Serialize};

use crate::{ModuleId, Reference, Secret, Timestamp, TokenId};

/// What a token is worth right now.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStatus {
    /// The key opens what its permissions say.
    Active,
    /// Switched off by a person; can be switched on again.
    Inactive,
    /// Active, and ends within 14 days.
    Expiring,
    /// Past its expiration date.
    Expired,
    /// Renewed: the previous secret still works, too.
    Revitalised,
    /// Gone for good; only the name and the history remain.
    Deleted,
}

impl TokenStatus {
    /// How long before its end a token counts as expiring: 14 days, in seconds.
    pub const EXPIRING_WINDOW: i64 = 14 * 24 * 3600;

    /// Every status, in the order in which the page offers them.
    pub const ALL: [Self; 6] =
        [Self::Active, Self::Inactive, Self::Expiring, Self::Revitalised, Self::Expired, Self::Deleted];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Revitalised => "revitalised",
            Self::Deleted => "deleted",
        }
    }

    /// The status that `word` names on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether a key of this status opens anything.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Active | Self::Expiring | Self::Revitalised)
    }
}

/// When something happened and who did it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The moment.
    pub at: Timestamp,
    /// The user, or the token that acted as one.
    pub by: Reference,
}

/// The life of an object so far.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Its beginning.
    pub created: Occurrence,
    /// The last change; the creation when there was none.
    pub updated: Occurrence,
}

/// An object named by its id alone: `{"id": "MD-0002"}`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef<I> {
    /// The id.
    pub id: I,
}

/// A module to be granted: `{"object": {"id": "MD-0002"}}`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionGrant {
    /// The module.
    pub object: ObjectRef<ModuleId>,
}

impl From<ModuleId> for PermissionGrant {
    fn from(id: ModuleId) -> Self {
        Self { object: ObjectRef { id } }
    }
}

/// A module granted to a token.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// `TP-ddd-ddd-ddd-dddd`: the digits of the token and of the module.
    pub id: String,
    /// The module. Its name is its id when the catalogue no longer has it.
    pub object: Reference,
}

/// A token as `GET` answers it. It never carries the secret or the handle.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// `SU-ddd-ddd-ddd`.
    pub id: TokenId,
    /// The name that a person gave.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What another system calls it.
    pub external_id: Option<String>,
    /// The account that owns it.
    pub owner: Reference,
    /// What it is worth now.
    pub status: TokenStatus,
    /// The kind of integration. The name is the one for programs.
    pub extension: Reference,
    /// The granted modules, in the order of their ids.
    pub permissions: Vec<Permission>,
    /// When it ends; null means never.
    pub expiration_date: Option<Timestamp>,
    /// While the previous secret still works: when the current one expires; null means never.
    #[serde(default)]
    pub renewed_expiration_date: Option<Timestamp>,
    /// While the previous secret still works: when it expires; null means never.
    #[serde(default)]
    pub previous_expiration_date: Option<Timestamp>,
    /// Before that moment the key does not work; null when it has worked from the beginning.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// The addresses and networks from which the key works; none means any.
    #[serde(default)]
    pub allowed_addresses: Vec<String>,
    /// How many calls a minute the key is good for; null means any number.
    #[serde(default)]
    pub calls_per_minute: Option<u32>,
    /// The last call that was let through, known a few seconds later; null when there was none.
    #[serde(default)]
    pub last_used: Option<LastUsed>,
    /// While the previous secret still works: the last call with it since it was replaced; null when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_last_used: Option<LastUsed>,
    /// Created and last changed.
    pub events: Events,
}

/// The last use of a token.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUsed {
    /// When.
    pub at: Timestamp,
    /// From which address; empty when no proxy told.
    pub address: String,
    /// How the program calls itself, at most 64 characters; empty when it does not.
    pub program: String,
}

/// The answer to create: the token, and once its secret and handle.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedToken {
    /// The token.
    #[serde(flatten)]
    pub info: Token,
    /// The secret part of the key.
    pub token: Secret,
    /// The handle.
    pub handle: Secret,
}

/// The answer to `POST …/reveal`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevealedToken {
    /// The token.
    pub id: TokenId,
    /// The secret part of the key.
    pub token: Secret,
    /// The handle.
    pub handle: Secret,
}

/// The answer to `renew` and `rotate`: the token, and once its new secret.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedToken {
    /// The token.
    #[serde(flatten)]
    pub info: Token,
    /// The new secret part of the key.
    pub token: Secret,
    /// The same, while the previous secret still works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_token: Option<Secret>,
    /// After `rotate`, of a token that is used by handle: its new handle. The old one is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Secret>,
}

/// The answer to a handle: the token whose it is, and its secret. `ApiKey {id}:{token}` is the key.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangedToken {
    /// The token.
    #[serde(flatten)]
    pub info: Token,
    /// The secret part of the key.
    pub token: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_back() {
        for status in TokenStatus::ALL {
            assert_eq!(TokenStatus::from_word(status.as_str()), Some(status));
        }
    }
}
