//! On PostgreSQL, ids of tokens are compared by bytes in every table, as in `tokens` since the second change. Where the
//! collation of two columns differs, no index helps to find the one by the other, and every key that is not in memory
//! costs a look at all permissions.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::prelude::*;

/// The seventh change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_ids_by_bytes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if connection.get_database_backend() == DatabaseBackend::Postgres {
            for table in ["token_permissions", "token_calls", "token_last_uses", "idempotency_keys"] {
                let sql = format!(r#"ALTER TABLE {table} ALTER COLUMN token_id TYPE varchar COLLATE "C""#);
                connection.execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }
}
