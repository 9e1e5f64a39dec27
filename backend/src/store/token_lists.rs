//! Lists of tokens, made so that an ordinary page costs about the same in an account of a thousand tokens and of a
//! million (`docs/PERFORMANCE.md`).
//!
//! Every list says how many rows it has on all pages, and to count them is what costs ([`super::token_counts`]); words are
//! found and counted in an index of their own ([`super::token_words`]). A page is read from the index of its order
//! ([`super::token_columns`]), first the ids alone, so that passing over rows does not read them; where no index has the order,
//! of the parts that have one ([`super::list_parts`]). Of the whole list, steps are passed over at once
//! ([`super::token_steps`]), and whoever reads a list page by page reads on from the page before ([`super::long_lists`]).

use std::{
    cmp::{max, min},
    collections::HashMap,
};

use futures_util::future::try_join_all;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select,
    sea_query::{Expr, NullOrdering},
};

use super::{
    Result, Store, TokenRow,
    entities::token,
    milestones::Bound,
    token_columns::{Way, by_token_and_module, own_column, without_index},
    token_words::Words,
    word_index::{connections_at_once, number_of},
};
use crate::rql::{Filter, Ordering};

/// SQLite is made to read up to so many rows by the index of their filter and to sort them. When more fulfil it, they
/// are so dense that walking along the order soon finds a page. PostgreSQL's planner finds that out by itself.
pub(super) const FEW: u64 = 10_000;

/// So many rows are passed over with a look at each of them, when all would have to be found and sorted otherwise.
const NEAR: u64 = 2500;

/// From so many rows on it is worth while to look at them on several connections.
const MANY_AT_ONCE: u64 = 2000;

/// A key of the order of a list.
pub type SortedBy = Ordering;

/// Which tokens of an account, in which order.
#[derive(Debug, Clone)]
pub struct TokenQuery<'a> {
    /// The owner.
    pub account_id: &'a str,
    /// The present moment, which decides what has expired.
    pub now: i64,
    /// The filter, with declared names and typed values.
    pub filter: &'a Filter,
    /// The order; ties are broken by id, in the direction of the last key.
    pub ordering: &'a [SortedBy],
    /// Words to look for.
    pub search: Option<&'a str>,
    /// Whether deleted tokens are listed.
    pub with_deleted: bool,
    /// Rows at the most; 0 only counts.
    pub limit: u64,
    /// Rows to pass over.
    pub offset: u64,
}

impl Store {
    /// A page of tokens, and how many there are on all pages.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub async fn list_tokens(&self, query: &TokenQuery<'_>) -> Result<(Vec<TokenRow>, u64)> {
        let filter = &by_token_and_module(query.filter);
        let ordering = &decisive(query.ordering);
        let query = &TokenQuery { filter, ordering, ..query.clone() };
        let words = self.words_of(query).await?;
        self.list_in_parts(query, &words).await
    }

    /// A page of a list that is read in its order, and how many rows there are on all pages.
    pub(super) async fn list_in_order(&self, query: &TokenQuery<'_>, words: &Words) -> Result<(Vec<TokenRow>, u64)> {
        if let Words::Few(numbers) = words
            && query.limit > 0
        {
            return self.page_of_few(query, words, numbers).await;
        }
        let list = self.long_list(query).await?;
        let mut rows = None;
        let total = match words {
            // A look at all that have it finds the page as well.
            Words::Part(_) if query.limit > 0 => {
                let page = async || {
                    let (page, total) = self.page(query, words, None, None).await?;
                    rows = Some(page);
                    Ok(total)
                };
                self.remembered_total(query, page).await?
            }
            _ => self.count(query, words).await?,
        };
        if let Some(rows) = rows {
            return Ok((rows, total));
        }
        if query.limit == 0 || total <= query.offset {
            return Ok((Vec::new(), total));
        }
        let limit = min(query.limit, total - query.offset);
        let page = query.offset..query.offset + limit;
        let begin = self.where_to_begin(list.as_ref(), query, words, page, total).await?;
        let words = match words {
            // They are so dense that walking along the order soon finds a page that is near.
            Words::Part(_) if total > FEW && begin.offset <= NEAR => &Words::None,
            words => words,
        };
        let ordering = begin.ordering(query.ordering);
        let from_there = TokenQuery { ordering: &ordering, limit, offset: begin.offset, ..query.clone() };
        let (mut rows, total) = self.page(&from_there, words, Some(total), begin.bound.as_ref()).await?;
        if !begin.forward {
            rows.reverse();
        }
        if let Some(list) = list
            && query.ordering.len() <= 1
        {
            self.remember_page(&list, query, &rows);
        }
        Ok((rows, total))
    }

    /// The rows of a page of the few that have the words, and how many there are on all pages, which the question for the page
    /// counts. Of some thousands each core looks at a part: the page is among the first rows of the parts. What changes between
    /// the parts and the page may make the page a row shorter than it was.
    async fn page_of_few(
        &self,
        query: &TokenQuery<'_>,
        words: &Words,
        numbers: &[i64],
    ) -> Result<(Vec<TokenRow>, u64)> {
        let end = query.offset.saturating_add(query.limit);
        let parts = connections_at_once();
        let worthwhile = max(MANY_AT_ONCE, end.saturating_mul(2 * parts as u64));
        if parts == 1 || (numbers.len() as u64) < worthwhile {
            return self.page(query, words, None, None).await;
        }
        let begin = TokenQuery { offset: 0, limit: end, ..query.clone() };
        let parts = numbers.chunks(numbers.len().div_ceil(parts)).map(async |part| {
            let words = Words::Few(part.to_vec());
            self.ids_of_page(&begin, &words, None, None).await
        });
        let (ids, totals): (Vec<_>, Vec<u64>) = try_join_all(parts).await?.into_iter().unzip();
        let firsts = ids.concat().iter().map(|id| number_of(query.account_id, id)).collect();
        self.page(query, &Words::Few(firsts), Some(totals.iter().sum()), None).await
    }

    /// The rows of a page, which may begin at some bound, and how many there are on all pages, which may be known.
    async fn page(
        &self,
        query: &TokenQuery<'_>,
        words: &Words,
        known: Option<u64>,
        bound: Option<&Bound>,
    ) -> Result<(Vec<TokenRow>, u64)> {
        let (ids, total) = self.ids_of_page(query, words, known, bound).await?;
        let tokens = token::Entity::find().filter(token::Column::Id.is_in(&ids)).all(&self.readers).await?;
        let mut rows: HashMap<String, TokenRow> =
            self.whole(tokens).await?.into_iter().map(|row| (row.token.id.clone(), row)).collect();
        Ok((ids.iter().filter_map(|id| rows.remove(id)).collect(), total))
    }

    /// As [`page`](Self::page), but no more than the ids of the rows.
    async fn ids_of_page(
        &self,
        query: &TokenQuery<'_>,
        words: &Words,
        known: Option<u64>,
        bound: Option<&Bound>,
    ) -> Result<(Vec<String>, u64)> {
        let way = match words {
            Words::Few(_) => Way::Words,
            Words::Part(_) => Way::Sort,
            _ if !self.is_shared() && known.is_some_and(|rows| rows <= FEW) => Way::Sort,
            _ => self.way_past(query.offset, query).await?,
        };
        let (rows, offset) = match bound {
            Some(bound) => (self.rows_from(bound, query, words, way), query.offset),
            None => {
                let rows = self.condition(query, words, way);
                match self.step_of(query).await? {
                    Some((start, offset)) => (rows.add(start), offset),
                    // Beside another bound of that key SQLite might begin at this one.
                    None if matches!(way, Way::Walk | Way::Pass) => {
                        (rows.add_option(walked_along(query)), query.offset)
                    }
                    None => (rows, query.offset),
                }
            }
        };
        let total = match known {
            Some(total) => Expr::value(i64::try_from(total).unwrap_or(i64::MAX)),
            None => Expr::cust("COUNT(*) OVER ()"),
        };
        let found: Vec<(String, i64)> = ordered(token::Entity::find().filter(rows), query, way)
            .select_only()
            .column(token::Column::Id)
            .expr(total)
            .limit(query.limit)
            .offset(offset)
            .into_tuple()
            .all(&self.readers)
            .await?;
        let total = match (known, found.first()) {
            (Some(total), _) => total,
            (None, Some((_, total))) => total.unsigned_abs(),
            (None, None) if query.offset == 0 => 0,
            (None, None) => self.count(query, words).await?,
        };
        Ok((found.into_iter().map(|(id, _)| id).collect(), total))
    }
}

