//! `POST /auth/login`. Every failure is the same answer after the same work, so that nobody learns which
//! addresses exist; failures are limited: see [`super::throttle`].

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use latchkey_shared::{Context, Credentials, Email};
use serde_json::json;

use super::{ABSOLUTE, IDLE, context_of, cookie, session_id, throttle};
use crate::{
    accounts,
    events::{self, Action},
    http::{Body, ClientInfo, Error},
    state::AppState,
    store::{
        NewEvent, StoreError,
        entities::{session, user},
    },
};

/// So many of a user's last sign-ins say from which networks they sign in. Few, so that the look at them takes about as
/// long for an address that nobody has.
const LAST_SIGN_INS: u64 = 20;

/// Signs in, and ends the session that the browser had before.
#[utoipa::path(post, path = "/auth/login", operation_id = "sign_in", tag = "Session", 
    request_body(content = Credentials, example = json!({"email": "you@example.com", "password": "…"})),
    responses((status = 200, description = "Who is signed in; the cookie of the session", body = Context)))]
pub async fn handler(
    State(app): State<AppState>,
    client_info: ClientInfo,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Error> {
    // What is no address belongs to nobody, at the same cost.
    let email = accounts::sign_in_address(&credentials.email).ok();
    let user = match &email {
        Some(email) => app.store.user_by_email(email.as_str()).await?,
        None => None,
    };
    let is_known = has_signed_in_from(&app, user.as_ref(), &throttle::network(client_info.ip)).await?;
    let attempt = app.throttle.sign_in(email.as_ref().map(Email::as_str), client_info.ip, is_known)?;
    // A user who was invited has no password yet.
    let hash = user.as_ref().filter(|user| !user.disabled && !user.password_hash.is_empty());
    let hash = hash.map(|user| user.password_hash.clone());
    let right = match app.passwords.verify(&credentials.password, hash, is_known).await {
        Ok(right) => right,
        Err(error) => {
            // Nobody has looked at the password.
            attempt.give_back();
            return Err(error);
        }
    };
    let Some(user) = user.clone().filter(|_| right) else {
        tracing::info!(address = client_info.address, "sign-in refused");
        if let Some(user) = user {
            // Beside the answer, which must not take longer for addresses that somebody has.
            tokio::spawn(record_failure(app, user, client_info));
        }
        return Err(Error::SignInFailed);
    };
    attempt.give_back();

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
        address: client_info.address.clone(),
        program: program(&headers),
    };
    let account = tx.account(&user.account_id).await?;
    let account = account.ok_or_else(|| StoreError::Damaged(format!("{} has no account", user.id)))?;
    let caller = super::caller((session.clone(), user, account), client_info, now)?.ok_or(Error::SignInFailed)?;
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

/// How the browser calls itself, for the user's list of sessions.
fn program(headers: &HeaderMap) -> String {
    let name = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    name.chars().take(256).collect()
}

/// Whether a user has signed in from a network before. Runs the same query without a user, so that the time tells
/// nothing.
async fn has_signed_in_from(app: &AppState, user: Option<&user::Model>, network: &str) -> Result<bool, Error> {
    let (account_id, user_id) = user.map_or(("", ""), |user| (&user.account_id, &user.id));
    // Their own sign-ins alone: a stranger can fill the trail with failed ones.
    let action = Action::SignedIn.as_str();
    let addresses = app.store.last_addresses(account_id, user_id, action, LAST_SIGN_INS).await?;
    Ok(addresses.into_iter().any(|address| throttle::network(address.parse().ok()) == network))
}

/// Tells of a failed sign-in in the audit trail of the account, by an unknown actor.
async fn record_failure(app: AppState, user: user::Model, client_info: ClientInfo) {
    let record = async {
        let tx = app.store.begin().await?;
        tx.record(NewEvent {
            account_id: user.account_id,
            at: app.clock.now().unix(),
            actor_id: String::new(),
            actor_name: "Unknown".to_owned(),
            action: Action::SignInFailed.as_str(),
            object_id: user.id,
            object_name: user.name,
            address: client_info.address,
            request_id: client_info.request_id,
            details: json!({ "disabled": user.disabled }).to_string(),
        })
        .await?;
        tx.commit().await
    };
    if let Err(error) = record.await {
        tracing::warn!(%error, "a failed sign-in is not in the audit trail");
    }
}
