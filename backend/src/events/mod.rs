//! The audit trail. An event is committed together with the change that it records, so that neither exists
//! without the other. Revealing or exchanging a key and a failed sign-in change nothing and are events, too.

pub mod list;
pub mod live;

use latchkey_shared::Timestamp;
use serde_json::Value;

use crate::{
    http::Caller,
    store::{NewEvent, Result, Tx},
};

/// What can happen, in the words of the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A token was created.
    TokenCreated,
    /// Properties of a token were changed.
    TokenUpdated,
    /// A token was enabled.
    TokenEnabled,
    /// A token was disabled.
    TokenDisabled,
    /// A token was deleted.
    TokenDeleted,
    /// A person looked at a key.
    TokenRevealed,
    /// A token got a new secret beside the old one.
    TokenRenewed,
    /// A token got a new secret in the place of the old one.
    TokenRotated,
    /// A program traded the handle of a token for its key.
    HandleExchanged,
    /// A person made a link with which the key of a token is handed over.
    HandOverCreated,
    /// Somebody opened the link.
    HandOverOpened,
    /// Somebody took the key by the link.
    HandOverTaken,
    /// The link has expired, and nobody has taken the key.
    HandOverExpired,
    /// The link was withdrawn.
    HandOverWithdrawn,
    /// The end of the previous secret of a token was moved.
    OverlapChanged,
    /// Somebody has used a key that does not work any more.
    EndedKeyUsed,
    /// Modules were granted or withdrawn.
    PermissionsChanged,
    /// The account was added.
    AccountAdded,
    /// The account got another name.
    AccountRenamed,
    /// A user was added.
    UserAdded,
    /// A user got a new invitation.
    UserInvited,
    /// What a user may do was changed.
    UserRoleChanged,
    /// A person signed in.
    SignedIn,
    /// Somebody gave a wrong password for a user, or the right one of a disabled user.
    SignInFailed,
    /// A person signed out.
    SignedOut,
    /// A user was kept from signing in.
    UserDisabled,
    /// A disabled user may sign in again.
    UserEnabled,
    /// A user got another password.
    PasswordSet,
    /// A user was signed out everywhere.
    SessionsEnded,
}

impl Action {
    /// The word in the trail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenCreated => "token.created",
            Self::TokenUpdated => "token.updated",
            Self::TokenEnabled => "token.enabled",
            Self::TokenDisabled => "token.disabled",
            Self::TokenDeleted => "token.deleted",
            Self::TokenRevealed => "token.revealed",
            Self::TokenRenewed => "token.renewed",
            Self::TokenRotated => "token.rotated",
            Self::HandleExchanged => "token.handle_exchanged",
            Self::HandOverCreated => "token.hand_over_created",
            Self::HandOverOpened => "token.hand_over_opened",
            Self::HandOverTaken => "token.hand_over_taken",
            Self::HandOverExpired => "token.hand_over_expired",
            Self::HandOverWithdrawn => "token.hand_over_withdrawn",
            Self::OverlapChanged => "token.overlap_changed",
            Self::EndedKeyUsed => "token.ended_key_used",
            Self::PermissionsChanged => "token.permissions_changed",
            Self::AccountAdded => "account.added",
            Self::AccountRenamed => "account.renamed",
            Self::UserAdded => "user.added",
            Self::UserInvited => "user.invited",
            Self::UserRoleChanged => "user.role_changed",
            Self::SignedIn => "user.signed_in",
            Self::SignInFailed => "user.sign_in_failed",
            Self::SignedOut => "user.signed_out",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::PasswordSet => "user.password_set",
            Self::SessionsEnded => "user.sessions_ended",
        }
    }
}

/// Writes that `caller` did `action` to the object `id`, called `name`. `details` never holds a secret.
///
/// # Errors
/// [`crate::store::StoreError`]; then the transaction must not be committed.
pub async fn record(
    tx: &Tx,
    caller: &Caller,
    now: Timestamp,
    action: Action,
    (id, name): (&str, &str),
    details: Value,
) -> Result<()> {
    tx.record(NewEvent {
        account_id: caller.account.id.clone(),
        at: now.unix(),
        actor_id: caller.actor.id.clone(),
        actor_name: caller.actor.name.clone(),
        action: action.as_str(),
        object_id: id.to_owned(),
        object_name: name.to_owned(),
        address: caller.client_info.address.clone(),
        request_id: caller.client_info.request_id.clone(),
        details: details.to_string(),
    })
    .await
}