/// The same order, without the keys that decide nothing: those of a property that came before, what comes after the id, and an id
/// at the end, if it is in the direction of the key before, in which ties are broken.
fn decisive(ordering: &[SortedBy]) -> Vec<SortedBy> {
    let mut keys: Vec<SortedBy> = Vec::new();
    let id = Ordering { property: "id".into(), descending: ordering.last().is_some_and(|key| key.descending) };
    for key in ordering.iter().chain([&id]) {
        if keys.iter().all(|other| other.property != key.property && other.property != id.property) {
            keys.push(key.clone());
        }
    }
    if let [.., before, last] = keys.as_slice()
        && last.property == id.property
        && last.descending == before.descending
    {
        keys.pop();
    }
    keys
}

/// A condition that all rows fulfil, so that SQLite takes the index of the first key and sorts the few that have the same value of
/// it: for an order by more keys it would sort all.
fn walked_along(query: &TokenQuery<'_>) -> Option<Expr> {
    let [first, _, ..] = query.ordering else { return None };
    let name = first.property.text.as_str();
    let least = match name {
        "name" | "extension.id" | "extension.name" => Expr::value(""),
        "events.created.at" => Expr::value(i64::MIN),
        _ => return None,
    };
    Some(own_column(name, query.now).gte(least))
}

/// In the order of a list.
pub(super) fn ordered(select: Select<token::Entity>, query: &TokenQuery<'_>, way: Way) -> Select<token::Entity> {
    let expression = |name: &str| match own_column(name, query.now) {
        column if matches!(way, Way::Sort | Way::Words) => without_index(column),
        column => column,
    };
    let direction = |descending: bool| if descending { Order::Desc } else { Order::Asc };
    let ordered = query.ordering.iter().fold(select, |select, key| {
        let nulls = if key.descending { NullOrdering::Last } else { NullOrdering::First };
        let name = key.property.text.as_str();
        if matches!(name, "expiration_date" | "external_id" | "description") {
            // What has no value comes before every value, as SQLite has it; PostgreSQL would put it last.
            select.order_by_with_nulls(expression(name), direction(key.descending), nulls)
        } else {
            // To say where nulls go where there are none would keep PostgreSQL from using an index.
            select.order_by(expression(name), direction(key.descending))
        }
    });
    // So that one index serves both directions.
    let last = query.ordering.last().is_some_and(|key| key.descending);
    ordered.order_by(expression("id"), direction(last))
}
