//! What a server does with its catalogue after the start: it keeps it in the database for the command line, reads the file again
//! when it is asked to, and compares what it has with the other servers of its database.
//!
//! It is asked by SIGHUP, alone, or by `latchkey reload`, with all others. A bad file leaves the catalogue as it is.

use std::{path::PathBuf, sync::Arc, time::Duration};

use metrics::gauge;
use tokio::sync::Notify;

use crate::{
    catalogue::{Catalogue, CatalogueError},
    gatekeeper::Gatekeeper,
    rng::Rng,
    store::{Replica, Result, Store},
};

/// Interval between two signs of life.
const INTERVAL: Duration = Duration::from_secs(20);
/// Seconds without a sign of life after which a server counts as gone.
pub const GONE_AFTER: i64 = 70;

/// This server among the others.
#[derive(Debug)]
pub struct Member {
    keeper: Arc<Gatekeeper>,
    store: Store,
    /// The catalogue file; none for the built-in one.
    path: Option<PathBuf>,
    row: Replica,
    /// The digest of the catalogue that it has kept in the database; none if it keeps none.
    kept: Option<String>,
    /// Names of the servers whose catalogue differs, as the log has them.
    differing: Vec<String>,
    has_warned: bool,
}

impl Member {
    /// A server that has the catalogue of `path`. `address` tells it from others on the same machine.
    #[must_use]
    pub fn new(keeper: &Arc<Gatekeeper>, store: &Store, path: Option<PathBuf>, address: &str) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let row = Replica {
            id: Rng::system().hex::<8>(),
            name: format!("{} {address}", host.trim()).trim().to_owned(),
            catalogue: keeper.modules().catalogue.digest.clone(),
            reload: String::new(),
            problem: String::new(),
            seen_at: 0,
        };
        Self {
            keeper: Arc::clone(keeper),
            store: store.clone(),
            path,
            row,
            kept: None,
            differing: Vec::new(),
            has_warned: false,
        }
    }

    /// Keeps the catalogue in the database from now on: the command line has it from there.
    pub async fn keep_catalogue(&mut self) {
        self.kept = Some(String::new());
        self.show().await;
    }

    /// Reloads whenever it is asked to, until `stop`.
    pub async fn run(mut self, hang_up: Arc<Notify>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        gauge!("latchkey_catalogue_last_reload_successful").set(1);
        self.row.reload = self.store.reload_asked().await.unwrap_or_default();
        // Whoever has asked for this one may have edited the file since the server read it.
        self.reload();
        self.show().await;
        let asked = self.keeper.reload_asked();
        let mut interval = tokio::time::interval(INTERVAL);
        interval.tick().await;
        loop {
            tokio::select! {
                () = &mut stop => break,
                () = hang_up.notified() => {
                    self.reload();
                    self.show().await;
                }
                () = asked.notified() => match self.store.reload_asked().await {
                    Ok(reload) if reload != self.row.reload => {
                        self.reload();
                        self.row.reload = reload;
                        self.show().await;
                    }
                    Ok(_) => {}
                    Err(error) => tracing::warn!(%error, "whether to read the catalogue again is not known"),
                },
                // Nobody else works with a SQLite file: there it shows what it could not show before.
                _ = interval.tick(), if self.store.is_shared() || self.has_warned => self.show().await,
            }
        }
        let _ = self.store.remove_replica(&self.row.id).await;
    }

    fn reload(&mut self) {
        let Some(path) = &self.path else {
            tracing::debug!("the catalogue is the built-in one: there is nothing to read again");
            return;
        };
        self.row.problem = match reload(&self.keeper, path) {
            Ok(()) => String::new(),
            Err(error) => {
                tracing::error!(%error, "the catalogue stays as it was");
                error.to_string()
            }
        };
        self.row.catalogue.clone_from(&self.keeper.modules().catalogue.digest);
        gauge!("latchkey_catalogue_last_reload_successful").set(if self.row.problem.is_empty() { 1 } else { 0 });
    }

    /// Shows the others what it has, and looks at theirs.
    async fn show(&mut self) {
        match self.compare().await {
            Ok(differing) => {
                gauge!("latchkey_catalogue_differing_replicas").set(u32::try_from(differing.len()).unwrap_or(u32::MAX));
                if differing != self.differing && !differing.is_empty() {
                    let others = differing.join(", ");
                    tracing::warn!(
                        others,
                        "these servers have another catalogue: the same key may be answered in two ways"
                    );
                }
                self.differing = differing;
                self.has_warned = false;
            }
            Err(error) if !self.has_warned => {
                tracing::warn!(%error, "the catalogue of this server cannot be compared with those of others");
                self.has_warned = true;
            }
            Err(_) => {}
        }
    }

    async fn compare(&mut self) -> Result<Vec<String>> {
        self.row.seen_at = self.keeper.clock.now().unix();
        let since = self.row.seen_at - GONE_AFTER;
        let catalogue = Arc::clone(&self.keeper.modules().catalogue.text);
        let is_new = self.kept.as_ref().is_some_and(|kept| *kept != self.row.catalogue);
        self.store.save_replica(self.row.clone(), since, is_new.then_some(&*catalogue)).await?;
        if is_new {
            self.kept = Some(self.row.catalogue.clone());
        }
        let all = self.store.replicas_since(since).await?;
        Ok(all.into_iter().filter(|other| other.catalogue != self.row.catalogue).map(|other| other.name).collect())
    }
}

fn reload(keeper: &Gatekeeper, path: &std::path::Path) -> std::result::Result<(), CatalogueError> {
    // The server would wait until something writes to a pipe.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let error = std::io::Error::other("is not a file");
        return Err(CatalogueError::Io { file: path.display().to_string(), error });
    }
    let catalogue = Catalogue::read(path)?;
    if catalogue.digest == keeper.modules().catalogue.digest {
        tracing::debug!("the catalogue was read again: it is the same");
        return Ok(());
    }
    let (apis, modules) = (catalogue.apis.len(), catalogue.modules.len());
    keeper.replace_catalogue(&catalogue);
    tracing::info!(apis, modules, "the catalogue was read again and is in force");
    Ok(())
}
