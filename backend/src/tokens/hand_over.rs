//! `/auth/tokens/{id}/hand_over`: a person makes a link with which somebody without an account takes the key of a
//! token, once. What they do with it is in [`super::holder`].

use axum::{Json, extract::State, http::StatusCode};
use latchkey_shared::{HandOver, HandOverBody, LinkSecret, NewHandOver, Problem, Reference, Timestamp};
use serde_json::json;

use super::{reveal, rules};
use crate::{
    auth,
    events::{self, Action},
    http::{Caller, Error, Id, OptionalBody},
    keys::mac::hmac,
    state::AppState,
    store::{NewEvent, Result as Stored, entities::hand_over},
};

/// For how many days a link works.
const DAYS: std::ops::RangeInclusive<u16> = 1..=30;
/// And when the request does not say.
const DEFAULT_DAYS: u16 = 7;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// The last link of the token, or what became of it.
#[utoipa::path(get, path = "/auth/tokens/{id}/hand_over", operation_id = "get_hand_over", tag = "Tokens",
    responses((status = 200, description = "The link, without its secret; null when none was made", body = Option<HandOver>)))]
pub async fn show(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<Json<Option<HandOver>>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    let link = app.store.hand_over_of(&row.token.id).await?;
    Ok(Json(link.as_ref().map(present)))
}

/// Makes a link, in place of an older one.
#[utoipa::path(post, path = "/auth/tokens/{id}/hand_over", operation_id = "hand_over_token", tag = "Tokens",
    request_body(content = Option<HandOverBody>, example = json!({"days": 7, "may_rotate": false})),
    responses((status = 201, description = "The link, and once its secret", body = NewHandOver)))]
pub async fn make(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    OptionalBody(body): OptionalBody<HandOverBody>,
) -> Result<(StatusCode, Json<NewHandOver>), Error> {
    let days = body.days.unwrap_or(DEFAULT_DAYS);
    if !DAYS.contains(&days) {
        let problem = Problem::with("not_whole", "must be a whole number from {} to {}", &[DAYS.start(), DAYS.end()]);
        return Err(Error::field("days", problem));
    }
    auth::check_recent_sign_in(&app, &caller)?;
    let (tx, caller, row) = rules::begin(&app, &caller, &id).await?;
    // A token whose key cannot be shown cannot be handed over.
    reveal::open(&app, &row)?;
    let now = app.clock.now();
    tx.delete_hand_over_of(&id).await?;
    let secret = LinkSecret(app.rng.hex::<32>());
    let link = hand_over::Model {
        id: digest(&app, &secret),
        token_id: id,
        may_rotate: body.may_rotate,
        created_at: now.unix(),
        created_by_id: caller.actor.id.clone(),
        created_by_name: caller.actor.name.clone(),
        expires_at: now.plus(i64::from(days) * DAY).unix(),
        opened_at: None,
        taken_at: None,
        taken_from: String::new(),
    };
    let info = present(&link);
    tx.insert_hand_over(link).await?;
    let details = json!({ "expires_at": info.expires_at, "may_rotate": info.may_rotate });
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(&tx, &caller, now, Action::HandOverCreated, object, details).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(NewHandOver { info, secret })))
}

/// Withdraws the link, or the page of who has taken the key.
#[utoipa::path(delete, path = "/auth/tokens/{id}/hand_over", operation_id = "withdraw_hand_over", tag = "Tokens",
    responses((status = 204, description = "Neither the link nor the holder's page works any longer")))]
pub async fn withdraw(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<StatusCode, Error> {
    let (tx, caller, row) = rules::begin(&app, &caller, &id).await?;
    if tx.delete_hand_over_of(&id).await? {
        let object = (row.token.id.as_str(), row.token.name.as_str());
        events::record(&tx, &caller, app.clock.now(), Action::HandOverWithdrawn, object, json!({})).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Records that links have expired, and removes them.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn expire(app: &AppState) -> Stored<()> {
    let now = app.clock.now();
    let tx = app.store.begin().await?;
    for (link, token) in tx.expired_hand_overs(now.unix()).await? {
        // Another replica may have removed it.
        if !tx.delete_hand_over(&link.id).await? {
            continue;
        }
        tx.record(NewEvent {
            account_id: token.account_id,
            at: now.unix(),
            actor_id: link.created_by_id,
            actor_name: link.created_by_name,
            action: Action::HandOverExpired.as_str(),
            object_id: token.id,
            object_name: token.name,
            address: String::new(),
            request_id: String::new(),
            details: json!({ "expires_at": Timestamp::from_unix(link.expires_at) }).to_string(),
        })
        .await?;
    }
    tx.commit().await
}

/// Under which id the database knows the secret of a link.
pub(super) fn digest(app: &AppState, secret: &LinkSecret) -> String {
    crate::hex(&hmac(&app.keys.session, &[b"latchkey hand over v1", secret.0.as_bytes()]))
}

fn present(link: &hand_over::Model) -> HandOver {
    HandOver {
        created_at: Timestamp::from_unix(link.created_at),
        created_by: Reference { id: link.created_by_id.clone(), name: link.created_by_name.clone() },
        expires_at: Timestamp::from_unix(link.expires_at),
        may_rotate: link.may_rotate,
        opened_at: link.opened_at.map(Timestamp::from_unix),
        taken_at: link.taken_at.map(Timestamp::from_unix),
        taken_from: link.taken_from.clone(),
    }
}
