//! Links with which keys are handed over.

use sea_orm::entity::prelude::*;

#[expect(missing_docs, reason = "the migration says what each column holds")]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hand_overs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub token_id: String,
    pub may_rotate: bool,
    pub created_at: i64,
    pub created_by_id: String,
    pub created_by_name: String,
    pub expires_at: i64,
    pub opened_at: Option<i64>,
    pub taken_at: Option<i64>,
    pub taken_from: String,
}

/// None: joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
