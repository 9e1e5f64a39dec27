//! Everything that is kept: the only place that knows SQL and the database library.
//!
//! One set of entities, migrations and queries serves SQLite and PostgreSQL. A change happens in a [`Tx`],
//! together with its event, or not at all. Queries that belong to an account take the account's id, and put
//! it into their condition: nothing of one account is ever visible to another.
//!
//! To keep something new: add a migration in [`migrations`], an entity in [`entities`], and a file with its
//! queries as methods of [`Store`] (reading) and [`Tx`] (changing).

mod checks;
mod common_words;
mod connect;
pub mod entities;
mod events;
mod filter;
mod idempotency;
mod installation;
mod list_parts;
mod listen;
mod long_lists;
mod migrations;
mod milestones;
mod sessions;
mod token_columns;
mod token_counts;
mod token_lists;
mod token_steps;
mod token_words;
mod tokens;
mod usage;
mod users;
mod word_index;
mod word_totals;

pub use checks::{CheckRow, Watcher};
pub use connect::{OpenError, sqlite_path};
pub use events::NewEvent;
pub use listen::Listener;
pub use token_lists::{SortedBy, TokenQuery};
pub use tokens::{NewTokenRow, TokenRow};
pub use usage::{LastUse, NewCalls};

use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use checks::Watch;
use long_lists::Remembered;
use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use thiserror::Error;

/// Why the store could not do as asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Something unique exists already.
    #[error("already exists")]
    Duplicate,
    /// The database refused or did not answer.
    #[error("database: {0}")]
    Database(DbErr),
    /// The database did not answer in time.
    #[error("the database is too slow")]
    TooSlow,
    /// What was read makes no sense: the database was changed by another hand.
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

/// The result of a question to the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database. Cloning shares the pools.
#[derive(Debug, Clone)]
pub struct Store {
    /// On SQLite a single connection, so that writers queue here and never fail as busy.
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    watcher: Arc<Watch>,
    remembered: Arc<Remembered>,
    /// The address of a database that other processes may use, too.
    shared_url: Option<Arc<str>>,
    /// Held for as long as this process is the only one with its file.
    _alone: Option<Arc<File>>,
}

/// A transaction. Dropped without [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    db: DatabaseTransaction,
    /// The ids of the tokens that it changes.
    changed: Mutex<Vec<String>>,
    watcher: Arc<Watch>,
}

impl Store {
    /// Begins a change.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin(&self) -> Result<Tx> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let db = self.writer.begin_with_options(options).await?;
        Ok(Tx { db, changed: Mutex::default(), watcher: Arc::clone(&self.watcher) })
    }

    /// The connections for reading: how many there are, and how many of them wait.
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
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn ping(&self) -> Result<()> {
        self.readers.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes the pools, after what is under way.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn close(&self) -> Result<()> {
        self.readers.clone().close().await?;
        self.writer.clone().close().await?;
        Ok(())
    }
}

impl Tx {
    /// Makes the change last, and tells the watcher of the store which tokens it changed. Both happen even when
    /// whoever asked no longer waits: a client that hangs up must not leave a key alive that it has just disabled.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing has changed, or nobody knows.
    pub async fn commit(self) -> Result<()> {
        let Self { db, changed, watcher } = self;
        let changed = changed.into_inner().unwrap_or_else(PoisonError::into_inner);
        if changed.is_empty() {
            return Ok(db.commit().await?);
        }
        let committed = tokio::spawn(async move {
            let committed = db.commit().await;
            watcher.changed(&changed);
            committed
        });
        match committed.await {
            Ok(committed) => Ok(committed?),
            Err(error) => Err(StoreError::Database(DbErr::Custom(error.to_string()))),
        }
    }

    /// Notes that the token `id` is changed, for this process and for every replica.
    async fn token_changed(&self, id: &str) -> Result<()> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
        if self.db.get_database_backend() == DatabaseBackend::Postgres {
            // Delivered when the transaction is committed, and only then.
            let notify = "SELECT pg_notify($1, $2)";
            let values = [TOKENS_CHANGED.into(), id.into()];
            self.db.query_one_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, notify, values)).await?;
        }
        Ok(())
    }
}

/// The channel on which PostgreSQL tells the ids of changed tokens.
pub const TOKENS_CHANGED: &str = "latchkey_tokens";
