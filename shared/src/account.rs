//! Accounts, users and what signing in takes and gives.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Timestamp, UserId};

/// How one object names another: `{"id", "name"}`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The id of what is named, of any kind.
    pub id: String,
    /// Its name when the answer was made.
    pub name: String,
}

/// The organisation that owns tokens.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `VA-ddd-ddd` or `PA-ddd-ddd`.
    pub id: AccountId,
    /// The organisation's name.
    pub name: String,
    /// `vendor` or `provider`, as the id's prefix says.
    #[serde(rename = "type")]
    pub kind: String,
    /// Always null: Latchkey keeps no pictures.
    pub icon: Option<String>,
}

/// What a user may do. Ordered: each role may do what the one before may.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads; never reveals a key.
    Viewer,
    /// Manages tokens.
    Member,
    /// Manages tokens and users.
    Admin,
}

impl Role {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// The role that `word` names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Member, Self::Admin].into_iter().find(|role| role.as_str() == word)
    }

    /// Whether this role may invite users, change what they may do, and sign them out.
    #[must_use]
    pub fn manages_users(self) -> bool {
        self >= Self::Admin
    }

    /// Whether this role may create, change, reveal and delete tokens.
    #[must_use]
    pub fn manages_tokens(self) -> bool {
        self >= Self::Member
    }
}

/// A person who signs in.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `UR-ddd-ddd-ddd`.
    pub id: UserId,
    /// The name shown beside what the person did.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// What the person may do.
    pub role: Role,
}

/// The body of `POST /auth/login`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The user's address, in any case.
    pub email: String,
    /// The password as typed.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// The answer of `GET /auth/context` and `POST /auth/login`: who is signed in, and where.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Who is signed in.
    pub user: User,
    /// The account that the session belongs to.
    pub account: Account,
    /// Until when a key can be revealed without giving the password again.
    pub confirmed_until: Timestamp,
}
