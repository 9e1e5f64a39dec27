//! `POST /auth/tokens/{id}/activate`: the key works again from the next call on. Activating an active token
//! changes nothing and is no error, so that a lost answer can be repeated.

use axum::{extract::State, http::HeaderMap};
use latchkey_shared::{Token, TokenStatus};

use super::{WithEtag, rules};
use crate::{
    auth,
    events::{self, Action},
    http::{Caller, Error, Id},
    state::AppState,
    store::{TokenRow, Tx},
};

/// Enables the token.
#[utoipa::path(post, path = "/auth/tokens/{id}/activate", operation_id = "activate_token", tag = "Tokens", responses((status = 200, description = "The token as it is now", body = Token)))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<WithEtag<Token>, Error> {
    switch(&app, &caller, &id, &headers, TokenStatus::Active, Action::TokenEnabled).await
}

/// Puts the token into `state`, and tells it in the audit trail when that was a change.
pub(super) async fn switch(
    app: &AppState,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    state: TokenStatus,
    action: Action,
) -> Result<WithEtag<Token>, Error> {
    let (tx, caller, mut row) = rules::for_change(app, caller, id, headers).await?;
    if change(app, &tx, &caller, &mut row, state, action).await? {
        tx.commit().await?;
    }
    WithEtag::ok(app, &caller, &row)
}

/// Puts the token into `state` within a transaction. Returns whether that was a change.
///
/// # Errors
/// [`Error::ConfirmPassword`]; [`Error::Internal`], and then the transaction must not be committed.
pub(super) async fn change(
    app: &AppState,
    tx: &Tx,
    caller: &Caller,
    row: &mut TokenRow,
    state: TokenStatus,
    action: Action,
) -> Result<bool, Error> {
    if row.token.state == state.as_str() {
        return Ok(false);
    }
    if state == TokenStatus::Active {
        auth::check_recent_sign_in(app, caller)?;
    }
    state.as_str().clone_into(&mut row.token.state);
    rules::save(app, tx, caller, row).await?;
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(tx, caller, app.clock.now(), action, object, serde_json::json!({})).await?;
    Ok(true)
}
