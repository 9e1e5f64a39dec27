//! Indexes for the orders in which tokens are listed, and for counting them without reading them.

use sea_orm_migration::prelude::*;

/// The fourth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_list_indexes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use IndexOrder::{Asc, Desc};
        let indexes: [(&str, &[(&str, IndexOrder)]); 4] = [
            // The order of a list that names none.
            ("tokens_account_id_id", &[("id", Asc)]),
            // Ties are broken by id upwards, also when the order is downwards.
            ("tokens_account_id_created_at_desc_id", &[("created_at", Desc), ("id", Asc)]),
            ("tokens_account_id_name_desc_id", &[("name", Desc), ("id", Asc)]),
            ("tokens_account_id_state_expires_at", &[("state", Asc), ("expires_at", Asc)]),
        ];
        for (name, columns) in indexes {
            let mut index = Index::create();
            index.name(name).table(Alias::new("tokens")).col(Alias::new("account_id"));
            for (column, order) in columns {
                index.col((Alias::new(*column), order.clone()));
            }
            manager.create_index(index.to_owned()).await?;
        }
        Ok(())
    }
}
