//! The schema, change by change. A migration that has been released is never edited.

mod m0001_start;
mod m0002_two_secrets;
mod m0003_rules_and_usage;
mod m0004_list_indexes;
mod m0005_counts_and_search;

use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, DatabaseConnection, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, async_trait};

/// Any number, the same in every version: it names the lock that migrating replicas wait for.
const ADVISORY_LOCK: i64 = 0x1a7c_4b1e;

/// Every change of the schema, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_start::Migration),
            Box::new(m0002_two_secrets::Migration),
            Box::new(m0003_rules_and_usage::Migration),
            Box::new(m0004_list_indexes::Migration),
            Box::new(m0005_counts_and_search::Migration),
        ]
    }
}

/// Whether the schema was ever made: an empty database has no table of migrations.
pub async fn any(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    SchemaManager::new(connection).has_table("seaql_migrations").await
}

/// The newest migration that the database has and this version does not know, if any.
pub async fn unknown(connection: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let known: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    if !any(connection).await? {
        return Ok(None);
    }
    let applied = Migrator::get_migration_models(connection).await?;
    Ok(applied.into_iter().map(|row| row.version).filter(|version| !known.contains(version)).max())
}

/// Whether every migration that this version knows was applied.
pub async fn is_current(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(any(connection).await? && Migrator::get_pending_migrations(connection).await?.is_empty())
}

/// Applies what is missing, in one transaction that no other replica can share: they wait, and then find
/// nothing to do.
pub async fn apply(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if connection.get_database_backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})");
        transaction.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await?;
    }
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}
