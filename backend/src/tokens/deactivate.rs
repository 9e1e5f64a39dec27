//! `POST /auth/tokens/{id}/deactivate`: the key stops at once, and can be enabled again.

use axum::extract::{Path, State};
use latchkey_shared::{Token, TokenStatus};

use super::{Tagged, activate};
use crate::{
    app::App,
    events::Action,
    http::{Caller, Error},
};

/// Disables the token.
pub async fn handler(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Tagged<Token>, Error> {
    activate::switch(&app, &caller, &id, TokenStatus::Inactive, Action::TokenDisabled).await
}
