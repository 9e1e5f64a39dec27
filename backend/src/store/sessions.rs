//! Who is signed in.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::Expr,
};

use super::{
    Result, Store, StoreError, Tx,
    entities::{account, session, user},
};

impl Store {
    /// The session `id` with its user and account; `None` when it has ended or its user is disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, id: &str) -> Result<Option<(session::Model, user::Model, account::Model)>> {
        let Some(session) = session::Entity::find_by_id(id).one(&self.readers).await? else { return Ok(None) };
        let user = user::Entity::find_by_id(&session.user_id)
            .filter(user::Column::Disabled.eq(false))
            .one(&self.readers)
            .await?;
        let Some(user) = user else { return Ok(None) };
        let account = self.account(&user.account_id).await?;
        let account = account.ok_or_else(|| StoreError::Damaged(format!("{} has no account", user.id)))?;
        Ok(Some((session, user, account)))
    }

    /// Notes that the session was used; later than now never goes back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
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
    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn insert_session(&self, session: session::Model) -> Result<()> {
        session.into_active_model().insert(&self.db).await?;
        Ok(())
    }

    /// Ends a session; one that has ended stays so.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_session(&self, id: &str) -> Result<()> {
        session::Entity::delete_by_id(id).exec(&self.db).await?;
        Ok(())
    }

    /// Ends every session that began before `created_before` or was last used before `seen_before`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_stale_sessions(&self, created_before: i64, seen_before: i64) -> Result<()> {
        let stale = session::Column::CreatedAt.lt(created_before).or(session::Column::SeenAt.lt(seen_before));
        session::Entity::delete_many().filter(stale).exec(&self.db).await?;
        Ok(())
    }
}
