//! Authentication and authorization: who calls, and whether they may.
//!
//! A request is authorised when its head has arrived ([`authorize`]). After that its body may be on its way for seconds, and
//! it may wait for the writer of the database. So every change begins with [`begin`]: its transaction reads the caller again,
//! and a key or a session that was revoked meanwhile changes nothing. On PostgreSQL what was read stays locked against a
//! revocation until the change is committed; on SQLite the transaction holds the only writer.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use latchkey_shared::Reference;
use sea_orm::sea_query::LockType;

use crate::{
    gatekeeper::{Credential, Decision, Target, answers},
    http::{Access, Caller, Error, Identity, Needs, Origin, paths},
    sessions,
    state::AppState,
    store::{Tx, entities::account},
};

/// Begins a change. Returns its transaction, and the caller as they are now.
///
/// # Errors
/// As [`crate::http::authorize`], when the caller would no longer be let in; [`Error::Internal`].
pub async fn begin(app: &AppState, caller: &Caller) -> Result<(Tx, Caller), Error> {
    let tx = app.store.begin().await?;
    let caller = read_again(app, &tx, caller, LockType::Share).await?;
    Ok((tx, caller))
}

/// As [`begin`], for a change of the token `id`.
///
/// # Errors
/// As [`begin`].
pub async fn begin_on_token(app: &AppState, caller: &Caller, id: &str) -> Result<(Tx, Caller), Error> {
    let tx = app.store.begin().await?;
    // Two requests of a token that change the token itself would wait for each other, if both could lock it for reading.
    let lock = if caller.actor.id == id { LockType::NoKeyUpdate } else { LockType::Share };
    let caller = read_again(app, &tx, caller, lock).await?;
    Ok((tx, caller))
}

/// Refuses a person whose last sign-in is too long ago for what answers with a secret, gives more access or manages users:
/// they may have left their browser open. A key is shown anew with each request.
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

/// The caller as they are now, when they still may do what they were let in for.
async fn read_again(app: &AppState, tx: &Tx, caller: &Caller, lock: LockType) -> Result<Caller, Error> {
    let caller = match &caller.identity {
        Identity::User { session_id, .. } => {
            let found = tx.session(session_id).await?.ok_or(Error::Unauthorized)?;
            let now = app.clock.now();
            let found = sessions::caller(found, caller.origin.clone(), now)?.ok_or(Error::Unauthorized)?;
            Caller { access: caller.access.clone(), ..found }
        }
        Identity::Token { entry, digest } => {
            let row = tx.lock_credential(&entry.id(), lock).await?.ok_or(Error::Unauthorized)?;
            let entry = app.gatekeeper.confirm(&row, digest, caller.origin.client)?;
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
    /// The same caller, let in for more than their route asks.
    ///
    /// # Errors
    /// As [`check_access`](Self::check_access).
    pub fn require(&self, app: &AppState, needs: Needs) -> Result<Self, Error> {
        let access = Access { needs, path: Arc::clone(&self.access.path) };
        let caller = Self { access, ..self.clone() };
        caller.check_access(app)?;
        Ok(caller)
    }

    /// Refuses a caller who may not do what they were let in for.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InsufficientScope`].
    pub fn check_access(&self, app: &AppState) -> Result<(), Error> {
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

/// Notes where a request came from, and tells the caller the number it is known under.
pub async fn note_origin(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = peer.and_then(|peer| app.gatekeeper.client(peer.0.ip(), request.headers()));
    let address = client.map(|client| client.to_string()).unwrap_or_default();
    let origin = Origin { address, client, request_id: app.rng.hex::<8>() };
    let id = HeaderValue::from_str(&origin.request_id);
    request.extensions_mut().insert(origin);
    let mut response = next.run(request).await;
    if let Ok(id) = id {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Lets a request pass to its handler when its caller may do what the route is for. What was decided about a key is
/// kept for [`answers::settle`].
pub async fn authorize(State((app, needs)): State<(AppState, Needs)>, mut request: Request, next: Next) -> Response {
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

async fn person(app: &AppState, headers: &HeaderMap, origin: Origin, access: Access) -> Result<Caller, Error> {
    let cookie = sessions::cookie::read(app, headers).ok_or(Error::Unauthorized)?;
    let caller = sessions::resume(app, &cookie, origin).await?.ok_or(Error::Unauthorized)?;
    let caller = Caller { access, ..caller };
    caller.check_access(app)?;
    Ok(caller)
}

fn program_caller(
    app: &AppState,
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
