//! What handlers can reach: the parts of a running server.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{
    catalogue::Catalogue,
    clock::Clock,
    config::Config,
    gatekeeper::Gatekeeper,
    keys::Keys,
    rng::Rng,
    sessions::{password::Passwords, throttle::Throttle},
    store::Store,
};

/// The parts of a running server. Cloning shares them. A handler that needs one part takes that alone, such as
/// `State<Arc<Catalogue>>`.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// What the operator has configured.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// Decides about keys.
    pub gatekeeper: Arc<Gatekeeper>,
    /// Keys derived from the master key.
    pub keys: Arc<Keys>,
    /// The id of this installation.
    #[from_ref(skip)]
    pub installation: Arc<str>,
    /// The clock.
    pub clock: Clock,
    /// The source of randomness.
    pub rng: Rng,
    /// Verifies passwords.
    pub passwords: Passwords,
    /// Limits on attempts.
    pub throttle: Arc<Throttle>,
}

impl AppState {
    /// The catalogue as it is now. Whoever looks at more than one thing of it asks once.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.gatekeeper.modules().catalogue)
    }
}
