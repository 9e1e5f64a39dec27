//! A renewed token has two secrets that work. On PostgreSQL, text that is filtered and ordered by is compared by
//! bytes, as on SQLite, whatever the locale of the database.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer_null, binary_null},
};

/// The second change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_two_secrets"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column at a time: SQLite knows no other way.
        for mut column in [
            // The digest of the secret before the last one; null when there is none.
            binary_null("previous_digest"),
            // When that secret stops; null means never.
            big_integer_null("previous_expires_at"),
        ] {
            manager.alter_table(Table::alter().table(Alias::new("tokens")).add_column(&mut column).to_owned()).await?;
        }
        let connection = manager.get_connection();
        if connection.get_database_backend() == DatabaseBackend::Postgres {
            for column in [
                "id",
                "name",
                "external_id",
                "description",
                "extension_id",
                "extension_name",
                "created_by_id",
                "created_by_name",
            ] {
                let kind = if column == "description" { "text" } else { "varchar" };
                let sql = format!(r#"ALTER TABLE tokens ALTER COLUMN {column} TYPE {kind} COLLATE "C""#);
                connection.execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }
}
