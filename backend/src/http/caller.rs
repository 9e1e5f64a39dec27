//! Who calls, and whether they may. A session cookie and an `Authorization: ApiKey` header are two ways to be
//! a [`Caller`]. What a route needs stands in its line in [`crate::app::routes`]; a handler that takes a
//! `Caller` cannot be reached without.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use latchkey_shared::{ApiKey, ModuleId, Reference, Role, Timestamp};

use super::{Error, paths};
use crate::{app::App, gatekeeper, sessions, store::entities::account};

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

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The address of the peer.
    pub address: String,
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
        /// The modules that it holds.
        modules: Vec<ModuleId>,
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
}

impl Caller {
    /// Whether this caller may grant `module`: a person any, a key what it holds itself.
    #[must_use]
    pub fn may_grant(&self, module: &ModuleId) -> bool {
        match &self.identity {
            Identity::User { .. } => true,
            Identity::Token { modules } => gatekeeper::opens(modules, module),
        }
    }
}

impl Caller {
    /// Refuses a caller who may not do what a route below the base path needs.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InsufficientScope`].
    pub fn require(&self, app: &App, needs: Needs, path: &str) -> Result<(), Error> {
        permit(app, self, needs, path)
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

impl Origin {
    /// Notes where a request came from, and tells the caller the number it is known under.
    pub async fn note(State(app): State<App>, mut request: Request, next: Next) -> Response {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let address = peer.map(|peer| peer.0.ip().to_canonical().to_string()).unwrap_or_default();
        let origin = Self { address, request_id: app.rng.hex::<8>() };
        let id = HeaderValue::from_str(&origin.request_id);
        request.extensions_mut().insert(origin);
        let mut response = next.run(request).await;
        if let Ok(id) = id {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }
}

/// Lets a request pass to its handler when its caller may do what the route is for.
///
/// # Errors
/// [`Error::Unauthorized`], [`Error::Forbidden`], [`Error::InsufficientScope`].
pub async fn authorize(
    State((app, needs)): State<(App, Needs)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    if needs != Needs::Nothing {
        let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
        let caller = identify(&app, request.headers(), origin).await?;
        permit(&app, &caller, needs, request.uri().path())?;
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}

async fn identify(app: &App, headers: &HeaderMap, origin: Origin) -> Result<Caller, Error> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = match gatekeeper::check(app, value.as_bytes()).await? {
            Ok(token) => token,
            Err(denial) => {
                // The id tells which integration fails; the secret behind it is never logged.
                let token = std::str::from_utf8(value.as_bytes()).ok().and_then(|text| ApiKey::parse(text).ok());
                let token = token.map(|key| key.id.to_string());
                tracing::info!(reason = denial.as_str(), token, address = origin.address, "key refused");
                return Err(Error::Unauthorized);
            }
        };
        let account = app.store.account(&token.token.account_id).await?.ok_or(Error::Unauthorized)?;
        let actor = Reference { id: token.token.id, name: token.token.name };
        return Ok(Caller { account, actor, identity: Identity::Token { modules: token.modules }, origin });
    }
    let cookie = sessions::cookie::read(app, headers).ok_or(Error::Unauthorized)?;
    sessions::resume(app, &cookie, origin).await?.ok_or(Error::Unauthorized)
}

fn permit(app: &App, caller: &Caller, needs: Needs, path: &str) -> Result<(), Error> {
    match (&caller.identity, needs) {
        (Identity::User { role, .. }, Needs::Changing | Needs::ChangingOrExchanging | Needs::Revealing)
            if !role.manages_tokens() =>
        {
            Err(Error::Forbidden("Your role is viewer: you may read, but not change tokens or see keys."))
        }
        (Identity::User { .. }, _) | (_, Needs::Nothing | Needs::Identity | Needs::ChangingOrExchanging) => Ok(()),
        (Identity::Token { .. }, Needs::Session | Needs::Revealing) => {
            Err(Error::Forbidden("Only a person who is signed in may do this; a key may not."))
        }
        (Identity::Token { modules }, Needs::Reading | Needs::Changing) => {
            let path = path.strip_prefix(paths::BASE).unwrap_or(path);
            let module = gatekeeper::module_of(&app.catalogue, path);
            if gatekeeper::opens(modules, &module.id) {
                Ok(())
            } else {
                Err(Error::InsufficientScope { token: caller.actor.id.clone(), module: Box::new(module.clone()) })
            }
        }
    }
}
