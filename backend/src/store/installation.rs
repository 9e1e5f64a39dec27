//! Facts about this installation: its id, how to recognise its master key, and when `/readyz` last wrote.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};

use super::{
    Result, Store, Tx,
    entities::installation::{ActiveModel, Column, Entity},
};

impl Store {
    /// The value of `name`.
    pub async fn installation(&self, name: &str) -> Result<Option<String>> {
        Ok(Entity::find_by_id(name).one(&self.readers).await?.map(|row| row.value))
    }
}

impl Tx {
    /// Sets `name`, for good.
    ///
    /// # Errors
    /// [`super::StoreError::Duplicate`] when there is one already.
    pub async fn insert_installation(&self, name: &str, value: &str) -> Result<()> {
        ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) }.insert(&self.db).await?;
        Ok(())
    }

    /// Sets `name`, in place of the value before.
    pub async fn upsert_installation(&self, name: &str, value: &str) -> Result<()> {
        let row = ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
        let replaced = OnConflict::column(Column::Name).update_column(Column::Value).to_owned();
        Entity::insert(row).on_conflict(replaced).exec_without_returning(&self.db).await?;
        Ok(())
    }
}
