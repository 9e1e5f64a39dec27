//! Use of a key that does not work any more: expired, replaced by rotation, or of a disabled token. Somebody still has
//! it, and a call that they rely on fails; so it is an event, once a day for each token and reason.

use std::time::Duration;

use serde_json::json;

use crate::{
    events::Action,
    state::AppState,
    store::{NewEvent, Result},
};

/// Interval between two looks.
const INTERVAL: Duration = Duration::from_secs(10);
/// Seconds between two events about the same key.
const QUIET: i64 = 86_400;

/// Records events until the process ends.
pub async fn run(app: AppState) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Err(error) = record(&app).await {
            tracing::warn!(%error, "use of ended keys is not recorded yet");
        }
    }
}

/// Records an event for each use that has none.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn record(app: &AppState) -> Result<()> {
    let uses = app.store.ended_uses(QUIET).await?;
    if uses.is_empty() {
        return Ok(());
    }
    let now = app.clock.now().unix();
    let tx = app.store.begin().await?;
    for (used, token) in uses {
        // Another replica may have been faster.
        if !tx.note_ended_use(&used, QUIET).await? {
            continue;
        }
        tx.record(NewEvent {
            account_id: token.account_id,
            at: now,
            actor_id: token.id.clone(),
            actor_name: token.name.clone(),
            action: Action::EndedKeyUsed.as_str(),
            object_id: token.id,
            object_name: token.name,
            address: used.address,
            request_id: String::new(),
            details: json!({ "reason": used.kind, "program": used.program }).to_string(),
        })
        .await?;
    }
    tx.commit().await
}
