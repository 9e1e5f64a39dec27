//! `GET /auth/context`: who is signed in.

use axum::{Json, extract::State};
use latchkey_shared::Context;

use crate::{
    http::{Caller, Error},
    state::AppState,
};

/// The user and the account of the session.
#[utoipa::path(get, path = "/auth/context", operation_id = "who_is_signed_in", tag = "Session", responses((status = 200, description = "Who is signed in", body = Context)))]
pub async fn handler(State(app): State<AppState>, caller: Caller) -> Result<Json<Context>, Error> {
    super::context_of(&app, &caller).map(Json)
}
