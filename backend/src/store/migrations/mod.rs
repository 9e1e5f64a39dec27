//! The schema. `README.md` states the rules for changes.

mod m0001_initial;

use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, DatabaseConnection, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, async_trait};

/// Key of the advisory lock that migrating replicas wait for; the same in every version.
const ADVISORY_LOCK: i64 = 0x1a7c_4b1e;

/// Adds the schema of `pg_trgm` to the search path until the end of the transaction.
const SEE_PG_TRGM: &str = "SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(nspname), \
    true) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'";

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_initial::Migration)]
    }
}

/// Whether the schema was ever made: an empty database has no table of migrations.
pub async fn any(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    SchemaManager::new(connection).has_table("seaql_migrations").await
}

/// Whose schema a database has.
#[derive(Debug, PartialEq, Eq)]
pub enum Schema {
    /// One that this version can use or bring up to date, or none yet.
    Usable,
    /// That of a development version, before the first release. Its migrations are gone.
    Development,
    /// That of another program. On PostgreSQL programs may share a database.
    Foreign,
    /// That of a newer version; the newest migration that this one does not know.
    Newer(String),
}

/// Finds out whose schema the database has.
pub async fn inspect(connection: &DatabaseConnection) -> Result<Schema, DbErr> {
    if !any(connection).await? {
        if connection.get_database_backend() == DatabaseBackend::Postgres {
            return Ok(Schema::Usable);
        }
        let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' LIMIT 1";
        let other = connection.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await?;
        return Ok(if other.is_some() { Schema::Foreign } else { Schema::Usable });
    }
    let applied = applied(connection).await?;
    if applied.iter().any(|version| version == "m0001_start") {
        return Ok(Schema::Development);
    }
    let known = names();
    let newer = applied.into_iter().filter(|version| !known.contains(version)).max();
    Ok(newer.map_or(Schema::Usable, Schema::Newer))
}

/// Whether every migration that this version knows was applied.
pub async fn is_current(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let applied = applied(connection).await?;
    Ok(names().iter().all(|name| applied.contains(name)))
}

fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// The migrations that the database has. Read, and nothing else: the role of a gatekeeper may be allowed no more.
async fn applied(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !any(connection).await? {
        return Ok(Vec::new());
    }
    let sql = "SELECT version FROM seaql_migrations";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Applies pending migrations in one transaction. Other replicas wait for it and then find nothing to do.
pub async fn apply(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if connection.get_database_backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})");
        transaction.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await?;
        // Where the database's owner has put `pg_trgm`, its names are found.
        transaction.query_all_raw(Statement::from_string(DatabaseBackend::Postgres, SEE_PG_TRGM)).await?;
    }
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

#[cfg(test)]
pub(super) mod tests {
    use std::env;

    use sea_orm::Database;

    use super::*;
    use crate::{rng::Rng, store::Store};

    /// The address of an empty database on PostgreSQL.
    pub(in crate::store) async fn postgres() -> String {
        let server = env::var("LATCHKEY_TEST_POSTGRES").expect("run `cargo xtask test`, which starts PostgreSQL");
        let name = format!("t{}", Rng::system().hex::<8>());
        let connection = Database::connect(&server).await.unwrap();
        connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        format!("{}/{name}", server.rsplit_once('/').unwrap().0)
    }

    async fn numbers(connection: &DatabaseConnection, sql: &str) -> Vec<i64> {
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        (0..row.column_names().len()).map(|index| row.try_get_by_index(index).unwrap()).collect()
    }

    #[tokio::test]
    async fn database_of_a_development_version_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("latchkey.db").display());
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        let old = "UPDATE seaql_migrations SET version = 'm0001_start'";
        Database::connect(&url).await.unwrap().execute_unprepared(old).await.unwrap();
        let error = Store::connect(&url).await.unwrap_err().to_string();
        assert!(error.contains("development version") && error.contains("new database"), "{error}");
    }

    #[tokio::test]
    async fn text_of_tokens_is_compared_by_bytes_on_postgres() {
        let connection = Database::connect(postgres().await).await.unwrap();
        apply(&connection).await.unwrap();
        // Where the collations of two columns differ, no index joins them.
        let others = "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'public' AND \
            (column_name = 'token_id' OR (table_name = 'tokens' AND column_name IN ('id', 'name', 'description'))) \
            AND collation_name IS DISTINCT FROM 'C'";
        assert_eq!(numbers(&connection, others).await, [0]);
    }

    #[tokio::test]
    async fn pg_trgm_is_found_in_another_schema() {
        let connection = Database::connect(postgres().await).await.unwrap();
        let sql = "CREATE SCHEMA \"Own extensions\"; CREATE EXTENSION pg_trgm SCHEMA \"Own extensions\"";
        connection.execute_unprepared(sql).await.unwrap();
        apply(&connection).await.unwrap();
        let trigrams = "SELECT COUNT(*) FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%trgm%'";
        assert_ne!(numbers(&connection, trigrams).await, [0]);
    }

    /// As in a database whose owner is somebody else.
    #[tokio::test]
    async fn role_that_may_not_create_pg_trgm_goes_without() {
        let url = postgres().await;
        let role = url.rsplit_once('/').unwrap().1;
        let connection = Database::connect(&url).await.unwrap();
        let grant = format!("CREATE ROLE {role} LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO {role}");
        connection.execute_unprepared(&grant).await.unwrap();
        let own = Database::connect(url.replacen("postgres@", &format!("{role}@"), 1)).await.unwrap();
        apply(&own).await.unwrap();
        assert!(is_current(&own).await.unwrap());
        let trigrams = "SELECT COUNT(*) FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%trgm%'";
        assert_eq!(numbers(&own, trigrams).await, [0]);
    }
}
