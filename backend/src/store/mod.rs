//! Everything that is kept: the only place that knows SQL and the database library.
//!
//! One set of entities, migrations and queries serves SQLite and PostgreSQL. A change happens in a [`Tx`],
//! together with its event, or not at all. Queries that belong to an account take the account's id, and put
//! it into their condition: nothing of one account is ever visible to another.
//!
//! To keep something new: add a migration in [`migrations`], an entity in [`entities`], and a file with its
//! queries as methods of [`Store`] (reading) and [`Tx`] (changing).

mod connect;
pub mod entities;
mod events;
mod filter;
mod idempotency;
mod installation;
mod migrations;
mod sessions;
mod tokens;
mod users;

pub use connect::{OpenError, sqlite_path};
pub use events::NewEvent;
pub use tokens::{NewTokenRow, SortedBy, TokenQuery, TokenRow};

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, SqlErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
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
}

/// A transaction. Dropped without [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Tx(DatabaseTransaction);

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
        Ok(Tx(self.writer.begin_with_options(options).await?))
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
    pub async fn close(self) -> Result<()> {
        self.readers.close().await?;
        self.writer.close().await?;
        Ok(())
    }
}

impl Tx {
    /// Makes the change last.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing has changed.
    pub async fn commit(self) -> Result<()> {
        Ok(self.0.commit().await?)
    }
}
