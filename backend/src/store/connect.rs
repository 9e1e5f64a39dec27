//! Opening the database: pools, pragmas, migrations.

use std::{
    fs::{self, OpenOptions, TryLockError},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use metrics::histogram;
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr,
    sqlx::{
        self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection,
        postgres::PgConnectOptions,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use thiserror::Error;

use super::{
    Address, AddressError, Store,
    migrations::{self, Schema},
    outside_changes::OutsideChanges,
};
use crate::rng::Rng;

/// Maximum number of connections: to SQLite for reading, or to PostgreSQL.
const POOL: u32 = 16;
/// How long a writer of SQLite waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout for a connection to PostgreSQL.
const SERVER_TIMEOUT: Duration = Duration::from_secs(3);

/// A commit is on the disk when it is acknowledged, also where the server's default is faster. Higher levels, which
/// wait for synchronous replicas, stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// Why the database cannot be used. Every message is one line; no password is in it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The text is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The database does not open or does not answer.
    #[error("database {address}: {error}")]
    Connect {
        /// The address.
        address: Address,
        /// What the database library says.
        error: String,
    },
    /// Another server works with the file.
    #[error("database {0}: another server uses it; one file serves one server, and PostgreSQL serves many")]
    InUse(Address),
    /// The file holds tables of another program.
    #[error("database {0}: another program's tables are in it; give Latchkey a file of its own")]
    Foreign(Address),
    /// Two connections share a session.
    #[error(
        "database {0}: a pooler in transaction mode is in front of it, but LISTEN needs a session; set pool_mode = session"
    )]
    SharedSession(Address),
    /// A development version made the database, before the first release.
    #[error(
        "database {0}: a development version of Latchkey made it, and it cannot be upgraded; start with a new database"
    )]
    Development(Address),
    /// Another, newer version of Latchkey has changed the schema.
    #[error(
        "the database has a newer schema than this version of Latchkey knows (migration {0}); use the newer version"
    )]
    Newer(String),
    /// A change of the schema failed.
    #[error("migrating the database: {0}")]
    Migrate(DbErr),
}

impl Store {
    /// As [`open`](Self::open), for an address as text.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn connect(text: &str) -> Result<Self, OpenError> {
        Self::open(&text.parse()?).await
    }

    /// Connects to a database. A file of SQLite is made when it is absent. The schema is not touched: see
    /// [`migrate`](Self::migrate).
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(address: &Address) -> Result<Self, OpenError> {
        let store = match address {
            Address::Sqlite(path) => Self::open_sqlite(address, path).await?,
            Address::Postgres(url) => {
                let mut options = ConnectOptions::new(url);
                options.max_connections(POOL).map_sqlx_postgres_pool_opts(|pool| {
                    pool.after_connect(|connection, _| {
                        Box::pin(async move {
                            connection.execute(DURABLE).await?;
                            Ok(())
                        })
                    })
                });
                options.map_sqlx_postgres_opts(without_float_digits);
                // First without the pool, which would retry and report nothing but a timeout.
                let failed = |error: String| OpenError::Connect { address: address.clone(), error };
                let checked = tokio::time::timeout(SERVER_TIMEOUT, have_own_sessions(url)).await;
                let checked = checked.map_err(|_| failed("the server does not answer".to_owned()))?;
                if !checked.map_err(|error| failed(error.to_string()))? {
                    return Err(OpenError::SharedSession(address.clone()));
                }
                let pool = connect(address, &mut options).await?;
                Self {
                    writer: pool.clone(),
                    readers: pool,
                    hook: Arc::default(),
                    outside: Arc::default(),
                    address: Arc::new(address.clone()),
                    _alone: None,
                }
            }
        };
        match migrations::inspect(&store.writer).await.map_err(OpenError::Migrate)? {
            Schema::Usable => Ok(store),
            Schema::Development => Err(OpenError::Development(address.clone())),
            Schema::Foreign => Err(OpenError::Foreign(address.clone())),
            Schema::Newer(migration) => Err(OpenError::Newer(migration)),
        }
    }

    async fn open_sqlite(address: &Address, path: &Path) -> Result<Self, OpenError> {
        let failed = |error: String| OpenError::Connect { address: address.clone(), error };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            return Err(failed(format!("the folder {} does not exist", folder.display())));
        }
        // For its owner alone, also in a folder that others can read. SQLite gives its other files the same mode.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        if let Err(error) = made.map(drop).or_else(|error| match error.kind() {
            ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        }) {
            return Err(failed(error.to_string()));
        }
        // SQLite would take a name that begins with `file:` for a URL.
        let file = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
        let options = |connections: u32| {
            // The file is named here and not in a URL, where some characters of a name would mean something else.
            let file = file.clone();
            let mut options = ConnectOptions::new("sqlite:latchkey.db");
            options.max_connections(connections).min_connections(1).map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .filename(&file)
                    .journal_mode(SqliteJournalMode::Wal)
                    // What was acknowledged survives a power cut, not only a crash of the process.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    // PostgreSQL's name for comparing by bytes, so that one text of SQL serves both.
                    .collation("C", str::cmp)
                    // `LIKE` tells upper from lower case, as it does on PostgreSQL.
                    .pragma("case_sensitive_like", "ON")
                    .busy_timeout(BUSY_TIMEOUT)
            });
            options
        };
        let outside = Arc::<OutsideChanges>::default();
        let opened = Arc::clone(&outside);
        let writer = connect(
            address,
            options(1).map_sqlx_sqlite_pool_opts(move |pool| {
                let opened = Arc::clone(&opened);
                pool.max_lifetime(None)
                    .idle_timeout(None)
                    .after_connect(move |_, _| {
                        opened.connection_opened();
                        Box::pin(async { Ok(()) })
                    })
                    // Where this is not so, the pool closes the connection and opens another.
                    .before_acquire(|connection, _| Box::pin(is_outside_transaction(connection)))
            }),
        )
        .await?;
        let readers = connect(address, &mut options(POOL)).await?;
        Ok(Self { writer, readers, hook: Arc::default(), outside, address: Arc::new(address.clone()), _alone: None })
    }

    /// Makes sure that no other server works with the same file: it would not hear of what this one changes. Commands
    /// of the command line may.
    ///
    /// # Errors
    /// [`OpenError::InUse`].
    pub fn alone(mut self) -> Result<Self, OpenError> {
        let Some(path) = self.address.file() else { return Ok(self) };
        // One lock for one file, by whatever name it is opened.
        let lock = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).with_added_extension("lock");
        let failed = |error: std::io::Error| {
            let error = format!("{}: {error}", lock.display());
            OpenError::Connect { address: Address::clone(&self.address), error }
        };
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&lock);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => self._alone = Some(Arc::new(file)),
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(Address::clone(&self.address))),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(self)
    }

    /// Whether the schema is as new as this version of Latchkey.
    pub async fn is_migrated(&self) -> super::Result<bool> {
        Ok(migrations::is_current(&self.writer).await?)
    }

    /// Whether the schema was ever made; not so in an empty database.
    pub async fn has_tables(&self) -> super::Result<bool> {
        Ok(migrations::any(&self.writer).await?)
    }

    /// Brings the schema up to date. Replicas that start at once wait for each other.
    ///
    /// # Errors
    /// [`OpenError::Migrate`].
    pub async fn migrate(&self) -> Result<(), OpenError> {
        migrations::apply(&self.writer).await.map_err(OpenError::Migrate)
    }
}

