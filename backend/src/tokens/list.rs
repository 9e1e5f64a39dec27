//! `GET /auth/tokens`: a page of the account's tokens, filtered, searched and ordered by RQL.

use axum::extract::State;
use latchkey_shared::{Token, TokenStatus};

use super::present;
use crate::{
    http::{Caller, Error, ListQuery, Page},
    rql::{Filter, Kind, Property, Query, Value},
    state::AppState,
    store::TokenQuery,
};

/// What tokens can be filtered and ordered by (the Connect API).
pub const PROPERTIES: &[Property] = &[
    Property::new("id", Kind::Text).orderable().searchable(),
    Property::new("name", Kind::Text).orderable().searchable(),
    Property::new("external_id", Kind::Text).searchable(),
    Property::new("description", Kind::Text).searchable(),
    Property::new("status", Kind::Text).orderable(),
    Property::new("extension.id", Kind::Text).orderable(),
    Property::new("extension.name", Kind::Text).orderable(),
    Property::new("expiration_date", Kind::Moment).orderable(),
    Property::new("last_used.at", Kind::Moment).alias("last_used").orderable(),
    Property::new("events.created.at", Kind::Moment).alias("created").orderable(),
    Property::new("events.created.by.id", Kind::Text),
    Property::new("events.created.by.name", Kind::Text),
    Property::new("permissions.id", Kind::Text),
    Property::new("permissions.object.id", Kind::Text),
    Property::new("owner", Kind::Object),
    Property::new("events.updated", Kind::Object),
];

/// A page of tokens. Deleted ones are listed when the filter speaks of them.
#[utoipa::path(get, path = "/auth/tokens", operation_id = "list_tokens", tag = "Tokens", responses((status = 200, description = "A page of tokens", body = [Token])))]
pub async fn handler(State(app): State<AppState>, caller: Caller, query: ListQuery) -> Result<Page<Token>, Error> {
    let query = query.0.resolve(PROPERTIES)?;
    let (rows, total) = app.store.list_tokens(&token_query(&app, &caller, &query)).await?;
    let rows = rows.iter().map(|row| present(&app, &caller, row)).collect::<Result<_, _>>()?;
    Ok(Page::of(rows, total, &query))
}

/// What the store is asked for.
pub(super) fn token_query<'a>(app: &AppState, caller: &'a Caller, query: &'a Query) -> TokenQuery<'a> {
    TokenQuery {
        account_id: &caller.account.id,
        now: app.clock.now().unix(),
        filter: &query.filter,
        ordering: &query.ordering,
        nulls_last: query.nulls_last,
        search: query.search.as_deref(),
        with_deleted: names_deleted(&query.filter),
        limit: query.limit,
        offset: query.offset,
    }
}

fn names_deleted(filter: &Filter) -> bool {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().any(names_deleted),
        Filter::Not(inner) => names_deleted(inner),
        Filter::Compare { property, value: Value::Text(text), .. } => {
            property.text == "status" && text == TokenStatus::Deleted.as_str()
        }
        _ => false,
    }
}
