//! Ways through long lists. Whoever jumps far into a list has to pass over the rows before it, which takes long when each of them
//! is looked at. So milestones are left on the way, and from the page on to the end of the list, and nobody has to walk there
//! again ([`super::long_lists`]).

use std::{
    borrow::Cow,
    cmp::{max, min},
    ops::Range,
    sync::Arc,
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
    list_parts::{Parts, both},
    long_lists::{Keys, LongList, Place, first_of, names},
    token_columns::{Way, own_column},
    token_lists::{FEW, SortedBy, TokenQuery, ordered},
    token_words::Words,
};
use crate::rql::{Filter, Ordering};

/// So far are milestones apart, in time to pass over the rows between them: many of an index, or few that are looked at.
const STRIDE: Duration = Duration::from_millis(8);

/// So many rows are passed over to find out how long it takes, and then two and four times as many; never fewer.
const FIRST_STRIDE: u64 = 250;

/// So many milestones are left on one way, or a few more.
const MOST: u64 = 300;

/// After a walk of so long it is worth while to walk on behind the page.
pub(super) const FAR: Duration = Duration::from_millis(10);

/// Where the rows begin that are read.
#[derive(Debug, Clone)]
pub(super) enum Bound {
    /// After the row with these keys.
    After(Keys),
    /// With the first one that has this value of the first key.
    With(Value),
}

/// From where a page is read.
#[derive(Debug)]
pub(super) struct Begin {
    /// Whether in the order of the list; else against it.
    pub forward: bool,
    /// Where, in that direction; else at the very beginning.
    pub bound: Option<Bound>,
    /// How many rows are to be passed over.
    pub offset: u64,
}

impl Begin {
    /// From the nearer end of a list.
    fn at_an_end(page: &Range<u64>, total: u64) -> Self {
        let behind = total - page.end;
        Self { forward: page.start <= behind, bound: None, offset: min(page.start, behind) }
    }

    /// From there to the last row of a list in the direction of a page that is read from there: where that row is, and how to
    /// get there.
    fn on_to_the_end(&self, page: &Range<u64>, total: u64) -> (u64, Self) {
        let Self { forward, ref bound, offset } = *self;
        let (last, rest) = if forward { (total - 1, total - 1 - page.start) } else { (0, page.end - 1) };
        (last, Self { forward, bound: bound.clone(), offset: offset + rest })
    }

    /// The order in which the rows are read: that of the list, or the same from its end.
    pub fn ordering<'a>(&self, of_list: &'a [SortedBy]) -> Cow<'a, [SortedBy]> {
        if self.forward { Cow::Borrowed(of_list) } else { Cow::Owned(reversed(of_list)) }
    }
}

fn reversed(ordering: &[SortedBy]) -> Vec<SortedBy> {
    ordering.iter().map(|key| Ordering { descending: !key.descending, ..key.clone() }).collect()
}

/// What was asked for, to be asked again when the asker has gone.
#[derive(Debug)]
struct Owned {
    account_id: String,
    now: i64,
    filter: Filter,
    ordering: Vec<SortedBy>,
    search: Option<String>,
    with_deleted: bool,
}

impl From<&TokenQuery<'_>> for Owned {
    fn from(query: &TokenQuery<'_>) -> Self {
        let TokenQuery { account_id, now, filter, ordering, search, with_deleted, .. } = query.clone();
        Self {
            account_id: account_id.to_owned(),
            now,
            filter: filter.clone(),
            ordering: ordering.to_vec(),
            search: search.map(str::to_owned),
            with_deleted,
        }
    }
}

impl Owned {
    fn borrowed(&self) -> TokenQuery<'_> {
        TokenQuery {
            account_id: &self.account_id,
            now: self.now,
            filter: &self.filter,
            ordering: &self.ordering,
            search: self.search.as_deref(),
            with_deleted: self.with_deleted,
            limit: 1,
            offset: 0,
        }
    }
}

