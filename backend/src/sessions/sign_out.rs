//! `POST /auth/logout`: ends the session at once, for every copy of its cookie.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::cookie;
use crate::{
    events::{self, Action},
    http::{Caller, Error, Identity},
    state::AppState,
};

/// Signs out.
#[utoipa::path(post, path = "/auth/logout", operation_id = "sign_out", tag = "Session", responses((status = 204, description = "Signed out")))]
pub async fn handler(State(app): State<AppState>, caller: Caller) -> Result<Response, Error> {
    let tx = app.store.begin().await?;
    let Identity::User { session_id, .. } = &caller.identity else { return Err(Error::Unauthorized) };
    if !tx.delete_session(session_id).await? {
        return Err(Error::Unauthorized);
    }
    let object = (caller.actor.id.as_str(), caller.actor.name.as_str());
    events::record(&tx, &caller, app.clock.now(), Action::SignedOut, object, json!({})).await?;
    tx.commit().await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie::cleared(&app)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
