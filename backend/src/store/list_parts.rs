//! Lists that are read as several, one after the other. No index could have the order of what the clock decides, and to sort a
//! million tokens takes long; but the tokens of each status, or of each extension, are lists in an order that has an index, and so
//! are those that share a name with many others, in an order by name and something else. Those without an end and those with
//! one are lists in which every row has a place ([`super::long_lists`]).

use std::{cmp::min, time::Instant};

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};

use super::{
    Result, Store, TokenRow,
    entities::{token, token_group},
    long_lists::first_of,
    milestones::FAR,
    token_counts::GROUPS,
    token_lists::{FEW, SortedBy, TokenQuery},
    token_steps::{WORTHWHILE, steps_of},
    token_words::Words,
};
use crate::rql::{Comparison, Filter, Ordering, Value};

/// A list is not read in more parts than these.
const MOST: usize = 100;

/// The parts of a list, in its order: what each asks for, beside what the list asks for, and its order.
pub(super) type Parts = Vec<(Filter, Vec<SortedBy>)>;

impl Store {
    /// A page of a list, and how many rows there are on all pages; of its parts, if it has any.
    pub(super) async fn list_in_parts(&self, query: &TokenQuery<'_>, words: &Words) -> Result<(Vec<TokenRow>, u64)> {
        // Those are looked at in any case.
        let is_looked_at = matches!(words, Words::Few(_) | Words::Part(_));
        if is_looked_at || !may_have_parts(query) || query.limit == 0 {
            return self.list_in_order(query, words).await;
        }
        let total = self.count(query, words).await?;
        if total <= FEW || total <= query.offset {
            return self.list_in_order(query, words).await;
        }
        let all_parts = self.parts_of(query).await?;
        let are_for_any_page = all_parts.is_some();
        let parts = if are_for_any_page { all_parts } else { self.parts_around_many(query, words, total).await? };
        let Some(parts) = parts else { return self.list_in_order(query, words).await };
        let (begun, mut rows, mut before) = (Instant::now(), Vec::new(), 0);
        for (filter, ordering) in &parts {
            if rows.len() as u64 >= query.limit {
                break;
            }
            let part = TokenQuery {
                filter: &both(query.filter, filter),
                ordering,
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
        if are_for_any_page && query.offset >= WORTHWHILE && begun.elapsed() >= FAR {
            // The next jump may lead to any of them.
            self.walk_through(query, words, parts);
        }
        Ok((rows, total))
    }

    async fn parts_of(&self, query: &TokenQuery<'_>) -> Result<Option<Parts>> {
        let Some((first, rest)) = query.ordering.split_first() else { return Ok(None) };
        let property = first.property.text.as_str();
        let compare = |comparison, value| Filter::Compare { property: property.into(), comparison, value };
        let is = |value| compare(Comparison::Eq, value);
        // The order of those that have the same value; ties are broken as in the whole list.
        let by_id = [Ordering { property: "id".into(), descending: first.descending }];
        let rest_or_id = if rest.is_empty() { by_id.to_vec() } else { rest.to_vec() };
        let of_each = |value| (is(value), rest_or_id.clone());
        let all = Filter::And(Vec::new());
        let mut parts: Parts = match property {
            "status" => {
                let listed = |status: &TokenStatus| query.with_deleted || *status != TokenStatus::Deleted;
                let statuses = TokenStatus::ALL.into_iter().filter(listed).map(TokenStatus::as_str);
                let mut statuses: Vec<_> = statuses.collect();
                statuses.sort_unstable();
                statuses.into_iter().map(|status| of_each(Value::Text(status.to_owned()))).collect()
            }
            _ if !rest.is_empty() && has_one_value(query.filter, property) => vec![(all, rest_or_id)],
            // What has no end comes before every end.
            "expiration_date" if !all_have_or_lack(property, query.filter) => {
                let have = compare(Comparison::Gt, Value::Integer(i64::MIN));
                let of_those = if rest.is_empty() { query.ordering } else { rest };
                vec![(is(Value::Null), of_those.to_vec()), (have, query.ordering.to_vec())]
            }
            _ if rest.is_empty() => return Ok(None),
            _ => match self.values_of(query.account_id, property).await?.as_slice() {
                // So all have it, deleted ones as well.
                [_] => vec![(all, rest_or_id)],
                values if (2..=MOST).contains(&values.len()) => {
                    values.iter().map(|value| of_each(Value::Text(value.clone()))).collect()
                }
                _ => return Ok(None),
            },
        };
        if first.descending {
            parts.reverse();
        }
        Ok(Some(parts))
    }

    /// The list around a value of the first key that so many rows have that they are a list of their own, if any of them is on
    /// the page. Those of fewer are sorted.
    async fn parts_around_many(&self, query: &TokenQuery<'_>, words: &Words, total: u64) -> Result<Option<Parts>> {
        let [first, rest @ ..] = query.ordering else { return Ok(None) };
        if rest.is_empty() || steps_of(query).is_some() {
            return Ok(None);
        }
        let list = self.long_list(query).await?;
        let last = min(query.offset + query.limit, total) - 1;
        for value in self.first_values(list.as_ref(), query, words, query.offset..last + 1, total).await? {
            let value = match value {
                sea_orm::Value::BigInt(Some(moment)) => Value::Integer(moment),
                sea_orm::Value::String(Some(text)) => Value::Text(text),
                _ => continue,
            };
            let [before, same, behind] = [Comparison::Lt, Comparison::Eq, Comparison::Gt].map(|comparison| {
                Filter::Compare { property: first.property.clone(), comparison, value: value.clone() }
            });
            let filter = &both(query.filter, &same);
            let crowd = TokenQuery { filter, ordering: first_of(query.ordering), ..query.clone() };
            if self.had_many(&crowd) || self.has_many(&crowd, words).await? {
                let of_others = |filter| (filter, query.ordering.to_vec());
                let mut parts = vec![of_others(before), (same, rest.to_vec()), of_others(behind)];
                if first.descending {
                    parts.reverse();
                }
                return Ok(Some(parts));
            }
        }
        Ok(None)
    }

    /// Whether a list has many rows, which is known before all are counted.
    async fn has_many(&self, query: &TokenQuery<'_>, words: &Words) -> Result<bool> {
        let way = self.way_past(FEW, query).await?;
        let rows = token::Entity::find().filter(self.condition(query, words, way));
        let one = rows.select_only().column(token::Column::Id).limit(1).offset(FEW).into_query();
        Ok(self.readers.query_one(&one).await?.is_some())
    }

    /// The values that tokens of an account have of a property, in order, up to one more than [`MOST`]; none, unless the
    /// database keeps counts of them.
    async fn values_of(&self, account_id: &str, property: &str) -> Result<Vec<String>> {
        if !GROUPS.contains(&property) {
            return Ok(Vec::new());
        }
        let groups = token_group::Entity::find()
            .filter(token_group::Column::AccountId.eq(account_id))
            .filter(token_group::Column::Property.eq(property));
        let values = groups.select_only().column(token_group::Column::Value).limit(MOST as u64 + 1);
        let mut values: Vec<String> = values.into_tuple().all(&self.readers).await?;
        values.sort_unstable();
        Ok(values)
    }
}

fn may_have_parts(query: &TokenQuery<'_>) -> bool {
    match query.ordering {
        [only] => match only.property.text.as_str() {
            "status" => true,
            "expiration_date" => query.offset >= WORTHWHILE,
            _ => false,
        },
        keys => !keys.is_empty(),
    }
}

pub(super) fn both(filter: &Filter, other: &Filter) -> Filter {
    if filter.is_all() {
        other.clone()
    } else if other.is_all() {
        filter.clone()
    } else {
        Filter::And(vec![filter.clone(), other.clone()])
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
