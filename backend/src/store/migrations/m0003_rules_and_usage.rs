//! Rules on a token, and what is remembered of its use.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, integer_null, string, text_null},
};

/// The third change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_rules_and_usage"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in [
            // Networks, separated by commas; null allows every address.
            text_null("allowed_addresses"),
            // Null means no limit.
            integer_null("calls_per_minute"),
            // Before that moment the key does not work.
            big_integer_null("not_before"),
        ] {
            manager.alter_table(Table::alter().table(Alias::new("tokens")).add_column(&mut column).to_owned()).await?;
        }
        let token = || {
            ForeignKey::create()
                .from_col(Alias::new("token_id"))
                .to(Alias::new("tokens"), Alias::new("id"))
                .on_delete(ForeignKeyAction::Cascade)
                .to_owned()
        };
        let calls = Table::create()
            .table(Alias::new("token_calls"))
            .col(string("token_id"))
            // Days since 1970, UTC.
            .col(integer("day"))
            // Empty when the call was not for a module.
            .col(string("module_id"))
            .col(integer("status"))
            .col(big_integer("calls"))
            .primary_key(
                Index::create()
                    .col(Alias::new("token_id"))
                    .col(Alias::new("day"))
                    .col(Alias::new("module_id"))
                    .col(Alias::new("status")),
            )
            .foreign_key(&mut token())
            .to_owned();
        let last = Table::create()
            .table(Alias::new("token_last_uses"))
            .col(string("token_id").primary_key())
            .col(big_integer("at"))
            .col(string("address"))
            .col(string("program"))
            .foreign_key(&mut token())
            .to_owned();
        manager.create_table(calls).await?;
        manager.create_table(last).await
    }
}
