//! Reporting changed tokens, to this process and to the replicas.

use sea_orm::{ConnectionTrait as _, DatabaseBackend, DatabaseTransaction, DbErr, Statement};
use tokio::sync::watch;

use super::{RELOAD_ASKED, Store};

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
        let _ = self.hook.hook.set(hook);
    }

    /// Wakes with every commit that changes a token or records an event, here or at another replica.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Changes> {
        self.hook.changes.subscribe()
    }

    /// How many wait for changes.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.hook.changes.receiver_count()
    }

    /// Tells those who wait that another replica has committed something.
    pub fn committed_elsewhere(&self) {
        self.hook.wake();
    }

    /// Tells those who wait that nothing more comes.
    pub fn close_changes(&self) {
        self.hook.changes.send_replace(Changes::Closed);
    }
}

/// Stands among the ids of changed tokens for an event that was recorded.
pub(super) const RECORDED: &str = "event";

/// Stands among the ids of changed tokens for any of them.
pub const ANY_CHANGED: &str = "any";

/// Tells that something was committed, or that the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// So many times.
    Committed(u64),
    /// Nothing more will be told.
    Closed,
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

/// The hook, once it is set, and who waits for changes.
pub(super) struct Hook {
    hook: std::sync::OnceLock<ChangeHook>,
    changes: watch::Sender<Changes>,
}

impl Default for Hook {
    fn default() -> Self {
        Self { hook: std::sync::OnceLock::new(), changes: watch::Sender::new(Changes::Committed(0)) }
    }
}

impl Hook {
    pub(super) fn committed(&self, changed: &[String]) {
        if let Some(hook) = self.hook.get() {
            for change in changed {
                match change.as_str() {
                    RECORDED | RELOAD_ASKED => {}
                    ANY_CHANGED => hook(TokenChange::Any),
                    id => hook(TokenChange::One(id)),
                }
            }
        }
        if !changed.is_empty() {
            self.wake();
        }
    }

    pub(super) fn any_token_changed(&self) {
        if let Some(hook) = self.hook.get() {
            hook(TokenChange::Any);
        }
        self.wake();
    }

    fn wake(&self) {
        self.changes.send_modify(|changes| {
            if let Changes::Committed(count) = changes {
                *count = count.wrapping_add(1);
            }
        });
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}
