//! At which revision of the token a request was carried out: when the token has changed since, the answer cannot be
//! given again.

use sea_orm_migration::{prelude::*, schema::big_integer_null};

/// The sixth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_repeated_requests"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::alter()
            .table(Alias::new("idempotency_keys"))
            // Null in rows of the version before, which a day makes worthless.
            .add_column(big_integer_null("revision"))
            .to_owned();
        manager.alter_table(keys).await
    }
}
