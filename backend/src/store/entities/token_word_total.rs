//! How many tokens of an account, or of an extension, have some words. Triggers keep it.

use sea_orm::entity::prelude::*;

#[expect(missing_docs, reason = "the migration says what each column holds")]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_word_totals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub extension_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub words: String,
    pub total: Option<i64>,
    pub inactive: Option<i64>,
    pub sequence: i64,
}

/// None: joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
