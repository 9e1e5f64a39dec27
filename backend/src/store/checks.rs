//! What the gatekeeper reads of tokens, and how it hears that one was changed.

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

/// A token of any account, as a decision needs it, with its account and modules.
#[expect(missing_docs, reason = "the migrations say what each column holds")]
#[derive(Debug, Clone, FromQueryResult)]
pub struct CheckRow {
    pub id: String,
    pub account_id: String,
    pub account_name: String,
    pub account_created_at: i64,
    pub name: String,
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

impl CheckRow {
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

const COLUMNS: &str = "t.id, t.account_id, a.name AS account_name, a.created_at AS account_created_at, t.name, t.state, \
    t.expires_at, t.not_before, t.digest, t.previous_digest, t.previous_expires_at, t.allowed_addresses, \
    t.calls_per_minute, \
    (SELECT string_agg(p.module_id, ',') FROM token_permissions p WHERE p.token_id = t.id) AS modules";

/// So many statements at once: while one waits for the disk, another goes on.
const AT_ONCE: usize = 4;

/// For so many ids a statement of their own is worth while.
const WORTHWHILE: usize = 8;

impl Store {
    /// The tokens of any account that have these ids: for the check of a key, which proves by its secret whose it is. Few
    /// statements, whatever the number of ids.
    pub async fn tokens_for_check(&self, ids: &[TokenId]) -> Result<Vec<CheckRow>> {
        let parts = ids.chunks(max(WORTHWHILE, ids.len().div_ceil(AT_ONCE)));
        Ok(try_join_all(parts.map(|ids| self.part_for_check(ids))).await?.concat())
    }

    async fn part_for_check(&self, ids: &[TokenId]) -> Result<Vec<CheckRow>> {
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
        Ok(CheckRow::find_by_statement(statement).all(&self.readers).await?)
    }

    /// Reports every changed token to `watcher`, once the change is committed and before [`Tx::commit`](super::Tx::commit)
    /// returns. There is one watcher.
    pub fn watch(&self, watcher: Watcher) {
        let _ = self.watcher.0.set(watcher);
    }
}

impl Tx {
    /// The token of any account that has this id, locked against changes until the end of the transaction.
    pub async fn token_for_check(&self, id: &TokenId, lock: LockType) -> Result<Option<CheckRow>> {
        let backend = self.db.get_database_backend();
        if backend == DatabaseBackend::Postgres {
            // A statement of its own: one that waits for the lock sees the row as it is then, but permissions as they were.
            let row = token::Entity::find_by_id(id.as_str()).select_only().column(token::Column::Id).lock(lock);
            row.into_tuple::<String>().one(&self.db).await?;
        }
        let sql = format!("SELECT {COLUMNS} FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id = $1");
        let statement = Statement::from_sql_and_values(backend, sql, [id.as_str().into()]);
        Ok(CheckRow::find_by_statement(statement).one(&self.db).await?)
    }
}

/// What a watcher hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenChange<'a> {
    /// The token with this id was changed.
    One(&'a str),
    /// Any token may have been changed.
    Any,
}

/// Hears of changed tokens.
pub type Watcher = Box<dyn Fn(TokenChange<'_>) + Send + Sync>;

/// Holds the watcher.
#[derive(Default)]
pub(super) struct Watch(std::sync::OnceLock<Watcher>);

impl Watch {
    pub(super) fn tokens_changed(&self, ids: &[String]) {
        if let Some(watcher) = self.0.get() {
            ids.iter().for_each(|id| watcher(TokenChange::One(id)));
        }
    }

    pub(super) fn any_token_changed(&self) {
        if let Some(watcher) = self.0.get() {
            watcher(TokenChange::Any);
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}
