//! Authentication and authorization: who calls, and whether they may.
//!
//! A request is authorised when its head has arrived ([`authorize`]). After that its body may be on its way for
//! seconds, and it may wait for the writer of the database. So every change that a [`Caller`] makes begins with
//! [`begin`]: its transaction reads the caller again, and a key or a session that was revoked meanwhile changes
//! nothing. On PostgreSQL what was read stays locked against a revocation until the change is committed; on SQLite the
//! transaction holds the only writer.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use latchkey_shared::{Problem, Reference};

use crate::{
    gatekeeper::{Credential, Decision, Denied, Modules, Target, middleware},
    http::{Access, Caller, ClientInfo, Endpoint, Error, Identity, paths},
    sessions,
    state::AppState,
    store::{RowLock, Tx, entities::account},
};

/// Begins a change. Returns its transaction, and the caller as read in it.
///
/// # Errors As [`Caller::check_access`], or [`Error::Unauthorized`], when the caller would no longer be let in;
/// [`Error::Internal`].
pub async fn begin(app: &AppState, caller: &Caller) -> Result<(Tx, Caller), Error> {
    let tx = app.store.begin().await?;
    let caller = read_again(app, &tx, caller, RowLock::Share).await?;
    Ok((tx, caller))
}

/// As [`begin`], for a change of the token `id`.
///
/// # Errors
/// As [`begin`].
pub async fn begin_on_token(app: &AppState, caller: &Caller, id: &str) -> Result<(Tx, Caller), Error> {
    let tx = app.store.begin().await?;
    // Two requests of a token that change the token itself would wait for each other, if both could lock it for
    // reading.
    let lock = if caller.actor.id == id { RowLock::Update } else { RowLock::Share };
    let caller = read_again(app, &tx, caller, lock).await?;
    Ok((tx, caller))
}

/// Denies a user whose last sign-in is too long ago for an operation that returns a secret or widens access: they may
/// have left their browser open. An API client sends its key with each request.
///
/// # Errors
/// [`Error::ConfirmPassword`].
pub fn check_recent_sign_in(app: &AppState, caller: &Caller) -> Result<(), Error> {
    match &caller.identity {
        Identity::User { confirmed_at, .. } if app.clock.now() > sessions::confirmed_until(app, *confirmed_at) => {
            Err(Error::ConfirmPassword)
        }
        _ => Ok(()),
    }
}

/// The caller as read in the transaction, if they may still use the endpoint.
async fn read_again(app: &AppState, tx: &Tx, caller: &Caller, lock: RowLock) -> Result<Caller, Error> {
    let caller = match &caller.identity {
        Identity::User { session_id, .. } => {
            let found = tx.session(session_id).await?.ok_or(Error::Unauthorized)?;
            let now = app.clock.now();
            let found = sessions::caller(found, caller.client_info.clone(), now)?.ok_or(Error::Unauthorized)?;
            Caller { endpoint: caller.endpoint.clone(), ..found }
        }
        Identity::Operator => caller.clone(),
        Identity::Token { entry, digest } => {
            let row = tx.lock_credential(&entry.id(), lock).await?.ok_or(Error::Unauthorized)?;
            let entry = app.gatekeeper.confirm(&row, digest, caller.client_info.ip)?;
            Caller {
                account: row.account(),
                actor: Reference { id: row.id, name: row.name },
                identity: Identity::Token { entry: Arc::new(entry), digest: *digest },
                ..caller.clone()
            }
        }
    };
    caller.check_access(app)?;
    Ok(caller)
}

impl Caller {
    /// The same caller, if they have more access than their route requires.
    ///
    /// # Errors
    /// As [`check_access`](Self::check_access).
    pub fn require(&self, app: &AppState, access: Access) -> Result<Self, Error> {
        let endpoint = Endpoint { access, path: Arc::clone(&self.endpoint.path) };
        let caller = Self { endpoint, ..self.clone() };
        caller.check_access(app)?;
        Ok(caller)
    }

    /// Denies a caller who may not use the endpoint.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InsufficientScope`].
    pub fn check_access(&self, app: &AppState) -> Result<(), Error> {
        permit(self, self.endpoint.access)?;
        let Identity::Token { entry, .. } = &self.identity else { return Ok(()) };
        if !self.endpoint.access.requires_module() {
            return Ok(());
        }
        let keeper = &app.gatekeeper;
        let modules = keeper.modules();
        match self.endpoint.target(&modules).opening(&entry.modules).result {
            Ok(()) => Ok(()),
            Err(Denied::Module(module)) => {
                let module = Box::new(modules.get(module));
                Err(Error::InsufficientScope { token: self.actor.id.clone(), module, console: keeper.console.clone() })
            }
            Err(_) => Err(Error::Unauthorized),
        }
    }
}

