//! `DELETE /auth/tokens/{id}`: final. The key stops at once and the sealed copy of its secret is erased; name,
//! dates and events remain, so that it can be seen what once had access.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use latchkey_shared::TokenStatus;
use serde_json::json;

use super::rules;
use crate::{
    events::{self, Action},
    http::{Caller, Error, Id},
    state::AppState,
    store::{TokenRow, Tx, entities::token},
};

/// Deletes the token.
#[utoipa::path(delete, path = "/auth/tokens/{id}", operation_id = "delete_token", tag = "Tokens", responses((status = 204, description = "Deleted")))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<StatusCode, Error> {
    let (tx, caller, mut row) = rules::for_change(&app, &caller, &id, &headers).await?;
    change(&app, &tx, &caller, &mut row).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a token within a transaction.
///
/// # Errors
/// [`Error::Internal`]; then the transaction must not be committed.
pub(super) async fn change(app: &AppState, tx: &Tx, caller: &Caller, row: &mut TokenRow) -> Result<(), Error> {
    erase(&mut row.token);
    rules::save(app, tx, caller, row).await?;
    tx.delete_hand_over_of(&row.token.id).await?;
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(tx, caller, app.clock.now(), Action::TokenDeleted, object, json!({})).await?;
    Ok(())
}

/// Makes a tombstone of a token: nothing is left of its secrets but the digest of its handle.
pub(crate) fn erase(token: &mut token::Model) {
    token.sealed = None;
    // No digest is all zeros, so no secret will ever match again.
    token.digest = vec![0; 32];
    token.previous_digest = None;
    token.previous_expires_at = None;
    TokenStatus::Deleted.as_str().clone_into(&mut token.state);
}
