//! What was done under which `Idempotency-Key`, so that a repeated request does nothing.

use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use super::{
    Result, Tx,
    entities::idempotency_key::{Column, Entity, Model},
};

impl Tx {
    /// What `actor_id` has done under `key`.
    pub async fn idempotency_key(&self, account_id: &str, actor_id: &str, key: &str) -> Result<Option<Model>> {
        let id = (account_id.to_owned(), actor_id.to_owned(), key.to_owned());
        Ok(Entity::find_by_id(id).one(&self.db).await?)
    }

    /// Records what is done under a key, and forgets what is older than `forget_before`.
    ///
    /// # Errors
    /// [`super::StoreError::Duplicate`] when the same request is under way elsewhere.
    pub async fn insert_idempotency_key(&self, row: Model, forget_before: i64) -> Result<()> {
        Entity::delete_many().filter(Column::CreatedAt.lt(forget_before)).exec(&self.db).await?;
        row.into_active_model().insert(&self.db).await?;
        Ok(())
    }
}
