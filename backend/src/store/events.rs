//! The audit trail: rows are added, and removed only by retention.

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, EntityTrait as _, Order, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::Expr,
};

use super::{
    Result, Store, Tx,
    changes::RECORDED,
    entities::event,
    filter::{self, Column},
};
use crate::rql::Filter;

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

/// Which events of an account to list.
#[derive(Debug, Clone)]
pub struct EventQuery<'a> {
    /// The account.
    pub account_id: &'a str,
    /// The filter, with declared names and typed values.
    pub filter: &'a Filter,
    /// The oldest first instead of the newest.
    pub ascending: bool,
    /// Only events with a smaller id.
    pub before: Option<i64>,
    /// Maximum number of rows; 0 only counts.
    pub limit: u64,
    /// Number of rows to skip.
    pub offset: u64,
}

/// Where a property is stored.
fn column(name: &str) -> Column {
    Column::One(Expr::col((
        event::Entity,
        match name {
            "at" => event::Column::At,
            "action" => event::Column::Action,
            "actor.id" => event::Column::ActorId,
            "actor.name" => event::Column::ActorName,
            "object.id" => event::Column::ObjectId,
            "object.name" => event::Column::ObjectName,
            "address" => event::Column::Address,
            "request_id" => event::Column::RequestId,
            _ => event::Column::Id,
        },
    )))
}

impl Store {
    /// A page of events, in the order of their ids, and the total number of matches.
    pub async fn list_events(&self, query: &EventQuery<'_>) -> Result<(Vec<event::Model>, u64)> {
        let matches = event::Entity::find()
            .filter(event::Column::AccountId.eq(query.account_id))
            .filter(filter::condition(query.filter, &column));
        let total = matches.clone().count(&self.readers).await?;
        if query.limit == 0 {
            return Ok((Vec::new(), total));
        }
        let direction = if query.ascending { Order::Asc } else { Order::Desc };
        let before = query.before.map(|before| event::Column::Id.lt(before));
        let page = matches.filter(Condition::all().add_option(before)).order_by(event::Column::Id, direction);
        Ok((page.limit(query.limit).offset(query.offset).all(&self.readers).await?, total))
    }

    /// The id of the last event of an account; 0 when there is none.
    pub async fn last_event(&self, account_id: &str) -> Result<i64> {
        let events = event::Entity::find().filter(event::Column::AccountId.eq(account_id)).select_only();
        let last = events.column(event::Column::Id).order_by_desc(event::Column::Id).limit(1);
        Ok(last.into_tuple().one(&self.readers).await?.unwrap_or_default())
    }

    /// Events of an account with greater ids, the oldest first.
    pub async fn events_after(&self, account_id: &str, id: i64, limit: u64) -> Result<Vec<event::Model>> {
        let events = event::Entity::find().filter(event::Column::AccountId.eq(account_id));
        let events = events.filter(event::Column::Id.gt(id)).order_by_asc(event::Column::Id);
        Ok(events.limit(limit).all(&self.readers).await?)
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
        self.noted(RECORDED);
        Ok(())
    }
}
