//! Opening the database: pools, pragmas, migrations.

use std::{
    fs::{OpenOptions, TryLockError},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use metrics::histogram;
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        self, Connection as _, Executor as _, SqliteConnection,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use thiserror::Error;

use super::{Store, migrations, outside_changes::OutsideChanges};

/// Readers of SQLite, connections to PostgreSQL.
const POOL: u32 = 16;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the database cannot be used. Every message is one line; no password is in it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Neither of the two databases.
    #[error("--database must start with sqlite: or postgres:, and not with {0:?}")]
    Scheme(String),
    /// The database does not open or does not answer.
    #[error("database {url}: {error}")]
    Connect {
        /// The address without its password.
        url: String,
        /// What the database library says.
        error: DbErr,
    },
    /// Another server works with the file.
    #[error("database {0}: another server uses it; one file serves one server, and PostgreSQL serves many")]
    InUse(String),
    /// Another, newer version of Latchkey has changed the schema.
    #[error(
        "the database has a newer schema than this version of Latchkey knows (migration {0}); use the newer version"
    )]
    Newer(String),
    /// A change of the schema failed.
    #[error("migrating the database: {0}")]
    Migrate(DbErr),
}

/// A database address without its password, for messages and logs.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(start), Some(end)) if start + 3 < end => {
            let user = url[start + 3..end].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..start + 3], &url[end..])
        }
        _ => url.to_owned(),
    }
}

/// The file that a `sqlite:` address names.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<&str> {
    Some(url.strip_prefix("sqlite:")?.trim_start_matches("//"))
}

