//! `POST /auth/tokens/{id}/reveal`: a person looks at a key again. Only a member or an admin who gave their
//! password recently, only so often, and never a key. The event is committed before the
//! secret leaves: no event, no secret.

use axum::{Json, extract::State};
use latchkey_shared::{Problem, RevealedToken};
use serde_json::json;

use super::{
    rules,
    vault::{self, Place},
};
use crate::{
    auth,
    events::{self, Action},
    http::{Caller, Error, Id},
    state::AppState,
    store::TokenRow,
};

/// Reveals secret and handle.
#[utoipa::path(post, path = "/auth/tokens/{id}/reveal", operation_id = "reveal_token", tag = "Tokens", responses((status = 200, description = "Secret and handle", body = RevealedToken)))]
pub async fn handler(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<Json<RevealedToken>, Error> {
    let now = app.clock.now();
    auth::check_recent_sign_in(&app, &caller)?;
    app.throttle.reveal(&caller.actor.id)?;
    let (tx, caller, row) = rules::begin(&app, &caller, &id).await?;
    let revealed = open(&app, &row)?;
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(&tx, &caller, now, Action::TokenRevealed, object, json!({})).await?;
    tx.commit().await?;
    Ok(Json(revealed))
}

/// Opens the sealed copy of a token's secrets.
pub(super) fn open(app: &AppState, row: &TokenRow) -> Result<RevealedToken, Error> {
    let token = &row.token;
    let sealed = token
        .sealed
        .as_deref()
        .ok_or_else(|| Error::Conflict(Problem::with("no_key", "Token {} has no key to reveal.", &[&token.id])))?;
    let place = Place {
        installation: &app.installation,
        account: &token.account_id,
        token: &token.id,
        secret_version: token.secret_version,
    };
    let secrets = vault::open(&app.keys.sealing, place, sealed)?;
    let id = token.id.parse().map_err(|_| Error::Internal(format!("token {:?} is damaged", token.id)))?;
    Ok(RevealedToken { id, token: secrets.secret, handle: secrets.handle })
}
