//! `GET /statistics/tokens/{id}/aggregates` and `…/summary`: how often a token was used, in the shapes of the Connect
//! API (the Connect API). What happened in the last seconds is not counted yet: see [`crate::gatekeeper::usage`].

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use latchkey_shared::Timestamp;
use serde::Serialize;

use crate::{
    http::{Caller, Error, Id},
    state::AppState,
    store::{NewCalls, TokenRow},
};

/// Days that are told.
const DAYS: i32 = 90;

/// The calls of a day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Aggregate {
    /// The day, UTC: `2027-01-31`.
    #[schema(example = "2027-01-31")]
    date: String,
    /// By status of the answer.
    statuses: Vec<StatusCount>,
}

/// Calls that were answered with one status.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StatusCount {
    /// The HTTP status.
    code: i32,
    /// How often.
    count: i64,
}

/// All calls of a token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// The token.
    id: String,
    /// By status of the answer.
    statuses: Vec<StatusTotal>,
    /// Since when calls are counted.
    started_tracking_at: Timestamp,
}

/// All calls that were answered with one status.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StatusTotal {
    /// The HTTP status.
    code: i32,
    /// How often.
    total: i64,
    /// The same: counters are never reset.
    since_last_reset: i64,
}

/// The calls of the last 90 days, a line for each day that had any, oldest first.
#[utoipa::path(get, path = "/statistics/tokens/{id}/aggregates", operation_id = "token_aggregates", tag = "Tokens",
    responses((status = 200, description = "Calls by day and status", body = [Aggregate])))]
pub async fn aggregates(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Vec<Aggregate>>, Error> {
    let today = i32::try_from(app.clock.now().unix().div_euclid(86_400)).unwrap_or_default();
    let (_, calls) = calls(&app, &caller, &id, today - DAYS + 1).await?;
    let mut days: BTreeMap<i32, BTreeMap<i32, i64>> = BTreeMap::new();
    for row in calls {
        *days.entry(row.day).or_default().entry(row.status).or_default() += row.calls;
    }
    let day = |(day, statuses): (i32, BTreeMap<i32, i64>)| Aggregate {
        date: Timestamp::from_unix(i64::from(day) * 86_400).to_string()[..10].to_owned(),
        statuses: statuses.into_iter().map(|(code, count)| StatusCount { code, count }).collect(),
    };
    Ok(Json(days.into_iter().map(day).collect()))
}

/// All calls of the token.
#[utoipa::path(get, path = "/statistics/tokens/{id}/summary", operation_id = "token_summary", tag = "Tokens",
    responses((status = 200, description = "All calls by status", body = Summary)))]
pub async fn summary(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<Json<Summary>, Error> {
    let (token, calls) = calls(&app, &caller, &id, i32::MIN).await?;
    let mut totals: BTreeMap<i32, i64> = BTreeMap::new();
    for row in calls {
        *totals.entry(row.status).or_default() += row.calls;
    }
    let total = |(code, total)| StatusTotal { code, total, since_last_reset: total };
    Ok(Json(Summary {
        statuses: totals.into_iter().map(total).collect(),
        started_tracking_at: Timestamp::from_unix(token.token.created_at),
        id,
    }))
}

async fn calls(app: &AppState, caller: &Caller, id: &str, since: i32) -> Result<(TokenRow, Vec<NewCalls>), Error> {
    let token = app.store.token(&caller.account.id, id).await?.ok_or_else(|| Error::not_found(id))?;
    let calls = app.store.calls(id, since).await?;
    Ok((token, calls))
}