/// Nobody waits for such walks, nor are they missed.
fn tell(walk: Result<()>) {
    if let Err(error) = walk {
        tracing::debug!(%error, "a list was not walked through");
    }
}

impl LongList {
    /// From the nearest place, or the nearer end.
    fn nearest(&self, page: &Range<u64>, total: u64) -> Begin {
        let places = self.places.iter().filter_map(|place| {
            let bound = Some(Bound::After(Arc::clone(&place.keys)));
            if place.position < page.start {
                Some(Begin { forward: true, bound, offset: page.start - place.position - 1 })
            } else if place.position >= page.end {
                Some(Begin { forward: false, bound, offset: place.position - page.end })
            } else {
                None
            }
        });
        let end = Begin::at_an_end(page, total);
        places.min_by_key(|begin| begin.offset).filter(|begin| begin.offset < end.offset).unwrap_or(end)
    }
}

impl Store {
    /// From where the rows of a page are best read, of a list of `total`.
    pub(super) async fn where_to_begin(
        &self,
        list: Option<&LongList>,
        query: &TokenQuery<'_>,
        words: &Words,
        page: Range<u64>,
        total: u64,
    ) -> Result<Begin> {
        let Some(list) = list else { return Ok(Begin::at_an_end(&page, total)) };
        // Few are found and sorted for each page, wherever it is.
        let are_sorted = matches!(words, Words::Part(_)) || total <= FEW;
        match (query.ordering.len() > 1, are_sorted) {
            // Places are those in the order by the first key alone.
            (true, true) => Ok(Begin::at_an_end(&page, total)),
            (true, false) => self.where_its_value_begins(list, query, words, page, total).await,
            (false, true) => Ok(list.nearest(&page, total)),
            (false, false) => self.walk_to(list, query, words, page, total).await,
        }
    }

    /// To a page. Whoever has to pass over many rows to get there leaves milestones.
    async fn walk_to(
        &self,
        list: &LongList,
        query: &TokenQuery<'_>,
        words: &Words,
        page: Range<u64>,
        total: u64,
    ) -> Result<Begin> {
        let begin = list.nearest(&page, total);
        let begun = Instant::now();
        let begin = self.walk(list, query, words, &page, begin, false).await?;
        if begun.elapsed() >= FAR {
            self.walk_on(list, query, words, &page, &begin, total);
        }
        Ok(begin)
    }

    /// From the first of the rows that have the same value of the first key as the one at which the page begins. An index has
    /// the order by the first key alone, and in that one the same values are at the same place: only rows that share theirs
    /// are in another order.
    async fn where_its_value_begins(
        &self,
        list: &LongList,
        query: &TokenQuery<'_>,
        words: &Words,
        page: Range<u64>,
        total: u64,
    ) -> Result<Begin> {
        let keys = self.keys_at(Some(list), query, words, page.start, total).await?;
        // Where all lack a value, the list would be one in the order of the other keys, unless it has just become so long.
        let Some(keys) = keys.filter(|keys| !matches!(keys[0], Value::BigInt(None))) else {
            return Ok(Begin::at_an_end(&page, total));
        };
        let value = keys[0].clone();
        let first = first_of(query.ordering);
        let same = first.iter().map(|key| own_column(&key.property.text, query.now).eq(value.clone()));
        let against = &TokenQuery { ordering: &reversed(first), ..query.clone() };
        let before = self.rows_from(&Bound::After(keys), against, words, self.way_past(FEW, query).await?);
        let before = same.fold(before, Condition::add);
        let offset = self.number_of_tokens(token::Entity::find().filter(before)).await?;
        Ok(Begin { forward: true, bound: Some(Bound::With(value)), offset })
    }

