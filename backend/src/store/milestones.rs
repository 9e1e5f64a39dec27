//! Ways through long lists. Whoever jumps far into a list has to pass over the rows before it, which takes long when each of them
//! is looked at. So milestones are left on the way, and from the page on to the end of the list, and nobody has to walk there
//! again ([`super::long_lists`]).

use std::{
    borrow::Cow,
    cmp::{max, min},
    ops::Range,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use sea_orm::{
    Condition, ConnectionTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, Value, sea_query::Expr,
};
use tokio::time::sleep;

use super::{
    Result, Store,
    entities::token,
    long_lists::{Keys, LongList, Place, names},
    token_columns::{Way, own_column},
    token_lists::{FEW, SortedBy, TokenQuery, ordered},
    token_words::Words,
};
use crate::rql::Ordering;

/// So far are milestones apart, in time to pass over the rows between them: many of an index, or few that are looked at.
const STRIDE: Duration = Duration::from_millis(15);

/// So many rows are passed over to find out how long it takes, and then twice as many; never fewer.
const FIRST_STRIDE: u64 = 250;

/// So many milestones are left on one way, or a few more.
const MOST: u64 = 200;

/// After so many milestones it is worth while to walk on behind the page.
const FAR: u64 = 3;

/// From where a page is read.
#[derive(Debug)]
pub(super) struct Begin {
    /// Whether in the order of the list; else against it.
    pub forward: bool,
    /// The row that it comes after, in that direction; else the very beginning.
    pub after: Option<Keys>,
    /// How many rows are to be passed over.
    pub offset: u64,
}

impl Begin {
    /// The order in which the rows are read: that of the list, or the same from its end.
    pub fn ordering<'a>(&self, of_list: &'a [SortedBy]) -> Cow<'a, [SortedBy]> {
        if self.forward {
            return Cow::Borrowed(of_list);
        }
        let by_id = [Ordering { property: "id".into(), descending: false }];
        let keys = if of_list.is_empty() { &by_id } else { of_list };
        keys.iter().map(|key| Ordering { descending: !key.descending, ..key.clone() }).collect()
    }
}

impl LongList {
    /// The nearest place from which a page can be read.
    fn nearest(&self, page: &Range<u64>) -> Option<Begin> {
        let begins = self.places.iter().filter_map(|place| {
            let after = Some(Arc::clone(&place.keys));
            if place.position < page.start {
                Some(Begin { forward: true, after, offset: page.start - place.position - 1 })
            } else if place.position >= page.end {
                Some(Begin { forward: false, after, offset: place.position - page.end })
            } else {
                None
            }
        });
        begins.min_by_key(|begin| begin.offset)
    }
}

impl Store {
    /// From where the rows of a page are best read, of a list of `total`: from its nearer end, or from the nearest place that is
    /// known. Whoever has to pass over many rows to get there leaves milestones.
    pub(super) async fn where_to_begin(
        &self,
        list: Option<&LongList>,
        query: &TokenQuery<'_>,
        words: &Words,
        page: Range<u64>,
        total: u64,
    ) -> Result<Begin> {
        let behind = total - page.end;
        let end = Begin { forward: page.start <= behind, after: None, offset: min(page.start, behind) };
        let Some(list) = list else { return Ok(end) };
        let place = list.nearest(&page).filter(|place| place.offset < end.offset);
        let begin = place.unwrap_or(end);
        // Few are found and sorted for each page, wherever it is, and so are all in an order by more than one key.
        if matches!(words, Words::Part(_)) || total <= FEW || names(query.ordering).count() > 2 {
            return Ok(begin);
        }
        let (begin, milestones) = self.walk(list, query, words, &page, begin, None).await?;
        if milestones >= FAR {
            self.walk_on(list, query, words, &page, &begin, total);
        }
        Ok(begin)
    }

    /// Passes over rows until the page is near, and leaves a milestone after each stride: to where it came, and how many there
    /// are. When nobody waits for it, it is the `unhurried`th such walk: half of the time is for others, and a change of a token
    /// ends it, or the next walk.
    async fn walk(
        &self,
        list: &LongList,
        query: &TokenQuery<'_>,
        words: &Words,
        page: &Range<u64>,
        mut begin: Begin,
        unhurried: Option<u64>,
    ) -> Result<(Begin, u64)> {
        let shortest = max(FIRST_STRIDE, begin.offset / MOST);
        let (mut stride, mut milestones, mut first) = (FIRST_STRIDE, 0, Duration::ZERO);
        while begin.offset > stride {
            let begun = Instant::now();
            let Some(keys) = self.keys_behind(&begin, stride - 1, query, words).await? else { break };
            let took = begun.elapsed();
            begin = Begin { after: Some(Arc::clone(&keys)), offset: begin.offset - stride, ..begin };
            let position = if begin.forward { page.start - begin.offset - 1 } else { page.end + begin.offset };
            self.remember_place(list, Place { position, at: query.now, keys });
            milestones += 1;
            if milestones == 1 {
                (first, stride) = (took, 2 * stride);
            } else {
                // What takes no longer for twice as many rows is no walk: all are found and sorted each time.
                if milestones == 2 && took > STRIDE / 2 && took < first.mul_f64(1.3) {
                    break;
                }
                // Of a few rows the time may be any.
                let times = (STRIDE.as_secs_f64() / took.as_secs_f64().max(1e-6)).clamp(0.25, 8.0);
                stride = max((stride as f64 * times) as u64, shortest);
            }
            if let Some(walk) = unhurried {
                sleep(took).await;
                let is_last = self.remembered.walks.load(Relaxed) == walk;
                if !is_last || self.changes_of(query.account_id).await? != list.changes {
                    break;
                }
            }
        }
        Ok((begin, milestones))
    }

