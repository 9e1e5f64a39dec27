//! Lists of tokens, made so that an ordinary page costs about the same in an account of a thousand tokens and of a
//! million (`docs/PERFORMANCE.md`).
//!
//! Every list says how many rows it has on all pages, and to count them is what costs. So the database keeps counts
//! by state of all tokens of an account and of those that have an extension, a module or a creator; the statuses that
//! follow from the clock are ranges of an index, and the large ones are what the small ones leave over. Words are found in
//! an index ([`super::token_words`]), and days of creation and of the end have counts of their own. Whatever else is asked
//! for is counted row by row. A page is read from the index of its order,
//! first the ids alone, so that passing over rows does not read them; of the long orders, whole steps are passed over at
//! once ([`super::token_steps`]), and whoever reads a list page by page reads on from the page before
//! ([`super::long_lists`]).

use std::{cmp::min, collections::HashMap};

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select,
    sea_query::{CaseStatement, Expr, Func, NullOrdering, Query},
};

use super::{
    Result, Store, TokenRow,
    entities::{token, token_group, token_permission},
    filter::{self, Column, Rows},
    long_lists::{self, Begin},
    token_words::Words,
};
use crate::rql::{Comparison, Filter, Ordering, Value};

/// SQLite is made to read up to so many rows by the index of their filter and to sort them. When more fulfil it, they
/// are so dense that walking along the order soon finds a page. PostgreSQL's planner finds that out by itself.
pub(super) const FEW: u64 = 10_000;

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

/// A filter that asks for nothing but statuses and one value of a property of [`GROUPS`]: for those the counts are at hand.
#[derive(Debug)]
struct Plain<'a> {
    statuses: Vec<TokenStatus>,
    group: Option<Group<'a>>,
}

#[derive(Debug, Clone, Copy)]
struct Group<'a> {
    filter: &'a Filter,
    property: &'a str,
    value: &'a str,
}

/// The properties of `token_groups`.
const GROUPS: [&str; 5] =
    ["extension.id", "extension.name", "events.created.by.id", "events.created.by.name", "permissions.object.id"];

impl<'a> Plain<'a> {
    fn of(query: &TokenQuery<'a>) -> Option<Self> {
        let is_listed = |status: &TokenStatus| query.with_deleted || *status != TokenStatus::Deleted;
        let mut plain = Self { statuses: TokenStatus::ALL.into_iter().filter(is_listed).collect(), group: None };
        plain.add(query.filter).then_some(plain)
    }

    fn add(&mut self, filter: &'a Filter) -> bool {
        if let Some(statuses) = statuses(filter) {
            self.statuses.retain(|status| statuses.contains(status));
            return true;
        }
        match filter {
            Filter::And(filters) => filters.iter().all(|filter| self.add(filter)),
            Filter::Compare { property, comparison: Comparison::Eq, value: Value::Text(value) } => {
                let property = property.text.as_str();
                let is_first = self.group.is_none();
                self.group = Some(Group { filter, property, value });
                is_first && GROUPS.contains(&property)
            }
            _ => false,
        }
    }

    /// Whether counts are kept, or soon made, of such tokens with the words.
    fn is_counted_with(&self, words: &Words) -> bool {
        match words {
            Words::None => true,
            Words::Many(_) => self.group.is_none_or(|group| group.property == "extension.id"),
            Words::Few(_) | Words::Texts(_) => false,
        }
    }

    /// Whether all statuses are wanted that a token can have without being deleted.
    fn has_all_alive(&self) -> bool {
        TokenStatus::ALL.iter().all(|status| *status == TokenStatus::Deleted || self.statuses.contains(status))
    }
}

/// The statuses that a filter lets pass, when it asks for nothing else.
fn statuses(filter: &Filter) -> Option<Vec<TokenStatus>> {
    let all = TokenStatus::ALL.into_iter();
    let without = |some: Vec<TokenStatus>| all.clone().filter(|status| !some.contains(status)).collect();
    match filter {
        Filter::Compare { property, comparison, value: Value::Text(word) } if property.text == "status" => {
            let named = TokenStatus::from_word(word).into_iter().collect();
            match comparison {
                Comparison::Eq => Some(named),
                Comparison::Ne => Some(without(named)),
                _ => None,
            }
        }
        Filter::Not(inner) => statuses(inner).map(without),
        Filter::Or(filters) => Some(filters.iter().map(statuses).collect::<Option<Vec<_>>>()?.concat()),
        Filter::And(filters) if !filters.is_empty() => {
            let sets = filters.iter().map(statuses).collect::<Option<Vec<_>>>()?;
            Some(all.filter(|status| sets.iter().all(|set| set.contains(status))).collect())
        }
        _ => None,
    }
}

