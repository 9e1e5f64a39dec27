//! Lists that are read as several, one after the other. No index could have the order of what the clock decides, and to sort a
//! million tokens takes long; but the tokens of each status, or of each extension, are lists in an order that has an index. Those
//! without an end and those with one are lists in which every row has a place ([`super::long_lists`]).

use latchkey_shared::TokenStatus;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{
    Result, Store, TokenRow,
    entities::token_group,
    token_lists::{FEW, SortedBy, TokenQuery},
    token_steps::WORTHWHILE,
    token_words::Words,
};
use crate::rql::{Comparison, Filter, Ordering, Value};

/// A list of more parts than these is better sorted.
const MOST: usize = 100;

/// The parts of a list, in its order.
struct Parts {
    /// What each asks for, beside what the list asks for.
    filters: Vec<Filter>,
    /// The order of each.
    ordering: Vec<SortedBy>,
}

impl Store {
    /// A page of a list, and how many rows there are on all pages; of its parts, if it has any.
    pub(super) async fn list_in_parts(&self, query: &TokenQuery<'_>, words: &Words) -> Result<(Vec<TokenRow>, u64)> {
        let parts = match words {
            // They are looked at in any case.
            Words::Few(_) | Words::Part(_) => None,
            Words::None | Words::Many(_) | Words::Texts(_) => self.parts_of(query).await?,
        };
        let Some(Parts { filters, ordering }) = parts else { return self.list_in_order(query, words).await };
        let total = self.count(query, words).await?;
        if total <= FEW {
            return self.list_in_order(query, words).await;
        }
        let (mut rows, mut before) = (Vec::new(), 0);
        for filter in filters {
            if rows.len() as u64 >= query.limit || query.offset >= total {
                break;
            }
            let filter = if query.filter.is_all() { filter } else { Filter::And(vec![query.filter.clone(), filter]) };
            let part = TokenQuery {
                filter: &filter,
                ordering: &ordering,
                limit: query.limit - rows.len() as u64,
                offset: query.offset.saturating_sub(before),
                ..query.clone()
            };
            let count = self.count(&part, words).await?;
            if count > part.offset {
                rows.extend(Box::pin(self.list_in_parts(&part, words)).await?.0);
            }
            before += count;
        }
        Ok((rows, total))
    }

    async fn parts_of(&self, query: &TokenQuery<'_>) -> Result<Option<Parts>> {
        let Some((first, rest)) = query.ordering.split_first() else { return Ok(None) };
        let property = first.property.text.as_str();
        let is = |value: Value| Filter::Compare { property: property.into(), comparison: Comparison::Eq, value };
        let mut filters: Vec<Filter> = match property {
            "status" => {
                let listed = |status: &TokenStatus| query.with_deleted || *status != TokenStatus::Deleted;
                let statuses = TokenStatus::ALL.into_iter().filter(listed).map(TokenStatus::as_str);
                let mut statuses: Vec<_> = statuses.collect();
                statuses.sort_unstable();
                statuses.into_iter().map(|status| is(Value::Text(status.to_owned()))).collect()
            }
            "extension.id" | "extension.name" if rest.is_empty() => return Ok(None),
            "extension.id" | "extension.name" | "expiration_date"
                if !rest.is_empty() && has_one_value(query.filter, property) =>
            {
                vec![Filter::And(Vec::new())]
            }
            "extension.id" | "extension.name" => {
                let mut values = self.values_of(query.account_id, property).await?;
                values.sort_unstable();
                match values.as_slice() {
                    // So all have it, deleted ones as well.
                    [_] => vec![Filter::And(Vec::new())],
                    _ => values.into_iter().map(|value| is(Value::Text(value))).collect(),
                }
            }
            // What has no end comes before every end.
            "expiration_date" if !rest.is_empty() || query.offset >= WORTHWHILE => {
                if all_have_or_lack(property, query.filter) {
                    return Ok(None);
                }
                let (comparison, value) = (Comparison::Gt, Value::Integer(i64::MIN));
                vec![is(Value::Null), Filter::Compare { property: property.into(), comparison, value }]
            }
            _ => return Ok(None),
        };
        if filters.len() > MOST {
            return Ok(None);
        }
        let is_split_by_value = property != "expiration_date" || filters.len() == 1;
        let mut ordering = if is_split_by_value { rest.to_vec() } else { query.ordering.to_vec() };
        if ordering.is_empty() {
            // As ties are broken.
            ordering.push(Ordering { property: "id".into(), descending: first.descending });
        }
        if first.descending {
            filters.reverse();
        }
        Ok(Some(Parts { filters, ordering }))
    }

    /// The values that tokens of an account have of a property, up to one more than [`MOST`].
    async fn values_of(&self, account_id: &str, property: &str) -> Result<Vec<String>> {
        let groups = token_group::Entity::find()
            .filter(token_group::Column::AccountId.eq(account_id))
            .filter(token_group::Column::Property.eq(property));
        let values = groups.select_only().column(token_group::Column::Value).limit(MOST as u64 + 1);
        Ok(values.into_tuple().all(&self.readers).await?)
    }
}

/// Whether a filter asks for one value of a property, or for none.
fn has_one_value(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::And(filters) => filters.iter().any(|filter| has_one_value(filter, name)),
        Filter::Compare { property, comparison: Comparison::Eq, value: Value::Text(_) | Value::Null } => {
            property.text == name
        }
        _ => false,
    }
}

/// Whether a filter lets nothing pass but rows that have a value of a property, or nothing but rows that have none.
pub(super) fn all_have_or_lack(name: &str, filter: &Filter) -> bool {
    match filter {
        Filter::And(filters) => filters.iter().any(|filter| all_have_or_lack(name, filter)),
        Filter::Compare { property, comparison, value } if property.text == name => match value {
            Value::Null => *comparison == Comparison::Eq,
            Value::Integer(_) => *comparison != Comparison::Ne,
            _ => false,
        },
        _ => false,
    }
}
