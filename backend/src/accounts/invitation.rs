//! `POST /auth/invitation`: whoever has the link of an invitation sets the password of its user, once.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use latchkey_shared::{ErrorBody, Invitation, InvitationBody, Invited, Timestamp};
use serde_json::json;

use crate::{
    events::Action,
    http::{Body, ClientInfo, Error},
    keys::mac::hmac,
    sessions::password,
    state::AppState,
    store::{
        NewEvent, Tx,
        entities::{invitation, user},
    },
};

/// For how long a link works, in seconds.
const VALID_FOR: i64 = 7 * 24 * 3600;

/// Makes the link of a user, in place of an older one.
///
/// # Errors
/// [`Error::Internal`].
pub async fn make(app: &AppState, tx: &Tx, user_id: &str) -> Result<Invitation, Error> {
    let secret = app.rng.hex::<32>();
    let expires_at = app.clock.now().plus(VALID_FOR);
    tx.delete_invitations_of(user_id).await?;
    let row =
        invitation::Model { id: digest(app, &secret), user_id: user_id.to_owned(), expires_at: expires_at.unix() };
    tx.insert_invitation(row).await?;
    Ok(Invitation { user_id: user_id.to_owned(), secret, expires_at })
}

/// Under which id the database knows the secret of a link.
fn digest(app: &AppState, secret: &str) -> String {
    crate::hex(&hmac(&app.keys.session, &[b"latchkey invitation v1", secret.as_bytes()]))
}

/// Tells whose invitation it is; with a password, sets it, and the link stops.
#[utoipa::path(post, path = "/auth/invitation", operation_id = "follow_invitation", tag = "Session",
    request_body(content = InvitationBody, example = json!({"secret": "0707"})),
    responses((status = 200, description = "Whose invitation it is", body = Invited), (status = 204, description = "The password is set: sign in with it"),
        (status = 404, description = "The link is not known, has been used or has expired", body = ErrorBody)))]
pub async fn handler(
    State(app): State<AppState>,
    client_info: ClientInfo,
    Body(body): Body<InvitationBody>,
) -> Result<Response, Error> {
    // Guesses count like wrong passwords; a secret of 256 bits needs no more.
    let attempt = app.throttle.sign_in(None, client_info.ip, false)?;
    let now = app.clock.now();
    let found = app.store.invitation(&digest(&app, &body.secret)).await?;
    let found = found.filter(|(row, user)| row.expires_at > now.unix() && !user.disabled);
    let (row, user) = found.ok_or_else(|| Error::not_found("invitation"))?;
    attempt.give_back();
    let Some(new) = body.password else {
        let account = app.store.account(&user.account_id).await?.map(|account| account.name).unwrap_or_default();
        let expires_at = Timestamp::from_unix(row.expires_at);
        return Ok(Json(Invited { email: user.email, name: user.name, account, expires_at }).into_response());
    };
    password::check(&new, &[&user.email, &user.name]).map_err(|problem| Error::field("password", problem))?;
    let password_hash = app.passwords.hash(&app.rng, &new).await?;
    let tx = app.store.begin().await?;
    // The link may have been used, or replaced, while the password was hashed.
    if !tx.delete_invitation(&row.id).await? {
        return Err(Error::not_found("invitation"));
    }
    let current = tx.user(&user.id).await?.filter(|user| !user.disabled);
    let user = user::Model { password_hash, ..current.ok_or_else(|| Error::not_found("invitation"))? };
    tx.update_user(user.clone()).await?;
    let ended = tx.delete_sessions_of(&user.id).await?;
    tx.record(NewEvent {
        account_id: user.account_id.clone(),
        at: now.unix(),
        actor_id: user.id.clone(),
        actor_name: user.name.clone(),
        action: Action::PasswordSet.as_str(),
        object_id: user.id,
        object_name: user.name,
        address: client_info.address,
        request_id: client_info.request_id,
        details: json!({ "by": "invitation", "sessions_ended": ended }).to_string(),
    })
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