    /// Leaves milestones from a page on to where the list ends, in the direction in which the page was come to, while nobody
    /// waits for it: whoever has jumped once may jump again. One list at a time, the last one.
    fn walk_on(
        &self,
        list: &LongList,
        query: &TokenQuery<'_>,
        words: &Words,
        page: &Range<u64>,
        begin: &Begin,
        total: u64,
    ) {
        let (last, offset) = if begin.forward {
            (total - 1, total - 1 - page.start + begin.offset)
        } else {
            (0, page.end - 1 + begin.offset)
        };
        let begin = Begin { forward: begin.forward, after: begin.after.clone(), offset };
        let (store, list, words) = (self.clone(), list.clone(), words.clone());
        let TokenQuery { now, with_deleted, .. } = *query;
        let (account_id, search) = (query.account_id.to_owned(), query.search.map(str::to_owned));
        let (filter, ordering) = (query.filter.clone(), query.ordering.to_vec());
        let walk = self.remembered.walks.fetch_add(1, Relaxed) + 1;
        tokio::spawn(async move {
            let query = &TokenQuery {
                account_id: &account_id,
                now,
                filter: &filter,
                ordering: &ordering,
                search: search.as_deref(),
                with_deleted,
                limit: 1,
                offset: last,
            };
            if let Err(error) = store.walk(&list, query, &words, &(last..last + 1), begin, Some(walk)).await {
                tracing::debug!(%error, "the way through a list was not walked to its end");
            }
        });
    }

    /// The keys of the row that comes after `passed` others, of those that begin somewhere.
    async fn keys_behind(
        &self,
        begin: &Begin,
        passed: u64,
        query: &TokenQuery<'_>,
        words: &Words,
    ) -> Result<Option<Keys>> {
        let way = if self.is_shared() { Way::Own } else { Way::Pass };
        let query = &TokenQuery { ordering: &begin.ordering(query.ordering), ..query.clone() };
        let rows = match begin.after.as_deref() {
            Some(keys) => self.rows_after(keys, query, words, way),
            None => self.condition(query, words, way),
        };
        // Nothing but what the index of the order has.
        let tokens = ordered(token::Entity::find().filter(rows), query, way).select_only();
        let keys = names(query.ordering).fold(tokens, |tokens, name| tokens.expr(own_column(name, query.now)));
        let Some(row) = self.readers.query_one(&keys.limit(1).offset(passed).into_query()).await? else {
            return Ok(None);
        };
        let key = |(index, name)| {
            Ok(match name {
                "events.created.at" | "expiration_date" => row.try_get_by_index::<Option<i64>>(index)?.into(),
                _ => row.try_get_by_index::<String>(index)?.into(),
            })
        };
        names(query.ordering).enumerate().map(key).collect::<Result<_>>().map(Some)
    }

    /// Which rows of a list come after one with such keys.
    pub(super) fn rows_after(&self, keys: &[Value], query: &TokenQuery<'_>, words: &Words, way: Way) -> Condition {
        let columns = names(query.ordering).map(|name| own_column(name, query.now));
        // What one row has no value of, none has.
        let (lacking, columns): (Vec<_>, Vec<_>) =
            columns.zip(keys).partition(|(_, key)| matches!(key, Value::BigInt(None)));
        let (columns, keys): (Vec<_>, Vec<_>) =
            columns.into_iter().map(|(column, key)| (column, Expr::value(key.clone()))).unzip();
        let (columns, keys) = (Expr::tuple(columns), Expr::tuple(keys));
        let is_descending = query.ordering.last().is_some_and(|key| key.descending);
        // Of two bounds of one key, the filter's among them, SQLite would begin at the first, and pass over all that lies
        // between: so the filter is not to lead to rows, as if the list had no order.
        let filtered = self.condition(&TokenQuery { ordering: &[], ..query.clone() }, words, way);
        let filtered = lacking.into_iter().fold(filtered, |filtered, (column, _)| filtered.add(column.is_null()));
        filtered.add(if is_descending { columns.lt(keys) } else { columns.gt(keys) })
    }
}
