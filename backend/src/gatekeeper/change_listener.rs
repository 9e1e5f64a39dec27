//! Receives change notifications of other replicas, and marks the cache stale while it cannot.

use std::{sync::Weak, time::Duration};

use latchkey_shared::TokenId;

use super::Gatekeeper;
use crate::store::{ANY_CHANGED, RELOAD_ASKED, Store, StoreError};

/// Interval between two attempts to connect.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// Listens until the gatekeeper is gone.
pub async fn run(keeper: Weak<Gatekeeper>, store: Store) {
    let mut has_warned = false;
    loop {
        let lost = listen(&keeper, &store).await;
        let Some(keeper) = keeper.upgrade() else { return };
        if keeper.freshness.is_fresh() || !has_warned {
            tracing::warn!(error = %lost, "change notifications may be missed: every key is looked up in the database until the listener is connected");
            has_warned = true;
        }
        keeper.freshness.mark_stale(keeper.clock.now());
        drop(keeper);
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Listens until the connection is lost.
async fn listen(keeper: &Weak<Gatekeeper>, store: &Store) -> StoreError {
    let mut listener = match store.listen().await {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    if let Some(keeper) = keeper.upgrade() {
        // Notifications may have been missed until now.
        keeper.cache.clear();
        keeper.cache.mark_available();
        keeper.freshness.mark_fresh();
        store.committed_elsewhere();
        keeper.reload_asked.notify_one();
        tracing::info!("receiving change notifications");
    }
    loop {
        match listener.next().await {
            Ok(id) if TokenId::is_shape_of(&id) => {
                if let Some(keeper) = keeper.upgrade() {
                    keeper.cache.invalidate(TokenId::number_of(&id));
                }
                store.committed_elsewhere();
            }
            Ok(what) if what == ANY_CHANGED => {
                if let Some(keeper) = keeper.upgrade() {
                    keeper.cache.clear();
                }
                store.committed_elsewhere();
            }
            Ok(what) if what == RELOAD_ASKED => {
                if let Some(keeper) = keeper.upgrade() {
                    keeper.reload_asked.notify_one();
                }
            }
            // An event without a token, or another program that uses the channel.
            Ok(_) => store.committed_elsewhere(),
            Err(error) => return error,
        }
    }
}
