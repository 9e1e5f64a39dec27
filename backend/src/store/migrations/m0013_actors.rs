//! What somebody did: their events of one kind are found without passing over those of others.

use sea_orm_migration::prelude::*;

/// The thirteenth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0013_actors"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.name("events_actor").table(Alias::new("events"));
        for column in ["account_id", "actor_id", "action", "id"] {
            index.col(Alias::new(column));
        }
        manager.create_index(index).await
    }
}