impl Endpoint {
    /// What a key needs for it. What manages tokens, or tells of them, belongs to the module for that, whatever a catalogue
    /// says of `/auth`; the examples are an API like any other.
    fn target<'a>(&'a self, catalogue: &'a Modules) -> Target<'a> {
        let manages = ["/auth/", "/statistics/"].iter().any(|start| self.path.starts_with(start));
        match self.access.requires_module() {
            false => Target::Any,
            true if manages => Target::Module(catalogue.integrations()),
            true => Target::Request(catalogue.apis.first().rules.of_request("GET", &self.path)),
        }
    }
}

/// Adds the client's IP address and a request id to the request, and the id to the response.
pub async fn note_client(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = peer.and_then(|peer| app.gatekeeper.client(peer.0.ip(), request.headers()));
    let address = client.map(|client| client.to_string()).unwrap_or_default();
    let client_info = ClientInfo { address, ip: client, request_id: app.rng.hex::<8>() };
    let id = HeaderValue::from_str(&client_info.request_id);
    request.extensions_mut().insert(client_info);
    let mut response = next.run(request).await;
    if let Ok(id) = id {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Passes a request to its handler if its caller may use the route. Keeps the decision about a key for
/// [`middleware::record_usage`].
pub async fn authorize(State((app, access)): State<(AppState, Access)>, mut request: Request, next: Next) -> Response {
    if access == Access::Public {
        return next.run(request).await;
    }
    let client_info = request.extensions().get::<ClientInfo>().cloned().unwrap_or_default();
    // The route's own path: what the client wrote led to it, and may be written in more than one way.
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let endpoint = Endpoint { access, path: matched.strip_prefix(paths::BASE).unwrap_or(matched).into() };
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return match user_caller(&app, request.headers(), client_info, endpoint).await {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                next.run(request).await
            }
            Err(error) => error.into_response(),
        };
    }
    let modules = app.gatekeeper.modules();
    let target = endpoint.target(&modules);
    let decision = app.gatekeeper.authorize(Credential::Header(request.headers()), target, client_info.ip).await;
    drop(modules);
    middleware::set_decision(request.extensions(), decision.clone());
    match token_caller(&app, request.headers(), &decision, client_info.clone(), endpoint.clone()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn user_caller(
    app: &AppState,
    headers: &HeaderMap,
    client_info: ClientInfo,
    endpoint: Endpoint,
) -> Result<Caller, Error> {
    let cookie = sessions::cookie::read(app, headers).ok_or(Error::Unauthorized)?;
    let caller = sessions::resume(app, &cookie, client_info).await?.ok_or(Error::Unauthorized)?;
    let caller = Caller { endpoint, ..caller };
    caller.check_access(app)?;
    Ok(caller)
}

fn token_caller(
    app: &AppState,
    headers: &HeaderMap,
    decision: &Decision<'_>,
    client_info: ClientInfo,
    endpoint: Endpoint,
) -> Result<Caller, Error> {
    if let Err(refusal) = decision.result {
        app.gatekeeper.log(Credential::Header(headers).id(), headers, refusal, client_info.ip);
        return Err(app.gatekeeper.error(decision, refusal));
    }
    let token = decision.token.as_ref().ok_or(Error::Unauthorized)?;
    let digest = app.gatekeeper.digest(Credential::Header(headers)).ok_or(Error::Unauthorized)?;
    let caller = Caller {
        account: account::Model::clone(&token.account),
        actor: Reference { id: token.id().into(), name: token.name() },
        identity: Identity::Token { entry: Arc::clone(token), digest },
        client_info,
        endpoint,
    };
    permit(&caller, caller.endpoint.access)?;
    Ok(caller)
}

/// Checks the kind of the caller. Whether a key holds the module of the path, the gatekeeper has decided.
fn permit(caller: &Caller, access: Access) -> Result<(), Error> {
    match (&caller.identity, access) {
        (Identity::User { role, .. }, Access::Write | Access::WriteOrExchange | Access::Reveal)
            if !role.manages_tokens() =>
        {
            Err(Error::Forbidden(Problem::new(
                "viewer",
                "Your role is viewer: you may read, but not change tokens or see keys.",
            )))
        }
        (Identity::User { role, .. }, Access::Admin) if !role.manages_users() => {
            Err(Error::Forbidden(Problem::new("admin_only", "Only an admin may manage users.")))
        }
        (Identity::User { .. }, Access::Key) => Err(Error::Forbidden("Only a key may do this, for itself.".into())),
        (Identity::Token { .. }, Access::Session | Access::Admin | Access::Reveal) => {
            Err(Error::Forbidden("Only a signed-in user may do this, not a key.".into()))
        }
        _ => Ok(()),
    }
}
