//! Who calls. A session cookie and an `Authorization: ApiKey` header are two ways to be a [`Caller`]; [`crate::auth`]
//! says who may be one. A handler that takes a `Caller` cannot be reached without.

use std::{net::IpAddr, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use latchkey_shared::{ModuleId, Reference, Role, Timestamp};

use super::Error;
use crate::{
    gatekeeper::{Entry, Modules},
    store::entities::account,
};

/// What a route requires of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// A valid key or a session.
    Authenticated,
    /// A valid key, never a session.
    Key,
    /// A session.
    Session,
    /// A session of an admin.
    Admin,
    /// A session of any role, or a key that holds the module of the path.
    Read,
    /// A session of a member or an admin, or a key that holds the module of the path.
    Write,
    /// As [`Write`](Self::Write), but a handler that exchanges handles sees every valid key. For everything else it
    /// calls [`Caller::require`].
    WriteOrExchange,
    /// A session of a member or an admin, never a key.
    Reveal,
}

impl Access {
    /// Whether a key must hold the module of the path.
    #[must_use]
    pub fn requires_module(self) -> bool {
        matches!(self, Self::Read | Self::Write)
    }
}

/// The client that sent a request.
#[derive(Debug, Clone, Default)]
pub struct ClientInfo {
    /// The client's IP address as text, for events; empty when it is unknown.
    pub address: String,
    /// The client's IP address.
    pub ip: Option<IpAddr>,
    /// The id of the request in logs and events.
    pub request_id: String,
}

/// The kinds of callers.
#[derive(Debug, Clone)]
pub enum Identity {
    /// A signed-in user.
    User {
        /// Their role.
        role: Role,
        /// The id of their session.
        session_id: String,
        /// When they last gave their password.
        confirmed_at: Timestamp,
        /// Their e-mail address.
        email: String,
    },
    /// A token, by its key.
    Token {
        /// The token.
        entry: Arc<Entry>,
        /// The digest of the secret that was sent. When the token has two secrets, this one must stay valid.
        digest: [u8; 32],
    },
    /// The command line: whoever has the database and the master key.
    Operator,
}

/// A caller who may use the endpoint.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account whose data they may use, and no other's.
    pub account: account::Model,
    /// Their id and name in the audit trail.
    pub actor: Reference,
    /// User, token or command line.
    pub identity: Identity,
    /// The client that sent the request.
    pub client_info: ClientInfo,
    /// The endpoint of the request.
    pub endpoint: Endpoint,
}

/// The endpoint of a request.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What it requires.
    pub access: Access,
    /// The path of its route below the base path, with `{…}` for parameters.
    pub path: Arc<str>,
}

impl Caller {
    /// The command line, for an account.
    #[must_use]
    pub fn operator(account: account::Model) -> Self {
        Self {
            account,
            actor: Reference { id: "CLI".to_owned(), name: "Command line".to_owned() },
            identity: Identity::Operator,
            client_info: ClientInfo::default(),
            endpoint: Endpoint { access: Access::Write, path: "/auth/tokens".into() },
        }
    }

    /// Whether this caller may grant `module`. A user may grant any, a key those that it holds.
    #[must_use]
    pub fn may_grant(&self, modules: &Modules, module: &ModuleId) -> bool {
        match &self.identity {
            Identity::User { .. } | Identity::Operator => true,
            Identity::Token { entry, .. } => modules.includes(&entry.modules, module),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        // Absent only if a public route has a handler that takes a caller.
        parts.extensions.get::<Self>().cloned().ok_or(Error::Unauthorized)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
