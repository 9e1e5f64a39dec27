//! `/auth/users`: an admin invites users, changes what they may do, and signs them out.

use axum::{Json, extract::State, http::StatusCode};
use latchkey_shared::{
    Invitation, NewUserBody, Problem, Role, Timestamp, TokenName, User, UserDetails, UserUpdateBody,
};
use serde_json::json;

use super::{invitation, sign_in_address};
use crate::{
    auth,
    events::{self, Action},
    http::{Body, Caller, Error, Id},
    sessions,
    state::AppState,
    store::{StoreError, Tx, UserRow, entities::user},
};

/// The users of the account, by address.
#[utoipa::path(get, path = "/auth/users", operation_id = "list_users", tag = "Account",
    responses((status = 200, description = "The users", body = [UserDetails])))]
pub async fn list(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<UserDetails>>, Error> {
    let now = app.clock.now();
    let rows = app.store.users_of(&caller.account.id, now.unix(), now.plus(-sessions::IDLE).unix()).await?;
    Ok(Json(rows.into_iter().map(present).collect::<Result<_, _>>()?))
}

/// Adds a user, who sets a password with the link of the invitation.
#[utoipa::path(post, path = "/auth/users", operation_id = "invite_user", tag = "Account",
    request_body(content = NewUserBody, example = json!({"email": "ada@example.com", "name": "Ada", "role": "member"})),
    responses((status = 201, description = "The invitation of the new user", body = Invitation)))]
pub async fn invite(
    State(app): State<AppState>,
    caller: Caller,
    Body(body): Body<NewUserBody>,
) -> Result<(StatusCode, Json<Invitation>), Error> {
    let email = sign_in_address(&body.email).map_err(|problem| Error::field("email", problem))?;
    let name = TokenName::try_from(body.name).map_err(|problem| Error::field("name", problem))?;
    auth::check_recent_sign_in(&app, &caller)?;
    let (tx, caller) = auth::begin(&app, &caller).await?;
    let user = user::Model {
        id: app.rng.verbose_id("UR", 3),
        account_id: caller.account.id.clone(),
        email: email.into(),
        name: name.into(),
        role: body.role.as_str().to_owned(),
        // No password fits.
        password_hash: String::new(),
        disabled: false,
        created_at: app.clock.now().unix(),
    };
    match tx.insert_user(user.clone()).await {
        Err(StoreError::Duplicate) => {
            return Err(Error::Conflict(Problem::new(
                "email_taken",
                "A user with this e-mail address exists already.",
            )));
        }
        inserted => inserted?,
    }
    let invitation = invitation::make(&app, &tx, &user.id).await?;
    record(&app, &tx, &caller, Action::UserAdded, &user, json!({ "role": user.role })).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(invitation)))
}

/// Makes a new link for a user who has not followed theirs, or has forgotten the password. An older link stops.
#[utoipa::path(post, path = "/auth/users/{id}/invite", operation_id = "invite_user_again", tag = "Account",
    responses((status = 200, description = "The new invitation", body = Invitation)))]
pub async fn invite_again(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<Json<Invitation>, Error> {
    auth::check_recent_sign_in(&app, &caller)?;
    let (tx, caller, user) = begin(&app, &caller, &id).await?;
    let invitation = invitation::make(&app, &tx, &user.id).await?;
    record(&app, &tx, &caller, Action::UserInvited, &user, json!({})).await?;
    tx.commit().await?;
    Ok(Json(invitation))
}

/// Changes what a user may do. Disabling ends their sessions.
#[utoipa::path(put, path = "/auth/users/{id}", operation_id = "update_user", tag = "Account",
    request_body(content = UserUpdateBody, example = json!({"role": "viewer"})),
    responses((status = 204, description = "Changed")))]
pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    Body(body): Body<UserUpdateBody>,
) -> Result<StatusCode, Error> {
    let (tx, caller, mut user) = begin(&app, &caller, &id).await?;
    if caller.actor.id == user.id {
        // Otherwise an account could be left without an admin.
        return Err(Error::Conflict(Problem::new(
            "yourself",
            "You cannot change your own role, nor disable yourself. Ask another admin.",
        )));
    }
    let widens = body.disabled == Some(false) || body.role.is_some_and(|role| Role::from_word(&user.role) < Some(role));
    if widens {
        auth::check_recent_sign_in(&app, &caller)?;
    }
    if let Some(role) = body.role.filter(|role| role.as_str() != user.role) {
        let before = std::mem::replace(&mut user.role, role.as_str().to_owned());
        tx.update_user(user.clone()).await?;
        record(&app, &tx, &caller, Action::UserRoleChanged, &user, json!({ "role": [before, user.role] })).await?;
    }
    if let Some(disabled) = body.disabled.filter(|disabled| *disabled != user.disabled) {
        user.disabled = disabled;
        tx.update_user(user.clone()).await?;
        let ended = tx.delete_sessions_of(&user.id).await?;
        tx.delete_invitations_of(&user.id).await?;
        tx.delete_hand_overs_by(&user.id).await?;
        let action = if disabled { Action::UserDisabled } else { Action::UserEnabled };
        record(&app, &tx, &caller, action, &user, json!({ "sessions_ended": ended })).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session of a user.
#[utoipa::path(post, path = "/auth/users/{id}/sign_out", operation_id = "sign_user_out", tag = "Account",
    responses((status = 204, description = "Signed out everywhere")))]
pub async fn sign_out(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<StatusCode, Error> {
    let (tx, caller, user) = begin(&app, &caller, &id).await?;
    let ended = tx.delete_sessions_of(&user.id).await?;
    record(&app, &tx, &caller, Action::SessionsEnded, &user, json!({ "sessions": ended })).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user of the caller's account, locked for a change.
async fn begin(app: &AppState, caller: &Caller, id: &str) -> Result<(Tx, Caller, user::Model), Error> {
    let (tx, caller) = auth::begin(app, caller).await?;
    let user = tx.user(id).await?.filter(|user| user.account_id == caller.account.id);
    let user = user.ok_or_else(|| Error::not_found(id))?;
    Ok((tx, caller, user))
}

async fn record(
    app: &AppState,
    tx: &Tx,
    caller: &Caller,
    action: Action,
    user: &user::Model,
    details: serde_json::Value,
) -> Result<(), Error> {
    Ok(events::record(tx, caller, app.clock.now(), action, (&user.id, &user.name), details).await?)
}

fn present(row: UserRow) -> Result<UserDetails, Error> {
    let UserRow { user, sessions, last_seen_at, invited_until } = row;
    let damaged = |what: &str| StoreError::Damaged(format!("{what} of user {:?}", user.id));
    Ok(UserDetails {
        user: User {
            id: user.id.parse().map_err(|_| damaged("id"))?,
            role: Role::from_word(&user.role).ok_or_else(|| damaged("role"))?,
            name: user.name,
            email: user.email,
        },
        disabled: user.disabled,
        created_at: Timestamp::from_unix(user.created_at),
        sessions,
        last_seen_at: last_seen_at.map(Timestamp::from_unix),
        invited_until: invited_until.map(Timestamp::from_unix),
    })
}
