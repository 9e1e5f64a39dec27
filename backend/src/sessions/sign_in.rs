//! `POST /auth/login`. Every failure is the same answer after the same work, so that nobody learns which
//! addresses exist; attempts are limited by the address tried and by where they come from.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use latchkey_shared::{Context, Credentials, Email};
use serde_json::json;

use super::{ABSOLUTE, IDLE, context_of, cookie, session_id};
use crate::{
    app::App,
    events::{self, Action},
    http::{Body, Error, Origin},
    store::{StoreError, entities::session},
};

/// Longer passwords are refused before any work is done on them.
const LONGEST_PASSWORD: usize = 1024;

/// Signs in, and ends the session that the browser had before.
#[utoipa::path(post, path = "/auth/login", operation_id = "sign_in", tag = "Session", 
    request_body(content = Credentials, example = json!({"email": "you@example.com", "password": "…"})),
    responses((status = 200, description = "Who is signed in; the cookie of the session", body = Context)))]
pub async fn handler(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Error> {
    let email = credentials.email.trim().to_lowercase();
    app.throttle.sign_in(&email, &origin.address)?;
    // What is no address belongs to nobody, at the same cost.
    let user = match Email::try_from(email.clone()) {
        Ok(_) => app.store.user_by_email(&email).await?.filter(|user| !user.disabled),
        Err(_) => None,
    };
    let password = if credentials.password.len() <= LONGEST_PASSWORD { credentials.password } else { String::new() };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = app.passwords.verify(password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        tracing::info!(address = origin.address, "sign-in refused");
        return Err(Error::SignInFailed);
    };

    let now = app.clock.now();
    let value = app.rng.hex::<32>();
    let tx = app.store.begin().await?;
    // Hashing takes its time: whoever was disabled or got another password meanwhile does not get in.
    let unchanged = tx.user(&user.id).await?.filter(|now| !now.disabled && now.password_hash == user.password_hash);
    let user = unchanged.ok_or(Error::SignInFailed)?;
    let session = session::Model {
        id: session_id(&app, &value),
        user_id: user.id.clone(),
        created_at: now.unix(),
        seen_at: now.unix(),
        confirmed_at: now.unix(),
    };
    let account = tx.account(&user.account_id).await?;
    let account = account.ok_or_else(|| StoreError::Damaged(format!("{} has no account", user.id)))?;
    let caller = super::caller((session.clone(), user, account), origin, now)?.ok_or(Error::SignInFailed)?;
    if let Some(before) = cookie::read(&app, &headers) {
        tx.delete_session(&session_id(&app, &before)).await?;
    }
    tx.delete_stale_sessions(now.plus(-ABSOLUTE).unix(), now.plus(-IDLE).unix()).await?;
    tx.insert_session(session).await?;
    let object = (caller.actor.id.as_str(), caller.actor.name.as_str());
    events::record(&tx, &caller, now, Action::SignedIn, object, json!({})).await?;
    tx.commit().await?;

    let mut response = Json(context_of(&app, &caller)?).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie::set(&app, &value)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
