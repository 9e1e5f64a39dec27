//! Users, their invitations and their sessions, as admins and the users themselves see them.

use serde::{Deserialize, Serialize};

use crate::{Role, Timestamp, User};

/// A user as an admin sees them.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDetails {
    /// Who.
    #[serde(flatten)]
    pub user: User,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// The number of their sessions.
    pub sessions: u32,
    /// The last use of one of their sessions; null when there is none.
    pub last_seen_at: Option<Timestamp>,
    /// Until when they can follow their invitation; null when there is none.
    pub invited_until: Option<Timestamp>,
}

/// The body of `POST /auth/users`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUserBody {
    /// The address to sign in with.
    pub email: String,
    /// The name shown beside what they do.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// The body of `PUT /auth/users/{id}`; what is left out stays.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserUpdateBody {
    /// What they may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they may not sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// A link with which a user sets a password, once.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The id of the user.
    pub user_id: String,
    /// The secret of the link, which stands in its fragment: `/invitation#…`. It is shown once.
    pub secret: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// The body of `POST /auth/invitation`: shows whose invitation it is, or follows it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Serialize, Deserialize)]
pub struct InvitationBody {
    /// The secret of the link.
    pub secret: String,
    /// The password to set; left out to look only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for InvitationBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationBody").finish_non_exhaustive()
    }
}

/// Whose invitation it is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The address to sign in with.
    pub email: String,
    /// The name.
    pub name: String,
    /// The name of the account.
    pub account: String,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

/// The body of `POST /auth/password`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordBody {
    /// The password so far.
    pub current: String,
    /// The new one.
    pub password: String,
}

impl std::fmt::Debug for PasswordBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordBody").finish_non_exhaustive()
    }
}

/// A session of a user.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDetails {
    /// Its id, with which nobody can sign in.
    pub id: String,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// The last use, up to a minute late.
    pub seen_at: Timestamp,
    /// From which IP address they signed in; empty when it is not known.
    pub address: String,
    /// With which program, as it calls itself.
    pub program: String,
    /// Whether it is the session of this request.
    pub current: bool,
}
