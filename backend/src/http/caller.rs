//! Who calls, and whether they may. A session cookie and an `Authorization: ApiKey` header are two ways to be
//! a [`Caller`]. What a route needs stands in its line in [`crate::app::routes`]; a handler that takes a
//! `Caller` cannot be reached without.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use latchkey_shared::{ModuleId, Reference, Role, Timestamp};

use super::{Error, paths};
use crate::{
    app::App,
    gatekeeper::{self, Credential, Decision, Entry, Target, answers},
    sessions,
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
    fn asks_for_module(self) -> bool {
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

impl Caller {
    /// The same caller, let in for more than their route asks.
    ///
    /// # Errors
    /// As [`check_access`](Self::check_access).
    pub fn require(&self, app: &App, needs: Needs) -> Result<Self, Error> {
        let access = Access { needs, path: Arc::clone(&self.access.path) };
        let caller = Self { access, ..self.clone() };
        caller.check_access(app)?;
        Ok(caller)
    }

    /// Refuses a caller who may not do what they were let in for.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InsufficientScope`].
    pub fn check_access(&self, app: &App) -> Result<(), Error> {
        permit(self, self.access.needs)?;
        let Identity::Token { entry, .. } = &self.identity else { return Ok(()) };
        if !self.access.needs.asks_for_module() {
            return Ok(());
        }
        let keeper = &app.gatekeeper;
        let module = keeper.modules.of_own_route(&self.access.path);
        if entry.modules.opens(module) {
            return Ok(());
        }
        let module = Box::new(keeper.modules.get(module).clone());
        Err(Error::InsufficientScope { token: self.actor.id.clone(), module, console: keeper.console.clone() })
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
        let client = peer.and_then(|peer| app.gatekeeper.client(peer.0.ip(), request.headers()));
        let address = client.map(|client| client.to_string()).unwrap_or_default();
        let origin = Self { address, client, request_id: app.rng.hex::<8>() };
        let id = HeaderValue::from_str(&origin.request_id);
        request.extensions_mut().insert(origin);
        let mut response = next.run(request).await;
        if let Ok(id) = id {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }
}

/// Lets a request pass to its handler when its caller may do what the route is for. What was decided about a key is
/// kept for [`answers::settle`].
pub async fn authorize(State((app, needs)): State<(App, Needs)>, mut request: Request, next: Next) -> Response {
    if needs == Needs::Nothing {
        return next.run(request).await;
    }
    let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
    // The route's own path: what the client wrote led to it, and may be written in more than one way.
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let access = Access { needs, path: matched.strip_prefix(paths::BASE).unwrap_or(matched).into() };
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return match person(&app, request.headers(), origin, access).await {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                next.run(request).await
            }
            Err(error) => error.into_response(),
        };
    }
    let module = app.gatekeeper.modules.of_own_route(&access.path);
    let target = if needs.asks_for_module() { Target::Module(module) } else { Target::Any };
    let decision = app.gatekeeper.check(Credential::Header(request.headers()), target, origin.client).await;
    answers::keep(request.extensions(), decision.clone());
    match program_caller(&app, request.headers(), &decision, origin.clone(), access.clone()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn person(app: &App, headers: &HeaderMap, origin: Origin, access: Access) -> Result<Caller, Error> {
    let cookie = sessions::cookie::read(app, headers).ok_or(Error::Unauthorized)?;
    let caller = sessions::resume(app, &cookie, origin).await?.ok_or(Error::Unauthorized)?;
    let caller = Caller { access, ..caller };
    caller.check_access(app)?;
    Ok(caller)
}

fn program_caller(
    app: &App,
    headers: &HeaderMap,
    decision: &Decision<'_>,
    origin: Origin,
    access: Access,
) -> Result<Caller, Error> {
    if let Err(refusal) = decision.answer {
        app.gatekeeper.log(headers, refusal, origin.client);
        return Err(app.gatekeeper.error(decision, refusal));
    }
    let token = decision.token.as_ref().ok_or(Error::Unauthorized)?;
    let digest = app.gatekeeper.digest(Credential::Header(headers)).ok_or(Error::Unauthorized)?;
    let caller = Caller {
        account: account::Model::clone(&token.account),
        actor: Reference { id: token.id().into(), name: token.name() },
        identity: Identity::Token { entry: Arc::clone(token), digest },
        origin,
        access,
    };
    permit(&caller, caller.access.needs)?;
    Ok(caller)
}

/// What a caller of this kind may do at all. Whether a key holds the module of the path, the gatekeeper has decided.
fn permit(caller: &Caller, needs: Needs) -> Result<(), Error> {
    match (&caller.identity, needs) {
        (Identity::User { role, .. }, Needs::Changing | Needs::ChangingOrExchanging | Needs::Revealing)
            if !role.manages_tokens() =>
        {
            Err(Error::Forbidden("Your role is viewer: you may read, but not change tokens or see keys."))
        }
        (Identity::Token { .. }, Needs::Session | Needs::Revealing) => {
            Err(Error::Forbidden("Only a person who is signed in may do this; a key may not."))
        }
        _ => Ok(()),
    }
}
