//! The database: the only place that knows SQL and the database library.
//!
//! One set of entities, migrations and queries serves SQLite and PostgreSQL. A change happens in a [`Tx`], together
//! with the event that records it, or not at all. Queries that belong to an account take the account's id, and put it
//! into their condition: nothing of one account is ever visible to another.
//!
//! To keep something new: add a migration in [`migrations`], an entity in [`entities`], and a file with its
//! queries as methods of [`Store`] (reading) and [`Tx`] (changing).

#![expect(clippy::missing_errors_doc, reason = "every method fails as StoreError; a doc comment names what is special")]

mod address;
mod changes;
mod connect;
mod credentials;
pub mod entities;
mod events;
mod filter;
mod hand_overs;
mod idempotency;
mod installation;
mod migrations;
mod notifications;
mod outside_changes;
mod replicas;
mod requests;
mod retention;
mod sessions;
mod token_filter;
mod token_list;
mod tokens;
mod usage;
mod users;

pub use address::{Address, AddressError, without_passwords};
pub use changes::{ANY_CHANGED, ChangeHook, Changes, TokenChange};
pub use connect::OpenError;
pub use credentials::{CredentialRow, RowLock};
pub use events::{EventQuery, NewEvent};
pub use notifications::Listener;
pub use outside_changes::POLL_INTERVAL;
pub use replicas::{RELOAD_ASKED, Replica};
pub use requests::{RequestKey, TOLD_FOR, TokenRequest};
pub use sessions::SessionRow;
pub use token_list::TokenQuery;
pub use tokens::{TokenRow, TokenSelection};
pub use usage::{LastUse, NewCalls, NewUsage, OtherUse, PREVIOUS};
pub use users::UserRow;

use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use changes::{Hook, notify};
use outside_changes::OutsideChanges;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, SqlErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};
use thiserror::Error;

use crate::http;

/// Why an operation of the store failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A unique value exists already.
    #[error("already exists")]
    Duplicate,
    /// The database failed or did not answer.
    #[error("database: {0}")]
    Database(DbErr),
    /// The database did not answer in time.
    #[error("the database is too slow")]
    TooSlow,
    /// A stored value is invalid, for example after manual SQL.
    #[error("stored value is damaged: {0}")]
    Damaged(String),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Duplicate,
            _ => Self::Database(error),
        }
    }
}

impl From<StoreError> for http::Error {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// The result of an operation of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database. Cloning shares the pools.
#[derive(Debug, Clone)]
pub struct Store {
    /// On SQLite a single connection, so that writers queue here and never fail as busy.
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    hook: Arc<Hook>,
    outside: Arc<OutsideChanges>,
    address: Arc<Address>,
    /// The lock that keeps other servers from the file of SQLite.
    _alone: Option<Arc<File>>,
}

/// A transaction. Dropped without [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    db: DatabaseTransaction,
    /// The ids of the tokens that it changes, [`ANY_CHANGED`], [`changes::RECORDED`] and [`RELOAD_ASKED`].
    changed: Mutex<Vec<String>>,
    hook: Arc<Hook>,
}

impl Store {
    /// Begins a change.
    pub async fn begin(&self) -> Result<Tx> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let db = self.writer.begin_with_options(options).await?;
        if !self.is_shared() {
            // No other process can commit from here to the end of the transaction.
            self.check_outside_changes(&db).await?;
        }
        Ok(Tx { db, changed: Mutex::default(), hook: Arc::clone(&self.hook) })
    }

    /// The connections for reading: how many there are, and how many are idle.
    #[must_use]
    pub fn connections(&self) -> (u32, usize) {
        if self.is_shared() {
            let pool = self.readers.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = self.readers.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        }
    }

    /// Whether the database answers.
    pub async fn check_readable(&self) -> Result<()> {
        self.readers.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Whether the database answers and accepts a change: makes one.
    pub async fn check_writable(&self, now: i64) -> Result<()> {
        self.check_readable().await?;
        let tx = self.begin().await?;
        tx.upsert_installation("checked_at", &now.to_string()).await?;
        tx.commit().await
    }

    /// Closes the pools, after what is under way.
    pub async fn close(&self) -> Result<()> {
        self.readers.clone().close().await?;
        self.writer.clone().close().await?;
        Ok(())
    }
}

