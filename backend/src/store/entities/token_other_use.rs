//! The last use of the previous key of a token, and the last attempts with keys that do not work any more.

use sea_orm::entity::prelude::*;

#[expect(missing_docs, reason = "the migration says what each column holds")]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_other_uses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    pub at: i64,
    pub address: String,
    pub program: String,
    pub noted_at: Option<i64>,
}

/// None: joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
