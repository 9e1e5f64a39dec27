//! The servers that work with this database, with the catalogue that each has.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, sea_query::OnConflict,
};

use super::{
    Result, Store, Tx,
    entities::replica::{Column, Entity, Model},
};

/// A server that works with this database.
pub type Replica = Model;

/// The name of the fact that says which reload of the catalogue was asked for last.
const RELOAD: &str = "catalogue_reload";
/// The name of the fact that is the text of the catalogue in force.
const CATALOGUE: &str = "catalogue";

/// Stands among the ids of changed tokens for a reload that was asked for.
pub const RELOAD_ASKED: &str = "catalogue";

impl Store {
    /// The servers that were seen since, in seconds since 1970, by name.
    pub async fn replicas_since(&self, at: i64) -> Result<Vec<Replica>> {
        let rows = Entity::find().filter(Column::SeenAt.gte(at)).order_by_asc(Column::Name).order_by_asc(Column::Id);
        Ok(rows.all(&self.readers).await?)
    }

    /// Notes what a server has now, with the text of a catalogue that is in force from now on, and forgets the servers that
    /// were not seen since; on SQLite all others.
    pub async fn save_replica(&self, replica: Replica, since: i64, catalogue: Option<&str>) -> Result<()> {
        let tx = self.begin().await?;
        let gone = Condition::any().add(Column::SeenAt.lt(since));
        let gone = if self.is_shared() { gone } else { gone.add(Column::Id.ne(&replica.id)) };
        Entity::delete_many().filter(gone).exec(&tx.db).await?;
        let columns = [Column::Name, Column::Catalogue, Column::Reload, Column::Problem, Column::SeenAt];
        let replaced = OnConflict::column(Column::Id).update_columns(columns).to_owned();
        let row = replica.into_active_model().reset_all();
        Entity::insert(row).on_conflict(replaced).exec_without_returning(&tx.db).await?;
        if let Some(text) = catalogue {
            tx.upsert_installation(CATALOGUE, text).await?;
        }
        tx.commit().await
    }

    /// Forgets a server that stops.
    pub async fn remove_replica(&self, id: &str) -> Result<()> {
        let tx = self.begin().await?;
        Entity::delete_by_id(id).exec(&tx.db).await?;
        tx.commit().await
    }

    /// The text of the catalogue that a server took last.
    pub async fn catalogue(&self) -> Result<Option<String>> {
        self.installation(CATALOGUE).await
    }

    /// The reload of the catalogue that was asked for last.
    pub async fn reload_asked(&self) -> Result<String> {
        Ok(self.installation(RELOAD).await?.unwrap_or_default())
    }
}

impl Tx {
    /// Asks every server to read its catalogue again, and to note `reload` when it has.
    pub async fn ask_for_reload(&self, reload: &str) -> Result<()> {
        self.upsert_installation(RELOAD, reload).await?;
        self.noted(RELOAD_ASKED);
        Ok(())
    }
}
