//! Who calls. A session cookie and an `Authorization: ApiKey` header are two ways to be a [`Caller`]; [`crate::auth`] says
//! who may be one. A handler that takes a `Caller` cannot be reached without.

use std::{net::IpAddr, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use latchkey_shared::{ModuleId, Reference, Role, Timestamp};

use super::Error;
use crate::{
    gatekeeper::{self, Entry},
    store::entities::account,
};

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody may call.
    Nothing,
    /// A valid key or a session.
    Identity,
    /// A session.
    Session,
    /// A session of any role, or a key that holds the module of the path.
    Reading,
    /// A session of a member or an admin, or a key that holds the module of the path.
    Changing,
    /// As [`Changing`](Self::Changing), but any valid key comes as far as the handler, which lets it trade a
    /// handle and asks [`Caller::require`] before anything else.
    ChangingOrExchanging,
    /// A session of a member or an admin, and never a key.
    Revealing,
}

impl Needs {
    /// Whether a key has to hold the module of the path.
    #[must_use]
    pub fn asks_for_module(self) -> bool {
        matches!(self, Self::Reading | Self::Changing)
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The address of the client, as it stands in events; empty when it is not known.
    pub address: String,
    /// The same, to be compared.
    pub client: Option<IpAddr>,
    /// The number under which logs and events know this request.
    pub request_id: String,
}

/// As whom somebody calls.
#[derive(Debug, Clone)]
pub enum Identity {
    /// A person, signed in.
    User {
        /// What they may do.
        role: Role,
        /// Their session.
        session_id: String,
        /// When they last gave their password.
        confirmed_at: Timestamp,
        /// Their address.
        email: String,
    },
    /// A token, by its key.
    Token {
        /// What the gatekeeper knows of it.
        entry: Arc<Entry>,
        /// The digest of the secret that was shown: of two, the one that has to go on working.
        digest: [u8; 32],
    },
}

/// Somebody who may do what the route is for.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account on whose data they act, and on no other's.
    pub account: account::Model,
    /// Who they are in the audit trail.
    pub actor: Reference,
    /// As whom they call.
    pub identity: Identity,
    /// From where.
    pub origin: Origin,
    /// What they were let in for.
    pub access: Access,
}

/// What a caller is let in for.
#[derive(Debug, Clone)]
pub struct Access {
    /// What the route asks of its caller.
    pub needs: Needs,
    /// The route's path below the base path, with `{…}` for what varies.
    pub path: Arc<str>,
}

impl Caller {
    /// Whether this caller may grant `module`: a person any, a key what it holds itself.
    #[must_use]
    pub fn may_grant(&self, module: &ModuleId) -> bool {
        match &self.identity {
            Identity::User { .. } => true,
            Identity::Token { entry, .. } => gatekeeper::opens(&entry.modules.ids, module),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        // Absent only where a route that needs nothing has a handler that takes a caller: refuse.
        parts.extensions.get::<Self>().cloned().ok_or(Error::Unauthorized)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
