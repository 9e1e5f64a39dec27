//! What the gatekeeper loads of tokens, and the hook that reports changed ones.

use std::cmp::max;

use futures_util::future::try_join_all;
use latchkey_shared::TokenId;
use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, EntityTrait as _, FromQueryResult, QuerySelect as _, Statement,
    sea_query::LockType,
};

use super::{
    Result, Store, Tx,
    entities::{account, token},
};

/// A token of any account with what a decision needs, its account and its modules.
#[expect(missing_docs, reason = "the migrations say what each column holds")]
#[derive(Debug, Clone, FromQueryResult)]
pub struct CredentialRow {
    pub id: String,
    pub account_id: String,
    pub account_name: String,
    pub account_created_at: i64,
    pub name: String,
    pub external_id: Option<String>,
    pub extension_id: String,
    pub state: String,
    pub expires_at: Option<i64>,
    pub not_before: Option<i64>,
    pub digest: Vec<u8>,
    pub previous_digest: Option<Vec<u8>>,
    pub previous_expires_at: Option<i64>,
    /// Networks, separated by commas.
    pub allowed_addresses: Option<String>,
    pub calls_per_minute: Option<i32>,
    /// Ids, separated by commas, in any order.
    pub modules: Option<String>,
}

impl CredentialRow {
    /// The account that owns the token.
    #[must_use]
    pub fn account(&self) -> account::Model {
        account::Model {
            id: self.account_id.clone(),
            name: self.account_name.clone(),
            created_at: self.account_created_at,
        }
    }
}

const COLUMNS: &str = "t.id, t.account_id, a.name AS account_name, a.created_at AS account_created_at, t.name, \
    t.external_id, t.extension_id, t.state, t.expires_at, t.not_before, t.digest, t.previous_digest, t.previous_expires_at, t.allowed_addresses, \
    t.calls_per_minute, \
    (SELECT string_agg(p.module_id, ',') FROM token_permissions p WHERE p.token_id = t.id) AS modules";

/// Maximum number of parallel statements. While one waits for the disk, another goes on.
const MAX_PARALLEL: usize = 4;

/// Minimum number of ids in a statement.
const MIN_BATCH: usize = 8;

impl Store {
    /// The tokens with these ids, of any account: the secret proves whose token it is.
    pub async fn load_credentials(&self, ids: &[TokenId]) -> Result<Vec<CredentialRow>> {
        let parts = ids.chunks(max(MIN_BATCH, ids.len().div_ceil(MAX_PARALLEL)));
        Ok(try_join_all(parts.map(|ids| self.load_batch(ids))).await?.concat())
    }

    async fn load_batch(&self, ids: &[TokenId]) -> Result<Vec<CredentialRow>> {
        let backend = self.readers.get_database_backend();
        let wanted = match backend {
            DatabaseBackend::Postgres => "SELECT json_array_elements_text($1::json)",
            _ => "SELECT value FROM json_each(?)",
        };
        let sql =
            format!("SELECT {COLUMNS} FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id IN ({wanted})");
        // Ids have nothing that JSON would escape.
        let ids: Vec<&str> = ids.iter().map(TokenId::as_str).collect();
        let ids = format!("[\"{}\"]", ids.join("\",\""));
        let statement = Statement::from_sql_and_values(backend, sql, [ids.into()]);
        Ok(CredentialRow::find_by_statement(statement).all(&self.readers).await?)
    }
}

/// How a row is locked until the end of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowLock {
    /// Against changes; others may lock it in the same way.
    Share,
    /// For a change.
    Update,
}

impl RowLock {
    fn kind(self) -> LockType {
        match self {
            Self::Share => LockType::Share,
            // Rows that refer to this one may still be inserted.
            Self::Update => LockType::NoKeyUpdate,
        }
    }
}

impl Tx {
    /// The token of any account that has this id, locked against changes until the end of the transaction.
    pub async fn lock_credential(&self, id: &TokenId, lock: RowLock) -> Result<Option<CredentialRow>> {
        let backend = self.db.get_database_backend();
        if backend == DatabaseBackend::Postgres {
            // A statement of its own: one that waits for the lock sees the row as it is then, but permissions as they
            // were.
            let row = token::Entity::find_by_id(id.as_str()).select_only().column(token::Column::Id).lock(lock.kind());
            row.into_tuple::<String>().one(&self.db).await?;
        }
        let sql = format!("SELECT {COLUMNS} FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id = $1");
        let statement = Statement::from_sql_and_values(backend, sql, [id.as_str().into()]);
        Ok(CredentialRow::find_by_statement(statement).one(&self.db).await?)
    }
}