impl Store {
    /// Connects to the database that `url` names. `sqlite:` is followed by a path; the file is made when it is
    /// absent. The schema is not touched: see [`migrate`](Self::migrate).
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        let scheme = url.split(':').next().unwrap_or_default();
        let store = match scheme {
            "sqlite" => Self::open_sqlite(url).await?,
            "postgres" | "postgresql" => {
                let mut options = ConnectOptions::new(url);
                options.max_connections(POOL).map_sqlx_postgres_opts(|postgres| {
                    // A plan made for any word that one may search for reads a million tokens to find a few; and so
                    // does one that takes a page out of its order for as slow as on a turning disk. To compile what
                    // counts a million takes longer than to count them.
                    postgres.options([
                        ("plan_cache_mode", "force_custom_plan"),
                        ("random_page_cost", "1.1"),
                        ("jit", "off"),
                    ])
                });
                let pool = connect(url, &mut options).await?;
                Self {
                    writer: pool.clone(),
                    readers: pool,
                    watcher: Arc::default(),
                    remembered: Arc::default(),
                    outside: Arc::default(),
                    shared_url: Some(url.into()),
                    _alone: None,
                }
            }
            other => return Err(OpenError::Scheme(other.to_owned())),
        };
        match migrations::unknown(&store.writer).await.map_err(OpenError::Migrate)? {
            Some(newer) => Err(OpenError::Newer(newer)),
            None => Ok(store),
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self, OpenError> {
        let path = sqlite_path(url).unwrap_or_default();
        if path.is_empty() {
            let error = DbErr::Custom("names no file".to_owned());
            return Err(OpenError::Connect { url: url.to_owned(), error });
        }
        if let Some(folder) =
            Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        {
            let error = DbErr::Custom(format!("the folder {} does not exist", folder.display()));
            return Err(OpenError::Connect { url: url.to_owned(), error });
        }
        // For its owner alone, also in a folder that others can read. SQLite gives its other files the same mode.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        if let Err(error) = made.map(drop).or_else(|error| match error.kind() {
            ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        }) {
            return Err(OpenError::Connect { url: url.to_owned(), error: DbErr::Custom(error.to_string()) });
        }
        // `ro`/`rwc` are sqlx's words.
        let options = |mode: &str, connections: u32| {
            let mut options = ConnectOptions::new(format!("sqlite://{path}?mode={mode}"));
            options.max_connections(connections).min_connections(1).map_sqlx_sqlite_opts(|sqlite| {
                sqlite
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
            url,
            options("rwc", 1).map_sqlx_sqlite_pool_opts(move |pool| {
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
        let readers = connect(url, &mut options("rw", POOL)).await?;
        Ok(Self {
            writer,
            readers,
            watcher: Arc::default(),
            remembered: Arc::default(),
            outside,
            shared_url: None,
            _alone: None,
        })
    }

    /// Makes sure that no other server works with the same file: it would not hear of what this one changes. Commands
    /// of the command line may.
    ///
    /// # Errors
    /// [`OpenError::InUse`].
    pub fn alone(mut self, url: &str) -> Result<Self, OpenError> {
        let Some(path) = sqlite_path(url) else { return Ok(self) };
        let lock = format!("{path}.lock");
        let failed = |error: std::io::Error| {
            let error = DbErr::Custom(format!("{lock}: {error}"));
            OpenError::Connect { url: url.to_owned(), error }
        };
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&lock);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => self._alone = Some(Arc::new(file)),
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(self)
    }

    /// Whether the schema is as new as this version of Latchkey.
    ///
    /// # Errors
    /// [`super::StoreError::Database`].
    pub async fn is_migrated(&self) -> super::Result<bool> {
        Ok(migrations::is_current(&self.writer).await?)
    }

    /// Whether the schema was ever made; not so in an empty database.
    ///
    /// # Errors
    /// [`super::StoreError::Database`].
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
/// SQLite rolls back by itself when the disk is full, on an I/O error and without memory. sqlx's own `ROLLBACK` then fails,
/// and sqlx goes on counting a transaction that is not there: the next one would begin as a savepoint, and its "commit"
/// would release that savepoint and commit nothing.
async fn is_outside_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        return Ok(false);
    }
    // SQLite refuses this inside a transaction.
    connection.execute("BEGIN; ROLLBACK").await?;
    Ok(true)
}

async fn connect(url: &str, options: &mut ConnectOptions) -> Result<DatabaseConnection, OpenError> {
    // Writers of SQLite wait for each other; a server that is away is not waited for.
    let patience = Duration::from_secs(if url.starts_with("sqlite:") { 10 } else { 3 });
    options.sqlx_logging(false).connect_timeout(patience).acquire_timeout(patience);
    let mut connection = Database::connect(options.clone())
        .await
        .map_err(|error| OpenError::Connect { url: without_password(url), error })?;
    // Looked up each time: the recorder is made after the store.
    connection.set_metric_callback(|query| histogram!("latchkey_database_seconds").record(query.elapsed));
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};

    use super::*;

    #[test]
    fn a_password_never_reaches_a_message() {
        assert_eq!(without_password("postgres://user:s3cret@db/latchkey"), "postgres://user@db/latchkey");
        assert_eq!(without_password("postgres://user:p@ss@db/latchkey"), "postgres://user@db/latchkey");
        assert_eq!(without_password("postgres://db/latchkey"), "postgres://db/latchkey");
        assert_eq!(without_password("sqlite:latchkey.db"), "sqlite:latchkey.db");
    }

    #[tokio::test]
    async fn sqlite_has_no_lock_that_all_connections_wait_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::connect(&format!("sqlite:{}", folder.path().join("latchkey.db").display())).await.unwrap();
        let rows =
            store.readers.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, "PRAGMA compile_options"));
        let options: Vec<String> = rows.await.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        // `.cargo/config.toml` says so.
        assert!(options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0"), "{options:?}");
        assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
    }

    #[tokio::test]
    async fn another_scheme_is_refused() {
        let error = Store::connect("mysql://root:s3cret@db/x").await.unwrap_err();
        assert_eq!(error.to_string(), "--database must start with sqlite: or postgres:, and not with \"mysql\"");
    }

    #[tokio::test]
    async fn a_missing_folder_is_named() {
        let error = Store::connect("sqlite:/nowhere/at/all/latchkey.db").await.unwrap_err();
        assert!(error.to_string().contains("the folder /nowhere/at/all does not exist"), "{error}");
    }
}
