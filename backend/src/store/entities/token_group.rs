//! How many tokens of an account have a value of a property, by their state. Triggers keep it.

use sea_orm::entity::prelude::*;

#[expect(missing_docs, reason = "the migration says what each column holds")]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_groups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub property: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    pub active: i64,
    pub inactive: i64,
    pub deleted: i64,
}

/// None: joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
