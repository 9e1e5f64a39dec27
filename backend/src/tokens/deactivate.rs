//! `POST /auth/tokens/{id}/deactivate`: the key stops at once, and can be enabled again.

use axum::{extract::State, http::HeaderMap};
use latchkey_shared::{Token, TokenStatus};

use super::{WithEtag, activate};
use crate::{
    events::Action,
    http::{Caller, Error, Id},
    state::AppState,
};

/// Disables the token.
#[utoipa::path(post, path = "/auth/tokens/{id}/deactivate", operation_id = "deactivate_token", tag = "Tokens", responses((status = 200, description = "The token as it is now", body = Token)))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<WithEtag<Token>, Error> {
    activate::switch(&app, &caller, &id, &headers, TokenStatus::Inactive, Action::TokenDisabled).await
}