/// How many tokens have each state, whatever the clock says.
#[derive(Debug, Default)]
pub(super) struct ByState {
    pub active: u64,
    pub inactive: u64,
    pub deleted: u64,
}

impl ByState {
    /// How many are not deleted.
    pub fn alive(&self) -> u64 {
        self.active + self.inactive
    }
}

impl Store {
    /// A page of tokens, and how many there are on all pages.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub async fn list_tokens(&self, query: &TokenQuery<'_>) -> Result<(Vec<TokenRow>, u64)> {
        let filter = &by_token_and_module(query.filter);
        let query = &TokenQuery { filter, ..query.clone() };
        let words = self.words_of(query).await?;
        let by_status = query.ordering.first().filter(|key| key.property.text == "status");
        match (by_status, Plain::of(query)) {
            (Some(key), Some(plain)) if plain.is_counted_with(&words) => {
                self.list_by_status(query, &words, key.descending).await
            }
            _ => self.list_in_order(query, &words).await,
        }
    }

    /// A list that is ordered by status first is the lists of each status, one after the other: no index could have
    /// the order of what the clock decides.
    async fn list_by_status(
        &self,
        query: &TokenQuery<'_>,
        words: &Words,
        descending: bool,
    ) -> Result<(Vec<TokenRow>, u64)> {
        let mut statuses: Vec<_> = TokenStatus::ALL.into_iter().map(TokenStatus::as_str).collect();
        statuses.sort_unstable_by(|a, b| if descending { b.cmp(a) } else { a.cmp(b) });
        let mut rest = query.ordering[1..].to_vec();
        if rest.is_empty() && descending {
            rest.push(Ordering { property: "id".into(), descending });
        }
        let (mut rows, mut total) = (Vec::new(), 0);
        for status in statuses {
            if status == TokenStatus::Deleted.as_str() && !query.with_deleted {
                continue;
            }
            let (property, value) = ("status".into(), Value::Text(status.to_owned()));
            let status = Filter::Compare { property, comparison: Comparison::Eq, value };
            let part = TokenQuery {
                filter: &Filter::And(vec![query.filter.clone(), status]),
                ordering: &rest,
                limit: query.limit - rows.len() as u64,
                offset: query.offset.saturating_sub(total),
                ..query.clone()
            };
            let (found, count) = self.list_in_order(&part, words).await?;
            rows.extend(found);
            total += count;
        }
        Ok((rows, total))
    }

    async fn list_in_order(&self, query: &TokenQuery<'_>, words: &Words) -> Result<(Vec<TokenRow>, u64)> {
        let known = match words {
            // Few rows are counted by the question for the page.
            Words::Few(_) if query.limit > 0 => None,
            _ => Some(self.count(query, words).await?),
        };
        let Some(total) = known else { return self.page(query, words, None, None).await };
        if query.limit == 0 || total <= query.offset {
            return Ok((Vec::new(), total));
        }
        let limit = min(query.limit, total - query.offset);
        let list = self.long_list(query, total).await?;
        let begins = [
            Some(Begin { forward: true, after: None, offset: query.offset }),
            // From the other end there may be fewer rows to pass over.
            Some(Begin { forward: false, after: None, offset: total - query.offset - limit }),
            list.as_ref().and_then(|list| list.nearest(query, limit)),
        ];
        let Some(begin) = begins.into_iter().flatten().min_by_key(|begin| begin.offset) else {
            return Ok((Vec::new(), total));
        };
        let ordering = if begin.forward { query.ordering.to_vec() } else { turned(query.ordering) };
        let from_there = TokenQuery { ordering: &ordering, limit, offset: begin.offset, ..query.clone() };
        let (mut rows, total) = self.page(&from_there, words, known, begin.after.as_deref()).await?;
        if !begin.forward {
            rows.reverse();
        }
        if let Some(list) = list {
            self.remember_places(list, query, &rows);
        }
        Ok((rows, total))
    }

    /// The rows of a page, which begins after some row, and how many there are on all pages, which may be known.
    async fn page(
        &self,
        query: &TokenQuery<'_>,
        words: &Words,
        known: Option<u64>,
        after: Option<&[sea_orm::Value]>,
    ) -> Result<(Vec<TokenRow>, u64)> {
        let way = match words {
            Words::Few(_) => Way::Ids,
            _ if self.is_shared() => Way::Own,
            _ if known.is_some_and(|rows| rows <= FEW) => Way::Sort,
            _ if query.offset > FEW / 4 => Way::Pass,
            _ => Way::Walk,
        };
        let (start, offset) = match after {
            Some(keys) => (long_lists::after(keys, query), query.offset),
            None => self.step_of(query).await?.unwrap_or((Condition::all(), query.offset)),
        };
        let total = match known {
            Some(total) => Expr::value(i64::try_from(total).unwrap_or(i64::MAX)),
            None => Expr::cust("COUNT(*) OVER ()"),
        };
        let select = token::Entity::find().filter(self.condition(query, words, way)).filter(start);
        let found: Vec<(String, i64)> = ordered(select, query, way)
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
            (None, Some((_, total))) => u64::try_from(*total).unwrap_or_default(),
            (None, None) => self.count(query, words).await?,
        };
        let ids = found.iter().map(|(id, _)| id.as_str());
        let tokens = token::Entity::find().filter(token::Column::Id.is_in(ids)).all(&self.readers).await?;
        let mut rows: HashMap<String, TokenRow> =
            self.whole(tokens).await?.into_iter().map(|row| (row.token.id.clone(), row)).collect();
        Ok((found.iter().filter_map(|(id, _)| rows.remove(id)).collect(), total))
    }

    /// How many rows there are on all pages.
    async fn count(&self, query: &TokenQuery<'_>, words: &Words) -> Result<u64> {
        if let Some(plain) = Plain::of(query).filter(|plain| plain.is_counted_with(words)) {
            return self.count_plain(query, &plain, words).await;
        }
        if matches!(words, Words::None)
            && let Some(found) = self.count_in_time(query).await?
        {
            return Ok(found);
        }
        let way = match words {
            Words::Few(_) => Way::Ids,
            _ if self.is_shared() => Way::Own,
            _ => Way::Count,
        };
        let counted =
            async || self.number_of_tokens(token::Entity::find().filter(self.condition(query, words, way))).await;
        if matches!(words, Words::Few(_)) { counted().await } else { self.remembered_total(query, counted).await }
    }

    /// Which rows.
    fn condition(&self, query: &TokenQuery<'_>, words: &Words, way: Way) -> Condition {
        let own = Condition::all().add(token::Column::AccountId.eq(query.account_id));
        let own =
            if query.with_deleted { own } else { own.add(token::Column::State.ne(TokenStatus::Deleted.as_str())) };
        let filtered = own.add(filter::condition(query.filter, &|name| column(name, query, way)));
        match words {
            Words::None => filtered,
            Words::Few(numbers) => filtered.add(self.is_one_of(numbers)),
            Words::Many(text) | Words::Texts(text) => {
                filtered.add(filter::contains(token::Column::Search.into_expr(), text))
            }
        }
    }

    /// How many rows there are, without looking at them but for those whose status the clock decides.
    async fn count_plain(&self, query: &TokenQuery<'_>, plain: &Plain<'_>, words: &Words) -> Result<u64> {
        let TokenQuery { account_id, now, .. } = *query;
        if plain.statuses.is_empty() {
            return Ok(0);
        }
        let counts = self.by_state(account_id, plain, words).await?;
        if plain.has_all_alive() {
            let has_deleted = plain.statuses.contains(&TokenStatus::Deleted);
            return Ok(counts.alive() + if has_deleted { counts.deleted } else { 0 });
        }
        let mut own = Condition::all().add(token::Column::AccountId.eq(account_id));
        if let Some(group) = plain.group {
            // The extension is in an index with the state and the end; else the index of ends is the right one.
            let way = if group.property == "extension.id" { Way::Own } else { Way::Walk };
            own = own.add(filter::condition(group.filter, &|name| column(name, query, way)));
        }
        if let Words::Many(text) = words {
            own = own.add(filter::contains(token::Column::Search.into_expr(), text));
        }
        let count = async |condition: Condition| {
            self.number_of_tokens(token::Entity::find().filter(own.clone()).filter(condition)).await
        };
        let mut found = 0;
        for status in &plain.statuses {
            found += match *status {
                TokenStatus::Deleted => counts.deleted,
                TokenStatus::Inactive => {
                    counts.inactive.saturating_sub(count(state(TokenStatus::Inactive).add(ends_by(now))).await?)
                }
                TokenStatus::Active => {
                    let soon = now + TokenStatus::EXPIRING_WINDOW;
                    let ending = count(state(TokenStatus::Active).add(ends_by(soon))).await?;
                    let renewed = state(TokenStatus::Active).add(ends_by(soon).not()).add(previous_works(now));
                    counts.active.saturating_sub(ending + count(renewed).await?)
                }
                status => count(status_is(status, now)).await?,
            };
        }
        Ok(found)
    }

    async fn by_state(&self, account_id: &str, plain: &Plain<'_>, words: &Words) -> Result<ByState> {
        let Words::Many(text) = words else {
            let (property, value) = plain.group.map_or(("", ""), |group| (group.property, group.value));
            return self.counts_of(account_id, property, value).await;
        };
        let extension_id = plain.group.map(|group| group.value);
        self.by_state_with(account_id, text, extension_id, !plain.has_all_alive()).await
    }

    /// The counts that are kept of the tokens with a value of a property; of all, with both empty.
    pub(super) async fn counts_of(&self, account_id: &str, property: &str, value: &str) -> Result<ByState> {
        let key = (account_id.to_owned(), property.to_owned(), value.to_owned());
        let kept = token_group::Entity::find_by_id(key).one(&self.readers).await?;
        let number = |state: fn(&token_group::Model) -> i64| {
            kept.as_ref().map_or(0, |kept| u64::try_from(state(kept)).unwrap_or_default())
        };
        let (active, inactive) = (number(|kept| kept.active), number(|kept| kept.inactive));
        Ok(ByState { active, inactive, deleted: number(|kept| kept.deleted) })
    }
}

