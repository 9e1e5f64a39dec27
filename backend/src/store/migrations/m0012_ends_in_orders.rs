//! Whether a token has expired, in the indexes of orders and groups: who goes along one of them past rows of some status, or counts
//! them, reads no row.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::prelude::*;

/// The twelfth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0012_ends_in_orders"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
        let by_id = if is_postgres { "id, state, expires_at" } else { "id, state, name, expires_at" };
        for (index, columns) in [
            ("tokens_by_id", by_id),
            ("tokens_by_name", "name, id, state, expires_at"),
            ("tokens_by_creation", "created_at, id, state, expires_at"),
            ("tokens_by_extension", "extension_id, id, state, expires_at"),
            ("tokens_by_extension_name", "extension_name, id, state, expires_at"),
            ("tokens_by_creator_id", "created_by_id, id, state, expires_at"),
            ("tokens_by_creator_name", "created_by_name, id, state, expires_at"),
        ] {
            connection.execute_unprepared(&format!("DROP INDEX {index}")).await?;
            connection.execute_unprepared(&format!("CREATE INDEX {index} ON tokens (account_id, {columns})")).await?;
        }
        Ok(())
    }
}