impl Tx {
    /// Ends every change: commits, then reports the changed tokens to this process and to every replica. Both happen
    /// even when the caller is gone: a client that hangs up must not leave a key alive that it has just disabled.
    ///
    /// `Ok` means that the change is durable and visible. [`Store::begin`] starts outside any transaction, so the
    /// commit is a real `COMMIT` and not the release of a savepoint.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing has changed, or the connection was lost while it was committed.
    pub async fn commit(self) -> Result<()> {
        let Self { db, changed, hook } = self;
        let changed = changed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let committed = tokio::spawn(async move {
            notify(&db, &changed).await?;
            let committed = db.commit().await;
            hook.committed(&changed);
            committed
        });
        match committed.await {
            Ok(committed) => Ok(committed?),
            Err(error) => Err(StoreError::Database(DbErr::Custom(error.to_string()))),
        }
    }

    /// Notes that the token `id` is changed, for this process and for every replica.
    fn token_changed(&self, id: &str) {
        self.noted(id);
    }

    fn noted(&self, change: &str) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if changed.last().is_none_or(|last| last != change) {
            changed.push(change.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait as _, DbErr};

    use super::*;

    async fn sqlite() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::connect(&format!("sqlite:{}", folder.path().join("latchkey.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        (folder, store)
    }

    async fn set(store: &Store, name: &str, value: &str) -> Result<()> {
        let tx = store.begin().await?;
        tx.insert_installation(name, value).await?;
        tx.commit().await
    }

    /// SQLite has rolled back by itself, and the rollback that follows fails.
    #[tokio::test]
    async fn change_after_a_full_database_is_committed() {
        let (_folder, store) = sqlite().await;
        store.writer.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let error = set(&store, "large", &"x".repeat(1_000_000)).await.unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        for name in ["one", "two"] {
            set(&store, name, "kept").await.unwrap();
            assert_eq!(store.installation(name).await.unwrap().as_deref(), Some("kept"));
        }
        assert_eq!(store.installation("large").await.unwrap(), None);
    }

    #[tokio::test]
    async fn change_by_another_process_is_reported_once() {
        let (folder, store) = sqlite().await;
        let reports = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&reports);
        store.on_change(Box::new(move |change| {
            assert_eq!(change, TokenChange::Any);
            *counter.lock().unwrap() += 1;
        }));
        let reported = async || {
            store.check_outside_changes(&store.writer).await.unwrap();
            std::mem::take(&mut *reports.lock().unwrap())
        };
        assert_eq!(reported().await, 1, "nothing was known before");
        set(&store, "own", "change").await.unwrap();
        assert_eq!(reported().await, 0);
        let other = Store::connect(&format!("sqlite:{}", folder.path().join("latchkey.db").display())).await.unwrap();
        set(&other, "foreign", "change").await.unwrap();
        assert_eq!(reported().await, 1);
        set(&other, "foreign again", "change").await.unwrap();
        set(&store, "own again", "change").await.unwrap();
        assert_eq!((reported().await, reported().await), (1, 0), "the own change has reported the other one");
    }

    /// PostgreSQL would answer this `COMMIT` with a rollback and no error.
    #[tokio::test]
    async fn commit_of_an_aborted_transaction_fails() {
        let url = migrations::tests::postgres().await;
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.insert_installation("name", "value").await.unwrap();
        assert!(matches!(tx.insert_installation("name", "value").await, Err(StoreError::Duplicate)));
        assert!(matches!(tx.commit().await, Err(StoreError::Database(DbErr::Query(_)))));
        assert_eq!(store.installation("name").await.unwrap(), None);
    }
}
