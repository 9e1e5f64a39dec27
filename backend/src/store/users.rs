//! Accounts and their users.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::LockType,
};

use super::{
    Result, Store, Tx,
    entities::{account, user},
};

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

    /// Adds an account.
    ///
    /// # Errors
    /// [`super::StoreError::Duplicate`] when the id is taken.
    pub async fn insert_account(&self, account: account::Model) -> Result<()> {
        account.into_active_model().insert(&self.db).await?;
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
