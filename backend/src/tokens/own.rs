//! `/auth/tokens/self`: what a key may know and do about itself, whatever its modules.

use axum::{extract::State, http::HeaderMap};
use latchkey_shared::{Problem, ReplacedToken, ReplacementBody, Token};

use super::{
    WithEtag,
    rotate::{self, Rotation},
};
use crate::{
    http::{Caller, Error, Identity, OptionalBody},
    state::AppState,
};

/// `GET /auth/tokens/self`.
#[utoipa::path(get, path = "/auth/tokens/self", operation_id = "get_own_token", tag = "Tokens",
    responses((status = 200, description = "The token whose key was sent", body = Token)))]
pub async fn show(State(app): State<AppState>, caller: Caller) -> Result<WithEtag<Token>, Error> {
    let id = &caller.actor.id;
    let row = app.store.token(&caller.account.id, id).await?.ok_or_else(|| Error::not_found(id))?;
    WithEtag::ok(&app, &caller, &row)
}

/// The body of `POST /auth/tokens/self/rotate`: a key does not set its own end.
#[derive(Debug, utoipa::ToSchema)]
pub struct OwnRotationBody {
    /// How long the old key works on, in seconds, at most 7 days.
    #[schema(minimum = 0, maximum = 604_800)]
    pub overlap: Option<i64>,
}

/// `POST /auth/tokens/self/rotate`: a key that holds *Integrations*, or that was handed over with *may rotate*.
#[utoipa::path(post, path = "/auth/tokens/self/rotate", operation_id = "rotate_own_token", tag = "Tokens",
    request_body(content = Option<OwnRotationBody>, example = json!({"overlap": 3600})),
    responses((status = 200, description = "The token, and once its new secret", body = ReplacedToken)))]
pub async fn rotate(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<ReplacementBody>,
) -> Result<WithEtag<ReplacedToken>, Error> {
    if body.expiration_date.is_some() {
        return Err(Error::field("expiration_date", "is not for a key to set: who manages the token may"));
    }
    rotate::replace(&app, &caller, &caller.actor.id, &headers, body, Rotation::Own).await
}

/// Says whether a key may rotate itself.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn check_may_rotate(app: &AppState, caller: &Caller, was_handed_over: bool) -> Result<(), Error> {
    let manages = match &caller.identity {
        Identity::Token { entry, .. } => entry.modules.opens(app.gatekeeper.modules().integrations()),
        Identity::User { .. } | Identity::Operator => false,
    };
    if manages || was_handed_over {
        return Ok(());
    }
    Err(Error::Forbidden(Problem::new(
        "may_not_rotate_itself",
        "This key may not rotate itself: it neither holds Integrations nor was handed over with the right to.",
    )))
}
