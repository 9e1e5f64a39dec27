//! Reporting changed tokens, to this process and to the replicas.

use sea_orm::{ConnectionTrait as _, DatabaseBackend, DatabaseTransaction, DbErr, Statement};

use super::Store;

/// Sends the ids of changed tokens to every replica. PostgreSQL delivers them when the transaction is committed.
///
/// In a transaction that an earlier error has aborted this fails, which is its second purpose: PostgreSQL answers the
/// `COMMIT` of such a transaction with a rollback and no error.
pub(super) async fn notify(db: &DatabaseTransaction, changed: &[String]) -> Result<(), DbErr> {
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT pg_notify($1, id) FROM json_array_elements_text($2::json) AS id";
    let ids = serde_json::to_string(changed).map_err(|error| DbErr::Custom(error.to_string()))?;
    let values = [TOKENS_CHANGED.into(), ids.into()];
    db.query_all_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values)).await?;
    Ok(())
}

/// The channel on which PostgreSQL tells the ids of changed tokens.
pub const TOKENS_CHANGED: &str = "latchkey_tokens";

impl Store {
    /// Calls `hook` with every changed token: after the commit, whether it succeeded or not, and before [`super::Tx::commit`]
    /// returns. There is one hook.
    pub fn on_change(&self, hook: ChangeHook) {
        let _ = self.hook.0.set(hook);
    }
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenChange<'a> {
    /// The token with this id.
    One(&'a str),
    /// Possibly any token.
    Any,
}

/// Is called with changed tokens.
pub type ChangeHook = Box<dyn Fn(TokenChange<'_>) + Send + Sync>;

/// The hook, once it is set.
#[derive(Default)]
pub(super) struct Hook(std::sync::OnceLock<ChangeHook>);

impl Hook {
    pub(super) fn tokens_changed(&self, ids: &[String]) {
        if let Some(hook) = self.0.get() {
            ids.iter().for_each(|id| hook(TokenChange::One(id)));
        }
    }

    pub(super) fn any_token_changed(&self) {
        if let Some(hook) = self.0.get() {
            hook(TokenChange::Any);
        }
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}
