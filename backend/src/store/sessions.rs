//! Who is signed in.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseBackend, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, LockType},
};

use super::{
    Result, Store, StoreError, Tx,
    entities::{account, session, user},
};

/// A session with its user and account.
pub type SessionRow = (session::Model, user::Model, account::Model);

/// The session `id`, its rows locked against changes where `lock` says so; `None` when it has ended or its user is
/// disabled.
async fn find(db: &impl ConnectionTrait, id: &str, lock: Option<LockType>) -> Result<Option<SessionRow>> {
    // SQLite has no row locks, and needs none: a transaction holds the only writer.
    let lock = lock.filter(|_| db.get_database_backend() == DatabaseBackend::Postgres);
    let mut select = session::Entity::find_by_id(id);
    if let Some(lock) = lock {
        select = select.lock(lock);
    }
    let Some(session) = select.one(db).await? else { return Ok(None) };
    let mut select = user::Entity::find_by_id(&session.user_id);
    if let Some(lock) = lock {
        select = select.lock(lock);
    }
    let Some(user) = select.one(db).await?.filter(|user| !user.disabled) else { return Ok(None) };
    let account = account::Entity::find_by_id(&user.account_id).one(db).await?;
    let account = account.ok_or_else(|| StoreError::Damaged(format!("{} has no account", user.id)))?;
    Ok(Some((session, user, account)))
}

impl Store {
    /// The session `id`; `None` when it has ended or its user is disabled.
    pub async fn session(&self, id: &str) -> Result<Option<SessionRow>> {
        find(&self.readers, id, None).await
    }

    /// The sessions of a user, the last used first.
    pub async fn sessions_of(&self, user_id: &str) -> Result<Vec<session::Model>> {
        let sessions = session::Entity::find().filter(session::Column::UserId.eq(user_id));
        Ok(sessions.order_by_desc(session::Column::SeenAt).all(&self.readers).await?)
    }

    /// Records the last use. A later stored time is kept.
    pub async fn touch_session(&self, id: &str, seen_at: i64) -> Result<()> {
        session::Entity::update_many()
            .col_expr(session::Column::SeenAt, Expr::value(seen_at))
            .filter(session::Column::Id.eq(id).and(session::Column::SeenAt.lt(seen_at)))
            .exec(&self.writer)
            .await?;
        Ok(())
    }
}

impl Tx {
    /// As [`Store::session`]; session and user stay as they are until the end of the transaction.
    pub async fn session(&self, id: &str) -> Result<Option<SessionRow>> {
        find(&self.db, id, Some(LockType::Share)).await
    }

    /// Begins a session.
    pub async fn insert_session(&self, session: session::Model) -> Result<()> {
        session.into_active_model().insert(&self.db).await?;
        Ok(())
    }

    /// Ends a session. Returns whether it had not ended already.
    pub async fn delete_session(&self, id: &str) -> Result<bool> {
        Ok(session::Entity::delete_by_id(id).exec(&self.db).await?.rows_affected > 0)
    }

    /// Ends every session of a user. Returns how many there were.
    pub async fn delete_sessions_of(&self, user_id: &str) -> Result<u64> {
        let sessions = session::Entity::delete_many().filter(session::Column::UserId.eq(user_id));
        Ok(sessions.exec(&self.db).await?.rows_affected)
    }

    /// Ends every session of a user but one. Returns how many there were.
    pub async fn delete_sessions_of_but(&self, user_id: &str, kept: &str) -> Result<u64> {
        let others = session::Column::UserId.eq(user_id).and(session::Column::Id.ne(kept));
        Ok(session::Entity::delete_many().filter(others).exec(&self.db).await?.rows_affected)
    }

    /// Ends every session that began before `created_before` or was last used before `seen_before`.
    pub async fn delete_stale_sessions(&self, created_before: i64, seen_before: i64) -> Result<()> {
        let stale = session::Column::CreatedAt.lt(created_before).or(session::Column::SeenAt.lt(seen_before));
        session::Entity::delete_many().filter(stale).exec(&self.db).await?;
        Ok(())
    }
}
