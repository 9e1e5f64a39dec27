//! Pages of an account's tokens.

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, Order, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select, sea_query::NullOrdering,
};

use super::{Result, Store, TokenRow, entities::token, filter, token_filter};
use crate::rql::{Filter, Ordering, normalize_for_search};

/// Which tokens of an account to list, and in which order.
#[derive(Debug, Clone)]
pub struct TokenQuery<'a> {
    /// The owner.
    pub account_id: &'a str,
    /// The current time in seconds since 1970, which decides which tokens have expired.
    pub now: i64,
    /// The filter, with declared names and typed values.
    pub filter: &'a Filter,
    /// The sort keys. Ties are broken by id, in the direction of the last key.
    pub ordering: &'a [Ordering],
    /// Whether tokens without a value come last, instead of before every value.
    pub nulls_last: bool,
    /// The search term, as typed.
    pub search: Option<&'a str>,
    /// Whether deleted tokens are listed.
    pub with_deleted: bool,
    /// Maximum number of rows; 0 only counts.
    pub limit: u64,
    /// Number of rows to skip.
    pub offset: u64,
}

impl Store {
    /// A page of tokens, and the total number of matches.
    pub async fn list_tokens(&self, query: &TokenQuery<'_>) -> Result<(Vec<TokenRow>, u64)> {
        let matches = token::Entity::find().filter(condition(query));
        // Not `COUNT(*) OVER ()`, which gives no total past the last row.
        let total = matches.clone().count(&self.readers).await?;
        if query.limit == 0 || query.offset >= total {
            return Ok((Vec::new(), total));
        }
        let page = ordered(matches, query).limit(query.limit).offset(query.offset).all(&self.readers).await?;
        Ok((self.with_permissions(page).await?, total))
    }
}

impl Store {
    /// The ids of all tokens that match, whatever the page. Without `with_deleted` no deleted one.
    pub async fn list_token_ids(&self, query: &TokenQuery<'_>, with_deleted: bool) -> Result<Vec<String>> {
        let matches = token::Entity::find().select_only().column(token::Column::Id).filter(condition(query));
        let kept = (!with_deleted).then(|| token::Column::State.ne(TokenStatus::Deleted.as_str()));
        let matches = matches.filter(Condition::all().add_option(kept));
        Ok(ordered(matches, query).into_tuple::<String>().all(&self.readers).await?)
    }

    /// The tokens of an account with these ids, in their order. There may be at most a thousand.
    pub async fn tokens_by_id(&self, account_id: &str, ids: &[String]) -> Result<Vec<TokenRow>> {
        let tokens = token::Entity::find().filter(token::Column::AccountId.eq(account_id));
        let tokens = tokens.filter(token::Column::Id.is_in(ids)).all(&self.readers).await?;
        let mut rows = self.with_permissions(tokens).await?;
        let place = |row: &TokenRow| ids.iter().position(|id| *id == row.token.id);
        rows.sort_by_cached_key(place);
        Ok(rows)
    }
}

fn condition(query: &TokenQuery<'_>) -> Condition {
    Condition::all()
        .add(token::Column::AccountId.eq(query.account_id))
        .add_option((!query.with_deleted).then(|| token::Column::State.ne(TokenStatus::Deleted.as_str())))
        .add(filter::condition(query.filter, &|name| token_filter::column(name, query.now)))
        .add_option(
            query.search.map(|term| filter::contains(token::Column::Search.into_expr(), &normalize_for_search(term))),
        )
}

fn ordered(tokens: Select<token::Entity>, query: &TokenQuery<'_>) -> Select<token::Entity> {
    let direction = |descending: bool| if descending { Order::Desc } else { Order::Asc };
    let tokens = query.ordering.iter().fold(tokens, |tokens, key| {
        let name = key.property.text.as_str();
        let column = token_filter::own_column(name, query.now);
        if token_filter::is_nullable(name) {
            // By default null comes before every value, as on SQLite. PostgreSQL's default is the opposite.
            let last = query.nulls_last || key.descending;
            let nulls = if last { NullOrdering::Last } else { NullOrdering::First };
            tokens.order_by_with_nulls(column, direction(key.descending), nulls)
        } else {
            tokens.order_by(column, direction(key.descending))
        }
    });
    let descending = query.ordering.last().is_some_and(|key| key.descending);
    tokens.order_by(token::Column::Id, direction(descending))
}