    /// The values of the first key that the first and the last row of a page have; one, if they have the same.
    pub(super) async fn first_values(
        &self,
        list: Option<&LongList>,
        query: &TokenQuery<'_>,
        words: &Words,
        page: Range<u64>,
        total: u64,
    ) -> Result<Vec<Value>> {
        let Some(first) = self.keys_at(list, query, words, page.start, total).await? else { return Ok(Vec::new()) };
        let mut values = vec![first[0].clone()];
        if let Some(offset) = (page.end - page.start).checked_sub(2) {
            let by_first = TokenQuery { ordering: first_of(query.ordering), ..query.clone() };
            let begin = Begin { forward: true, bound: Some(Bound::After(first)), offset };
            let last = self.keys_behind(&begin, offset, &by_first, words).await?;
            values.extend(last.map(|last| last[0].clone()));
        }
        values.dedup();
        Ok(values)
    }

    /// The keys of a row, in the order by the first key alone.
    async fn keys_at(
        &self,
        list: Option<&LongList>,
        query: &TokenQuery<'_>,
        words: &Words,
        position: u64,
        total: u64,
    ) -> Result<Option<Keys>> {
        let known = list.and_then(|list| list.places.iter().find(|place| place.position == position));
        if let Some(known) = known {
            return Ok(Some(Arc::clone(&known.keys)));
        }
        let by_first = &TokenQuery { ordering: first_of(query.ordering), ..query.clone() };
        let row = position..position + 1;
        let begin = match list {
            Some(list) => self.walk_to(list, by_first, words, row, total).await?,
            None => Begin::at_an_end(&row, total),
        };
        let keys = self.keys_behind(&begin, begin.offset, by_first, words).await?;
        if let (Some(list), Some(keys)) = (list, &keys) {
            self.remember_place(list, Place { position, at: query.now, keys: Arc::clone(keys) });
        }
        Ok(keys)
    }

    /// Passes over rows until the page is near, and leaves a milestone after each stride: to where it came. When it is
    /// unhurried, since nobody waits for it, a quarter of the time is for others, and a change of a token ends it.
    async fn walk(
        &self,
        list: &LongList,
        query: &TokenQuery<'_>,
        words: &Words,
        page: &Range<u64>,
        mut begin: Begin,
        unhurried: bool,
    ) -> Result<Begin> {
        let shortest = max(FIRST_STRIDE, begin.offset / MOST);
        let (mut stride, mut milestones, mut least) = (FIRST_STRIDE, 0, Duration::MAX);
        while begin.offset > stride {
            let begun = Instant::now();
            let Some(keys) = self.keys_behind(&begin, stride - 1, query, words).await? else { break };
            let took = begun.elapsed();
            let bound = Some(Bound::After(Arc::clone(&keys)));
            begin = Begin { bound, offset: begin.offset - stride, ..begin };
            let position = if begin.forward { page.start - begin.offset - 1 } else { page.end + begin.offset };
            self.remember_place(list, Place { position, at: query.now, keys });
            milestones += 1;
            if milestones < 3 {
                (least, stride) = (min(least, took), 2 * stride);
            } else {
                // What takes no longer for many more rows is no walk: all are found and sorted each time.
                if milestones == 3 && took > STRIDE / 2 && took < least.mul_f64(1.3) {
                    break;
                }
                // Of a few rows the time may be any.
                let times = (STRIDE.as_secs_f64() / took.as_secs_f64().max(1e-6)).clamp(0.25, 8.0);
                stride = max((stride as f64 * times) as u64, shortest);
            }
            if unhurried {
                sleep(took / 3).await;
                if self.changes_of(query.account_id).await? != list.changes {
                    break;
                }
            }
        }
        Ok(begin)
    }

    /// Leaves milestones from a page on to where the list ends, in the direction in which the page was come to, while nobody
    /// waits for it: whoever has jumped once may jump again. One list after the other, each of them once, and none when too
    /// many are waiting.
    fn walk_on(
        &self,
        list: &LongList,
        query: &TokenQuery<'_>,
        words: &Words,
        page: &Range<u64>,
        begin: &Begin,
        total: u64,
    ) {
        let Ok(room) = Arc::clone(&self.remembered.walks).try_acquire_owned() else { return };
        if !self.remembered.is_to_be_walked(list) {
            return;
        }
        let (last, begin) = begin.on_to_the_end(page, total);
        let (store, list, words, query) = (self.clone(), list.clone(), words.clone(), Owned::from(query));
        tokio::spawn(async move {
            let _turn = store.remembered.walking.lock().await;
            tell(store.walk(&list, &query.borrowed(), &words, &(last..last + 1), begin, true).await.map(drop));
            drop(room);
        });
    }

