//! The audit trail: rows are added, and removed only by retention.

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{Result, Store, Tx, entities::event};

/// One line of the audit trail, about to be written.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The account whose trail it is.
    pub account_id: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Who.
    pub actor_id: String,
    /// Who, by name at that time.
    pub actor_name: String,
    /// What: `token.created`.
    pub action: &'static str,
    /// To which object.
    pub object_id: String,
    /// The object's name at that time.
    pub object_name: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request_id: String,
    /// What changed, as JSON; never a secret.
    pub details: String,
}

impl Store {
    /// The events of an account, oldest first.
    pub async fn events(&self, account_id: &str) -> Result<Vec<event::Model>> {
        let events = event::Entity::find().filter(event::Column::AccountId.eq(account_id));
        Ok(events.order_by_asc(event::Column::Id).all(&self.readers).await?)
    }

    /// The addresses of the clients of an actor's last events of one kind, newest first.
    pub async fn last_addresses(
        &self,
        account_id: &str,
        actor_id: &str,
        action: &str,
        limit: u64,
    ) -> Result<Vec<String>> {
        let events = event::Entity::find()
            .filter(event::Column::AccountId.eq(account_id))
            .filter(event::Column::ActorId.eq(actor_id))
            .filter(event::Column::Action.eq(action));
        let addresses =
            events.select_only().column(event::Column::Address).order_by_desc(event::Column::Id).limit(limit);
        Ok(addresses.into_tuple().all(&self.readers).await?)
    }

    /// The ids of the objects to which an actor has done one of `actions`.
    pub async fn objects_of(&self, account_id: &str, actor_id: &str, actions: &[&str]) -> Result<Vec<String>> {
        let events = event::Entity::find()
            .filter(event::Column::AccountId.eq(account_id))
            .filter(event::Column::ActorId.eq(actor_id))
            .filter(event::Column::Action.is_in(actions.iter().copied()));
        let objects = events.select_only().column(event::Column::ObjectId).distinct();
        Ok(objects.into_tuple().all(&self.readers).await?)
    }
}

impl Tx {
    /// Writes an event, to last with the change that it tells of.
    pub async fn record(&self, event: NewEvent) -> Result<()> {
        let row = event::ActiveModel {
            id: NotSet,
            account_id: Set(event.account_id),
            at: Set(event.at),
            actor_id: Set(event.actor_id),
            actor_name: Set(event.actor_name),
            action: Set(event.action.to_owned()),
            object_id: Set(event.object_id),
            object_name: Set(event.object_name),
            address: Set(event.address),
            request_id: Set(event.request_id),
            details: Set(event.details),
        };
        row.insert(&self.db).await?;
        Ok(())
    }
}
