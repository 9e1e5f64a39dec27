//! Changes that another process makes to the SQLite file: `latchkey token disable`, or manual SQL.
//!
//! The gatekeeper decides from memory, so it must hear of them. `PRAGMA data_version` on the one writing connection
//! changes exactly when another process has committed. Every change of this process looks at it, and so does
//! [`Store::poll_outside_changes`] in between. On PostgreSQL see [`super::notifications`].

use std::{
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use super::{Result, Store};

/// Interval between two looks at the file: the usual delay until a change by another process takes effect.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// What is known of the SQLite file as the writing connection sees it.
#[derive(Debug, Default)]
pub(super) struct OutsideChanges {
    /// The last `data_version`.
    version: AtomicI64,
    /// The writing connection was opened since: its versions cannot be compared with those of the one before.
    reopened: AtomicBool,
}

impl OutsideChanges {
    pub(super) fn connection_opened(&self) {
        self.reopened.store(true, Ordering::Release);
    }
}

impl Store {
    /// Looks for changes by another process until the store is closed. Does nothing on PostgreSQL.
    pub async fn poll_outside_changes(self) {
        if self.is_shared() {
            return;
        }
        let mut fails = false;
        while !self.writer.get_sqlite_connection_pool().is_closed() {
            tokio::time::sleep(POLL_INTERVAL).await;
            let checked = self.check_outside_changes(&self.writer).await;
            if let (Err(error), false) = (&checked, fails) {
                tracing::warn!(%error, "changes by another process cannot be seen");
            }
            fails = checked.is_err();
        }
    }

    /// Calls the change hook when another process has changed the file since the last call.
    pub(super) async fn check_outside_changes(&self, writer: &impl ConnectionTrait) -> Result<()> {
        let sql = Statement::from_string(DatabaseBackend::Sqlite, "PRAGMA data_version");
        let Some(row) = writer.query_one_raw(sql).await? else { return Ok(()) };
        let version: i64 = row.try_get_by_index(0)?;
        let reopened = self.outside.reopened.swap(false, Ordering::AcqRel);
        if self.outside.version.swap(version, Ordering::AcqRel) != version || reopened {
            self.hook.any_token_changed();
        }
        Ok(())
    }
}
