//! Removes old calls and events, a small batch at a time, and links that have expired.

use std::time::Duration;

use crate::{
    state::AppState,
    store::{Result, TOLD_FOR},
    tokens::hand_over,
};

/// Interval between two rounds.
const INTERVAL: Duration = Duration::from_secs(3600);
/// Wait before the first round, so that a start is quick.
const FIRST: Duration = Duration::from_secs(60);
/// Wait between two batches, so that changes and the writing of calls come in between.
const PAUSE: Duration = Duration::from_millis(50);
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Removes what is older than configured, and links that have expired, once an hour, until the process ends.
pub async fn run(app: AppState) {
    tokio::time::sleep(FIRST).await;
    loop {
        if let Err(error) = hand_over::expire(&app).await {
            tracing::warn!(%error, "expired links are not removed");
        }
        match round(&app).await {
            Ok((0, 0)) => {}
            Ok((calls, events)) => tracing::info!(calls, events, "old rows removed"),
            Err(error) => tracing::warn!(%error, "old rows are not removed"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Removes all that is too old now. Returns the numbers of rows of calls and of events.
///
/// # Errors
/// [`crate::store::StoreError`]; what was removed before stays removed.
pub async fn round(app: &AppState) -> Result<(u64, u64)> {
    let before = |days: u32| app.clock.now().unix() - i64::from(days) * DAY;
    let mut removed = (0, 0);
    let refused_before = app.clock.now().unix() - TOLD_FOR;
    let allowed_before = app.config.keep_calls.days().map_or(i64::MIN, before);
    while let rows @ 1.. = app.store.remove_requests_before(allowed_before, refused_before).await? {
        removed.0 += rows;
        tokio::time::sleep(PAUSE).await;
    }
    if let Some(days) = app.config.keep_calls.days() {
        let day = i32::try_from(before(days).div_euclid(DAY)).unwrap_or(i32::MIN);
        while let rows @ 1.. = app.store.remove_calls_before(day).await? {
            removed.0 += rows;
            tokio::time::sleep(PAUSE).await;
        }
    }
    if let Some(days) = app.config.keep_events.days() {
        let at = before(days);
        while let rows @ 1.. = app.store.remove_events_before(at).await? {
            removed.1 += rows;
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(removed)
}
