//! Removing what is older than the operator wants to keep.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement,
};

use super::{Result, Store, entities::event};

/// Rows that one transaction removes: others wait for no more than that.
const BATCH: u64 = 1000;

impl Store {
    /// Removes a batch of calls of days before `day`, in days since 1970. Returns the number of rows removed; 0 when
    /// none is left.
    pub async fn remove_calls_before(&self, day: i32) -> Result<u64> {
        let tx = self.begin().await?;
        let backend = tx.db.get_database_backend();
        let row = if backend == DatabaseBackend::Postgres { "ctid" } else { "rowid" };
        let sql = format!(
            "DELETE FROM token_calls WHERE {row} IN (SELECT {row} FROM token_calls WHERE day < $1 LIMIT {BATCH})"
        );
        let removed = tx.db.execute_raw(Statement::from_sql_and_values(backend, sql, [day.into()])).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }

    /// Removes a batch of events before `at`, in seconds since 1970, the oldest first. Returns the number of rows
    /// removed; 0 when none is left.
    pub async fn remove_events_before(&self, at: i64) -> Result<u64> {
        let tx = self.begin().await?;
        let oldest = event::Entity::find().select_only().columns([event::Column::Id, event::Column::At]);
        let oldest = oldest.order_by_asc(event::Column::Id).limit(BATCH).into_tuple::<(i64, i64)>().all(&tx.db).await?;
        let old: Vec<i64> = oldest.into_iter().filter(|(_, moment)| *moment < at).map(|(id, _)| id).collect();
        if old.is_empty() {
            return Ok(0);
        }
        let removed = event::Entity::delete_many().filter(event::Column::Id.is_in(old)).exec(&tx.db).await?;
        tx.commit().await?;
        Ok(removed.rows_affected)
    }
}
