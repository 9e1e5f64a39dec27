//! `/auth/sessions` and `/auth/password`: users look after their own sessions and password.

use axum::{Json, extract::State, http::StatusCode};
use latchkey_shared::{PasswordBody, Problem, SessionDetails, Timestamp};
use serde_json::json;

use super::{IDLE, password, throttle};
use crate::{
    auth,
    events::{self, Action},
    http::{Body, Caller, Error, Id, Identity},
    state::AppState,
    store::entities::{session, user},
};

/// Digits of a session's id that are shown: enough to tell a user's sessions apart.
const SHOWN: usize = 16;

/// The own sessions, the last used first.
#[utoipa::path(get, path = "/auth/sessions", operation_id = "list_sessions", tag = "Session",
    responses((status = 200, description = "The sessions", body = [SessionDetails])))]
pub async fn list(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<SessionDetails>>, Error> {
    let Identity::User { session_id, .. } = &caller.identity else { return Err(Error::Unauthorized) };
    let alive = app.clock.now().plus(-IDLE).unix();
    let rows = app.store.sessions_of(&caller.actor.id).await?;
    let present = |row: session::Model| SessionDetails {
        current: row.id == *session_id,
        id: row.id.chars().take(SHOWN).collect(),
        created_at: Timestamp::from_unix(row.created_at),
        seen_at: Timestamp::from_unix(row.seen_at),
        address: row.address,
        program: row.program,
    };
    Ok(Json(rows.into_iter().filter(|row| row.seen_at > alive).map(present).collect()))
}

/// Ends one of the own sessions.
#[utoipa::path(delete, path = "/auth/sessions/{id}", operation_id = "end_session", tag = "Session",
    responses((status = 204, description = "Ended")))]
pub async fn end(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<StatusCode, Error> {
    let (tx, caller) = auth::begin(&app, &caller).await?;
    let rows = app.store.sessions_of(&caller.actor.id).await?;
    let row = rows.into_iter().find(|row| id.len() == SHOWN && row.id.starts_with(&id));
    let row = row.ok_or_else(|| Error::not_found(&id))?;
    if tx.delete_session(&row.id).await? {
        let object = (caller.actor.id.as_str(), caller.actor.name.as_str());
        events::record(&tx, &caller, app.clock.now(), Action::SessionsEnded, object, json!({ "sessions": 1 })).await?;
        tx.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Sets another password, and ends all other sessions of the user.
#[utoipa::path(post, path = "/auth/password", operation_id = "change_password", tag = "Session",
    request_body(content = PasswordBody, example = json!({"current": "…", "password": "…"})),
    responses((status = 204, description = "Changed")))]
pub async fn change_password(
    State(app): State<AppState>,
    caller: Caller,
    Body(body): Body<PasswordBody>,
) -> Result<StatusCode, Error> {
    let Identity::User { session_id, email, .. } = &caller.identity else { return Err(Error::Unauthorized) };
    let user = app.store.user_by_email(email).await?.ok_or(Error::Unauthorized)?;
    // A stolen session is not to guess the password: its tries count like those of a sign-in.
    let attempt = app.throttle.sign_in(Some(email), caller.client_info.ip, false)?;
    if !app.passwords.verify(&body.current, Some(user.password_hash.clone()), true).await? {
        return Err(Error::field("current", Problem::new("not_your_password", "is not your password")));
    }
    attempt.give_back();
    password::check(&body.password, &[&user.email, &user.name]).map_err(|problem| Error::field("password", problem))?;
    let password_hash = app.passwords.hash(&app.rng, &body.password).await?;
    let (tx, _) = auth::begin(&app, &caller).await?;
    let current = tx.user(&user.id).await?.filter(|now| now.password_hash == user.password_hash);
    let user = user::Model { password_hash, ..current.ok_or(Error::Unauthorized)? };
    tx.update_user(user.clone()).await?;
    let ended = tx.delete_sessions_of_but(&user.id, session_id).await?;
    tx.delete_invitations_of(&user.id).await?;
    let details = json!({ "sessions_ended": ended });
    events::record(&tx, &caller, app.clock.now(), Action::PasswordSet, (&user.id, &user.name), details).await?;
    tx.commit().await?;
    tracing::info!(user = user.id, network = throttle::network(caller.client_info.ip), "password changed");
    Ok(StatusCode::NO_CONTENT)
}
