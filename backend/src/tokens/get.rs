//! `GET /auth/tokens/{id}`. Never carries the secret.

use axum::extract::State;
use latchkey_shared::Token;

use super::WithEtag;
use crate::{
    http::{Caller, Error, Id},
    state::AppState,
};

/// The token, deleted ones included: what happened to them stays visible.
#[utoipa::path(get, path = "/auth/tokens/{id}", operation_id = "get_token", tag = "Tokens", responses((status = 200, description = "The token", body = Token)))]
pub async fn handler(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<WithEtag<Token>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    WithEtag::ok(&app, &caller, &row)
}
