//! `POST /auth/tokens/{id}/overlap`: while the previous key of a token still works, ends it now or later.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use latchkey_shared::{OverlapBody, Problem, Replacement, ReplacementBody, Timestamp, Token, problem};
use serde_json::json;

use super::{WithEtag, previous_works, rules};
use crate::{
    auth,
    events::{self, Action},
    http::{Body, Caller, Error, Id},
    state::AppState,
};

/// Ends the previous key after `overlap` seconds from now; 0 ends it at once.
#[utoipa::path(post, path = "/auth/tokens/{id}/overlap", operation_id = "set_overlap", tag = "Tokens",
    request_body(content = OverlapBody, example = json!({"overlap": 0})),
    responses((status = 200, description = "The token", body = Token)))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    Body(body): Body<OverlapBody>,
) -> Result<WithEtag<Token>, Error> {
    let (tx, caller, mut row) = rules::for_change(&app, &caller, &id, &headers).await?;
    let now = app.clock.now();
    if body.overlap.is_none() {
        return Err(Error::field("overlap", problem::REQUIRED));
    }
    let wanted = Replacement::try_from(ReplacementBody { overlap: body.overlap, expiration_date: None })?;
    let token = &mut row.token;
    if !previous_works(token, now) {
        let why = "Token {} has no previous key that still works.";
        return Err(Error::Conflict(Problem::with("no_previous_key", why, &[&id])));
    }
    let before = token.previous_expires_at;
    let end = now.plus(wanted.overlap).unix();
    let end = token.expires_at.map_or(end, |own| own.min(end));
    if before.is_some_and(|before| end > before) {
        // A key that would have ended works for longer.
        auth::check_recent_sign_in(&app, &caller)?;
    }
    // The digest stays: use of the key after its end is told from a wrong one.
    token.previous_expires_at = Some(end);
    rules::save(&app, &tx, &caller, &mut row).await?;
    let moment = |end: Option<i64>| end.map(Timestamp::from_unix);
    let details = json!({ "previous_expiration_date": [moment(before), moment(Some(end))] });
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(&tx, &caller, now, Action::OverlapChanged, object, details).await?;
    tx.commit().await?;
    WithEtag::of(&app, &caller, &row, StatusCode::OK, |info| info)
}