/// How the database is made to find a page. PostgreSQL knows by itself, but of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As its planner likes.
    Own,
    /// By the filter; what is found is sorted.
    Sort,
    /// By the ids that have the words; what is found is sorted.
    Ids,
    /// Along the order, until the page is full.
    Walk,
    /// Along the order as well, but past so many rows that the index should do for all of them.
    Pass,
    /// As SQLite's planner likes, past all rows: the index should do for them.
    Count,
}

/// The same value, for which no database looks for an index.
fn without_index(column: Expr) -> Expr {
    Func::coalesce([column.clone(), column]).into()
}

fn ordered(select: Select<token::Entity>, query: &TokenQuery<'_>, way: Way) -> Select<token::Entity> {
    let expression = |name: &str| match own_column(name, query.now) {
        column if matches!(way, Way::Sort | Way::Ids) => without_index(column),
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

/// The same order, from its end.
fn turned(ordering: &[SortedBy]) -> Vec<SortedBy> {
    let by_id = [Ordering { property: "id".into(), descending: false }];
    let keys = if ordering.is_empty() { &by_id } else { ordering };
    keys.iter().map(|key| Ordering { descending: !key.descending, ..key.clone() }).collect()
}

fn state(status: TokenStatus) -> Condition {
    Condition::all().add(token::Column::State.eq(status.as_str()))
}

fn ends_by(moment: i64) -> Condition {
    Condition::all().add(token::Column::ExpiresAt.is_not_null()).add(token::Column::ExpiresAt.lte(moment))
}

fn previous_works(now: i64) -> Condition {
    let still = token::Column::PreviousExpiresAt.is_null().or(token::Column::PreviousExpiresAt.gt(now));
    Condition::all().add(token::Column::PreviousDigest.is_not_null()).add(still)
}

/// Whether a token is worth `status` at a moment, in terms of the indexed columns; never SQL's "unknown".
/// [`crate::tokens::status`] is the same rule in Rust.
fn status_is(status: TokenStatus, now: i64) -> Condition {
    let soon = now + TokenStatus::EXPIRING_WINDOW;
    match status {
        TokenStatus::Deleted => state(status),
        TokenStatus::Expired => {
            let alive = [TokenStatus::Active, TokenStatus::Inactive].map(TokenStatus::as_str);
            Condition::all().add(token::Column::State.is_in(alive)).add(ends_by(now))
        }
        TokenStatus::Inactive => state(status).add(ends_by(now).not()),
        TokenStatus::Revitalised => state(TokenStatus::Active).add(previous_works(now)).add(ends_by(now).not()),
        TokenStatus::Expiring => state(TokenStatus::Active)
            .add(ends_by(soon))
            .add(token::Column::ExpiresAt.gt(now))
            .add(previous_works(now).not()),
        TokenStatus::Active => state(status).add(ends_by(soon).not()).add(previous_works(now).not()),
    }
}

/// As [`status_is`], for rows of an index that has the state and the id: what the clock has made of some tokens is found out
/// once, and not by a look at each token.
fn status_left_over(status: TokenStatus, query: &TokenQuery<'_>) -> Condition {
    let TokenQuery { account_id, now, .. } = *query;
    let others = match status {
        TokenStatus::Active => vec![ends_by(now + TokenStatus::EXPIRING_WINDOW), previous_works(now)],
        TokenStatus::Inactive => vec![ends_by(now)],
        status => return status_is(status, now),
    };
    let is_in_state = without_index(token::Column::State.into_expr()).eq(status.as_str());
    others.into_iter().fold(Condition::all().add(is_in_state), |all, others| {
        let of_account = token::Entity::find().select_only().column(token::Column::Id);
        let of_account = of_account.filter(token::Column::AccountId.eq(account_id)).filter(state(status));
        all.add(token::Column::Id.not_in_subquery(of_account.filter(others).into_query()))
    })
}

/// The word for what a token is worth at a moment.
fn status_at(now: i64) -> Expr {
    // Compared by bytes, as the columns are.
    let word = |status: TokenStatus| Expr::cust(format!("'{}' COLLATE \"C\"", status.as_str()));
    let others = TokenStatus::ALL.into_iter().filter(|status| *status != TokenStatus::Active);
    let case = others.fold(CaseStatement::new(), |case, status| case.case(status_is(status, now), word(status)));
    case.finally(word(TokenStatus::Active)).into()
}

fn column(name: &str, query: &TokenQuery<'_>, way: Way) -> Column {
    match name {
        "permissions.id" => permission(Expr::cust(PERMISSION_ID), way),
        "permissions.object.id" => permission(token_permission::Column::ModuleId.into_expr(), way),
        "status" if !matches!(way, Way::Walk | Way::Ids) => {
            let is_worth = |status| match way {
                Way::Pass | Way::Count => status_left_over(status, query),
                _ => status_is(status, query.now),
            };
            let words = TokenStatus::ALL.map(|status| (status.as_str(), is_worth(status)));
            Column::Words(status_at(query.now), words.to_vec())
        }
        // Only what the walk goes along can shorten it.
        _ if matches!(way, Way::Walk | Way::Pass)
            && query.ordering.first().is_none_or(|key| key.property.text != name) =>
        {
            Column::One(without_index(own_column(name, query.now)))
        }
        _ if way == Way::Ids => Column::One(without_index(own_column(name, query.now))),
        _ => Column::One(own_column(name, query.now)),
    }
}

/// [`crate::tokens::present`] makes the same id in Rust.
const PERMISSION_ID: &str =
    r#"'TP-' || substr("token_permissions"."token_id", 4) || '-' || substr("token_permissions"."module_id", 4)"#;

/// The same filter, in which the id of a permission that is asked for is that of its token and that of its module: for these
/// there are indexes.
fn by_token_and_module(filter: &Filter) -> Filter {
    match filter {
        Filter::And(filters) => Filter::And(filters.iter().map(by_token_and_module).collect()),
        Filter::Compare { property, comparison: Comparison::Eq, value: Value::Text(id) }
            if property.text == "permissions.id" =>
        {
            let parts = id.strip_prefix("TP-").and_then(|digits| digits.rsplit_once('-'));
            let Some((token, module)) = parts else { return filter.clone() };
            let is = |property: &str, id: String| Filter::Compare {
                property: property.into(),
                comparison: Comparison::Eq,
                value: Value::Text(id),
            };
            let module = is("permissions.object.id", format!("MD-{module}"));
            Filter::And(vec![is("id", format!("SU-{token}")), module])
        }
        other => other.clone(),
    }
}

/// Something about the permissions of the token under test.
fn permission(value: Expr, way: Way) -> Column {
    let key = token_permission::Column::TokenId.into_expr();
    let rows = Rows {
        all: Query::select().expr(key.clone()).from(token_permission::Entity).to_owned(),
        key,
        of: token::Column::Id.into_expr(),
        are_few: way == Way::Sort,
    };
    Column::Many(Box::new(rows), value)
}

pub(super) fn own_column(name: &str, now: i64) -> Expr {
    let column = match name {
        "status" => return status_at(now),
        "description" => token::Column::Description,
        "name" => token::Column::Name,
        "external_id" => token::Column::ExternalId,
        "extension.id" => token::Column::ExtensionId,
        "extension.name" => token::Column::ExtensionName,
        "expiration_date" => token::Column::ExpiresAt,
        "events.created.at" => token::Column::CreatedAt,
        "events.created.by.id" => token::Column::CreatedById,
        "events.created.by.name" => token::Column::CreatedByName,
        _ => token::Column::Id,
    };
    Expr::col((token::Entity, column))
}
