//! Accounts and their users.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::LockType,
};

use super::{
    ANY_CHANGED, Result, Store, Tx,
    entities::{account, invitation, session, user},
};

/// A user with what an admin wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user.
    pub user: user::Model,
    /// The number of sessions.
    pub sessions: u32,
    /// The last use of one of them.
    pub last_seen_at: Option<i64>,
    /// Until when an invitation works.
    pub invited_until: Option<i64>,
}

impl Store {
    /// The oldest account, if there is one at all.
    pub async fn first_account(&self) -> Result<Option<account::Model>> {
        Ok(account::Entity::find().order_by_asc(account::Column::CreatedAt).one(&self.readers).await?)
    }

    /// Every account, the oldest first.
    pub async fn accounts(&self) -> Result<Vec<account::Model>> {
        Ok(account::Entity::find().order_by_asc(account::Column::CreatedAt).all(&self.readers).await?)
    }

    /// The account `id`.
    pub async fn account(&self, id: &str) -> Result<Option<account::Model>> {
        Ok(account::Entity::find_by_id(id).one(&self.readers).await?)
    }

    /// The user who signs in with `email`, in lower case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<user::Model>> {
        Ok(user::Entity::find().filter(user::Column::Email.eq(email)).one(&self.readers).await?)
    }

    /// The users of an account, by address. Invitations that have expired at `now` do not count, nor sessions that were
    /// not used since `alive_since`.
    pub async fn users_of(&self, account_id: &str, now: i64, alive_since: i64) -> Result<Vec<UserRow>> {
        let users = user::Entity::find().filter(user::Column::AccountId.eq(account_id));
        let users = users.order_by_asc(user::Column::Email).all(&self.readers).await?;
        let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
        let sessions = session::Entity::find().filter(session::Column::UserId.is_in(ids.iter().copied()));
        let sessions = sessions.filter(session::Column::SeenAt.gt(alive_since)).all(&self.readers).await?;
        let invitations = invitation::Entity::find().filter(invitation::Column::UserId.is_in(ids));
        let invitations = invitations.filter(invitation::Column::ExpiresAt.gt(now)).all(&self.readers).await?;
        let row = |user: user::Model| {
            let own = || sessions.iter().filter(|session| session.user_id == user.id);
            UserRow {
                sessions: u32::try_from(own().count()).unwrap_or(u32::MAX),
                last_seen_at: own().map(|session| session.seen_at).max(),
                invited_until: invitations.iter().find(|it| it.user_id == user.id).map(|it| it.expires_at),
                user,
            }
        };
        Ok(users.into_iter().map(row).collect())
    }

    /// The invitation `id`, and its user.
    pub async fn invitation(&self, id: &str) -> Result<Option<(invitation::Model, user::Model)>> {
        let Some(invitation) = invitation::Entity::find_by_id(id).one(&self.readers).await? else { return Ok(None) };
        let user = user::Entity::find_by_id(&invitation.user_id).one(&self.readers).await?;
        Ok(user.map(|user| (invitation, user)))
    }

    /// The users of every account, by account and address.
    pub async fn users(&self) -> Result<Vec<user::Model>> {
        let users = user::Entity::find().order_by_asc(user::Column::AccountId).order_by_asc(user::Column::Email);
        Ok(users.all(&self.readers).await?)
    }
}

impl Tx {
    /// The account `id`.
    pub async fn account(&self, id: &str) -> Result<Option<account::Model>> {
        Ok(account::Entity::find_by_id(id).one(&self.db).await?)
    }

    /// The user `id`, locked against changes until the end of the transaction.
    pub async fn user(&self, id: &str) -> Result<Option<user::Model>> {
        let select = user::Entity::find_by_id(id);
        // SQLite has no row locks, and needs none: the transaction holds the only writer.
        let select = match self.db.get_database_backend() {
            DatabaseBackend::Postgres => select.lock(LockType::NoKeyUpdate),
            _ => select,
        };
        Ok(select.one(&self.db).await?)
    }

    /// Adds an invitation.
    pub async fn insert_invitation(&self, invitation: invitation::Model) -> Result<()> {
        invitation.into_active_model().insert(&self.db).await?;
        Ok(())
    }

    /// Removes an invitation. Returns whether it was still there.
    pub async fn delete_invitation(&self, id: &str) -> Result<bool> {
        Ok(invitation::Entity::delete_by_id(id).exec(&self.db).await?.rows_affected > 0)
    }

    /// Removes the invitations of a user. Returns how many there were.
    pub async fn delete_invitations_of(&self, user_id: &str) -> Result<u64> {
        let invitations = invitation::Entity::delete_many().filter(invitation::Column::UserId.eq(user_id));
        Ok(invitations.exec(&self.db).await?.rows_affected)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`super::StoreError::Duplicate`] when the id is taken.
    pub async fn insert_account(&self, account: account::Model) -> Result<()> {
        account.into_active_model().insert(&self.db).await?;
        Ok(())
    }

    /// Gives an account another name. The gatekeeper knows it beside each token.
    pub async fn update_account(&self, account: account::Model) -> Result<()> {
        account.into_active_model().reset_all().update(&self.db).await?;
        self.noted(ANY_CHANGED);
        Ok(())
    }

    /// Writes every column of a user.
    ///
    /// # Errors
    /// [`super::StoreError::Duplicate`] when the address is taken.
    pub async fn update_user(&self, user: user::Model) -> Result<()> {
        user.into_active_model().reset_all().update(&self.db).await?;
        Ok(())
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`super::StoreError::Duplicate`] when the id or the address is taken.
    pub async fn insert_user(&self, user: user::Model) -> Result<()> {
        user.into_active_model().insert(&self.db).await?;
        Ok(())
    }
}