/// Whether the writing connection is outside any transaction, for sqlx and for SQLite itself.
///
/// SQLite rolls back by itself when the disk is full, on an I/O error and without memory. sqlx's own `ROLLBACK` then
/// fails, and sqlx goes on counting a transaction that is not there: the next one would begin as a savepoint, and its
/// "commit" would release that savepoint and commit nothing.
async fn is_outside_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        return Ok(false);
    }
    // SQLite refuses this inside a transaction.
    connection.execute("BEGIN; ROLLBACK").await?;
    Ok(true)
}

/// Connection options that PgBouncer accepts. No column is a float.
fn without_float_digits(options: PgConnectOptions) -> PgConnectOptions {
    options.extra_float_digits(None)
}

/// Options to connect to PostgreSQL without a pool.
pub(super) fn postgres_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    url.parse().map(without_float_digits)
}

/// Whether each connection has a session of its own. A pooler in transaction mode lets an idle session serve the next
/// connection, which then owns the advisory lock of the first one.
async fn have_own_sessions(url: &str) -> Result<bool, sqlx::Error> {
    let options = postgres_options(url)?;
    let mut first = PgConnection::connect_with(&options).await?;
    let mut second = PgConnection::connect_with(&options).await?;
    let key = i64::from_ne_bytes(Rng::system().bytes());
    first.execute(sqlx::raw_sql(AssertSqlSafe(format!("SELECT pg_advisory_lock({key})")))).await?;
    let statement = sqlx::raw_sql(AssertSqlSafe(format!("SELECT pg_try_advisory_lock({key})")));
    let is_shared: bool = second.fetch_one(statement).await?.try_get(0)?;
    first.execute("SELECT pg_advisory_unlock_all()").await?;
    let _ = (first.close().await, second.close().await);
    Ok(!is_shared)
}

async fn connect(address: &Address, options: &mut ConnectOptions) -> Result<DatabaseConnection, OpenError> {
    // Writers of SQLite wait for each other; a server that is unreachable is not waited for.
    let patience = if address.file().is_some() { BUSY_TIMEOUT } else { SERVER_TIMEOUT };
    options.sqlx_logging(false).connect_timeout(patience).acquire_timeout(patience);
    let mut connection = Database::connect(options.clone())
        .await
        .map_err(|error| OpenError::Connect { address: address.clone(), error: reason(error) })?;
    // Looked up each time: the recorder is made after the store.
    connection.set_metric_callback(|query| histogram!("latchkey_database_seconds").record(query.elapsed));
    Ok(connection)
}

/// An error without the names that the libraries have for its kind.
fn reason(error: DbErr) -> String {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error)) => error.to_string(),
        DbErr::Conn(RuntimeErr::Internal(text)) | DbErr::Custom(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a folder of a user may be called: in a URL each of these characters would mean something.
    #[tokio::test]
    async fn file_is_made_where_its_folder_is_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("100% of my data? #1");
        fs::create_dir(&inner).unwrap();
        let store = Store::open(&Address::Sqlite(inner.join("latchkey.db"))).await.unwrap().alone().unwrap();
        store.migrate().await.unwrap();
        let mut names: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["latchkey.db", "latchkey.db-shm", "latchkey.db-wal", "latchkey.db.lock"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn missing_folder_is_named() {
        let error = Store::connect("sqlite:/nowhere/at/all/latchkey.db").await.unwrap_err();
        assert!(error.to_string().contains("the folder /nowhere/at/all does not exist"), "{error}");
    }
}
