//! Hears of changes that other replicas make, and doubts what is in memory while it cannot.

use std::{sync::Weak, time::Duration};

use latchkey_shared::TokenId;

use super::Gatekeeper;
use crate::store::{Store, StoreError};

/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// Listens until the gatekeeper is gone.
pub async fn run(keeper: Weak<Gatekeeper>, store: Store) {
    let mut was_told = false;
    loop {
        let lost = listen(&keeper, &store).await;
        let Some(keeper) = keeper.upgrade() else { return };
        if keeper.trust.holds() || !was_told {
            tracing::warn!(error = %lost, "changes by other replicas may be missed: every key is looked up until this is over");
            was_told = true;
        }
        keeper.trust.doubt(keeper.clock.now());
        drop(keeper);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens until the connection is lost.
async fn listen(keeper: &Weak<Gatekeeper>, store: &Store) -> StoreError {
    let mut listener = match store.listen().await {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    if let Some(keeper) = keeper.upgrade() {
        // From here on nothing is missed. What was missed before is not known: all that is in memory may be old.
        keeper.index.forget_all();
        keeper.index.try_again();
        keeper.trust.restore();
        tracing::info!("listening for changes by other replicas");
    }
    loop {
        match listener.next().await {
            Ok(id) if TokenId::is_shape_of(&id) => {
                if let Some(keeper) = keeper.upgrade() {
                    keeper.index.forget(TokenId::number_of(&id));
                }
            }
            // Somebody else speaks on our channel.
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}