    /// Leaves milestones in all parts of a list, in the same way.
    pub(super) fn walk_through(&self, query: &TokenQuery<'_>, words: &Words, parts: Parts) {
        let Ok(room) = Arc::clone(&self.remembered.walks).try_acquire_owned() else { return };
        let (store, words, query) = (self.clone(), words.clone(), Owned::from(query));
        tokio::spawn(async move {
            tell(store.walk_through_parts(&query.borrowed(), &words, parts).await);
            drop(room);
        });
    }

    async fn walk_through_parts(&self, query: &TokenQuery<'_>, words: &Words, parts: Parts) -> Result<()> {
        if !self.parts_are_to_be_walked(query).await? {
            return Ok(());
        }
        let _turn = self.remembered.walking.lock().await;
        for (filter, ordering) in &parts {
            let part =
                TokenQuery { filter: &both(query.filter, filter), ordering: first_of(ordering), ..query.clone() };
            let total = self.count(&part, words).await?;
            if total <= FEW {
                continue;
            }
            let Some(list) = self.long_list(&TokenQuery { offset: total - 1, ..part.clone() }).await? else { continue };
            if self.remembered.is_to_be_walked(&list) {
                let first = 0..1;
                let (last, begin) = Begin::at_an_end(&first, total).on_to_the_end(&first, total);
                self.walk(&list, &part, words, &(last..last + 1), begin, true).await?;
            }
        }
        Ok(())
    }

    /// The keys of the row that comes after `passed` others, of those that begin somewhere.
    async fn keys_behind(
        &self,
        begin: &Begin,
        passed: u64,
        query: &TokenQuery<'_>,
        words: &Words,
    ) -> Result<Option<Keys>> {
        let way = self.way_past(passed, query).await?;
        let query = &TokenQuery { ordering: &begin.ordering(query.ordering), ..query.clone() };
        let rows = match &begin.bound {
            Some(bound) => self.rows_from(bound, query, words, way),
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

    /// Which rows of a list come from there on.
    pub(super) fn rows_from(&self, bound: &Bound, query: &TokenQuery<'_>, words: &Words, way: Way) -> Condition {
        // Of two bounds of one key, the filter's among them, SQLite would begin at the first, and pass over all that lies
        // between: so the filter is not to lead to rows, as if the list had no order.
        let filtered = self.condition(&TokenQuery { ordering: &[], ..query.clone() }, words, way);
        let is_descending = query.ordering.first().is_some_and(|key| key.descending);
        let mut columns = names(query.ordering).map(|name| own_column(name, query.now));
        match bound {
            Bound::With(value) => {
                let value = value.clone();
                let from_there =
                    columns.next().map(|column| if is_descending { column.lte(value) } else { column.gte(value) });
                filtered.add_option(from_there)
            }
            Bound::After(keys) => {
                // What one row has no value of, none has.
                let (lacking, columns): (Vec<_>, Vec<_>) =
                    columns.zip(keys.iter()).partition(|(_, key)| matches!(key, Value::BigInt(None)));
                let (columns, keys): (Vec<_>, Vec<_>) =
                    columns.into_iter().map(|(column, key)| (column, Expr::value(key.clone()))).unzip();
                let (columns, keys) = (Expr::tuple(columns), Expr::tuple(keys));
                let filtered = lacking.into_iter().fold(filtered, |all, (column, _)| all.add(column.is_null()));
                filtered.add(if is_descending { columns.lt(keys) } else { columns.gt(keys) })
            }
        }
    }
}
