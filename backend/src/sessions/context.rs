//! `GET /auth/context`: who is signed in.

use axum::Json;
use latchkey_shared::Context;

use crate::http::{Caller, Error};

/// The user and the account of the session.
pub async fn handler(caller: Caller) -> Result<Json<Context>, Error> {
    super::context_of(&caller).map(Json)
}
