//! Tokens, without their permissions.

use sea_orm::entity::prelude::*;

#[expect(missing_docs, reason = "the migration says what each column holds")]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub account_id: String,
    pub name: String,
    pub external_id: Option<String>,
    pub description: Option<String>,
    pub extension_id: String,
    pub extension_name: String,
    pub state: String,
    pub expires_at: Option<i64>,
    pub not_before: Option<i64>,
    pub allowed_addresses: Option<String>,
    pub calls_per_minute: Option<i32>,
    pub digest: Vec<u8>,
    pub previous_digest: Option<Vec<u8>>,
    pub previous_expires_at: Option<i64>,
    pub handle_digest: Vec<u8>,
    pub sealed: Option<Vec<u8>>,
    pub key_version: i32,
    pub secret_version: i32,
    pub search: String,
    pub revision: i64,
    pub created_at: i64,
    pub created_by_id: String,
    pub created_by_name: String,
    pub updated_at: i64,
    pub updated_by_id: String,
    pub updated_by_name: String,
}

/// None: joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
