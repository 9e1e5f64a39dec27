//! What is asked of a token, in terms of the database: the properties of a filter, statuses, and which index shall be taken.

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _,
    sea_query::{CaseStatement, Expr, Func, Query},
};

use super::{
    Result, Store,
    entities::{token, token_permission},
    filter::{self, Column, Rows},
    long_lists::depends_on_clock,
    token_lists::TokenQuery,
    token_words::{Part, Words},
};
use crate::rql::{Comparison, Filter, Value};

/// How the database is made to find a page. PostgreSQL knows by itself, but of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As its planner likes.
    Own,
    /// By the filter, a part on PostgreSQL among it; what is found is sorted.
    Sort,
    /// By the ids that have the words; what is found is sorted.
    Words,
    /// Along the order, until the page is full.
    Walk,
    /// Along the order as well, but past so many rows that the index should do for all of them.
    Pass,
    /// As SQLite's planner likes, past all rows: the index should do for them.
    Count,
    /// As PostgreSQL's planner likes, past many rows or all: the index should do for them.
    OwnIndex,
}

/// The same value, for which no database looks for an index.
pub(super) fn without_index(column: Expr) -> Expr {
    Func::coalesce([column.clone(), column]).into()
}

/// So many rows are passed over with a look at each of them.
const NEAR: u64 = 250;

/// So many tokens that still have two secrets are found out first.
const FEW_RENEWED: u64 = 2500;

impl Store {
    /// How rows of a list in its order are passed over, so many of them.
    pub(super) async fn way_past(&self, offset: u64, query: &TokenQuery<'_>) -> Result<Way> {
        Ok(match (offset <= NEAR || self.is_best_looked_at(query).await?, self.is_shared()) {
            (true, true) => Way::Own,
            (true, false) => Way::Walk,
            (false, true) => Way::OwnIndex,
            (false, false) => Way::Pass,
        })
    }

    /// How all rows of a list are counted.
    pub(super) async fn way_past_all(&self, query: &TokenQuery<'_>) -> Result<Way> {
        Ok(match (self.is_best_looked_at(query).await?, self.is_shared()) {
            (true, _) => Way::Own,
            (false, true) => Way::OwnIndex,
            (false, false) => Way::Count,
        })
    }

    /// Whether a status is asked for, and so many tokens have two secrets that each is better looked at.
    async fn is_best_looked_at(&self, query: &TokenQuery<'_>) -> Result<bool> {
        if !depends_on_clock(query.filter) {
            return Ok(false);
        }
        let tokens = token::Entity::find().filter(token::Column::AccountId.eq(query.account_id));
        let renewed = tokens.filter(state(TokenStatus::Active)).filter(token::Column::PreviousDigest.is_not_null());
        let one = renewed.select_only().column(token::Column::State).limit(1).offset(FEW_RENEWED).into_query();
        Ok(self.readers.query_one(&one).await?.is_some())
    }

    /// Which rows.
    pub(super) fn condition(&self, query: &TokenQuery<'_>, words: &Words, way: Way) -> Condition {
        let account_id = token::Column::AccountId.into_expr();
        // SQLite would take any index that begins with the account before the one of what words led to.
        let is_hidden = way == Way::Words && !self.is_shared();
        let account_id = if is_hidden { without_index(account_id) } else { account_id };
        let own = Condition::all().add(account_id.eq(query.account_id));
        let own =
            if query.with_deleted { own } else { own.add(token::Column::State.ne(TokenStatus::Deleted.as_str())) };
        let filtered = own.add(filter::condition(query.filter, &|name| column(name, query, way)));
        match words {
            Words::None => filtered,
            Words::Few(numbers) => filtered.add(self.is_one_of(numbers)),
            Words::Part(part) => filtered.add(has_part(part)),
            Words::Many(text) | Words::Texts(text) => {
                filtered.add(filter::contains(token::Column::Search.into_expr(), text))
            }
        }
    }
}

/// As PostgreSQL's index of parts asks for it (`m0011_patterns`): no other condition has this collation.
pub(super) fn has_part(part: &Part) -> Expr {
    let folded = Func::lower(Expr::col((token::Entity, part.column))).into();
    filter::contains(Expr::cust_with_exprs(r#"$1 COLLATE "POSIX""#, [folded]), &part.letters)
}

pub(super) fn state(status: TokenStatus) -> Condition {
    Condition::all().add(token::Column::State.eq(status.as_str()))
}

pub(super) fn ends_by(moment: i64) -> Condition {
    Condition::all().add(token::Column::ExpiresAt.is_not_null()).add(token::Column::ExpiresAt.lte(moment))
}

pub(super) fn previous_works(now: i64) -> Condition {
    let still = token::Column::PreviousExpiresAt.is_null().or(token::Column::PreviousExpiresAt.gt(now));
    Condition::all().add(token::Column::PreviousDigest.is_not_null()).add(still)
}

/// Whether a token is worth `status` at a moment, in terms of the indexed columns; never SQL's "unknown".
/// [`crate::tokens::status`] is the same rule in Rust.
pub(super) fn status_is(status: TokenStatus, now: i64) -> Condition {
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

/// As [`status_is`], for rows of an index that has the state, the end and the id: which tokens still have two secrets is found
/// out once, and not by a look at each token, unless the walk is short.
fn status_by_index(status: TokenStatus, query: &TokenQuery<'_>, way: Way) -> Condition {
    let TokenQuery { account_id, now, .. } = *query;
    let is_in_state = match way {
        Way::OwnIndex => token::Column::State.into_expr(),
        // SQLite would take the index of states, and sort.
        _ => without_index(token::Column::State.into_expr()),
    };
    let all = Condition::all().add(is_in_state.eq(status.as_str()));
    match status {
        TokenStatus::Active => {
            let all = all.add(ends_by(now + TokenStatus::EXPIRING_WINDOW).not());
            if way == Way::Walk {
                return all.add(previous_works(now).not());
            }
            let renewed = token::Entity::find().select_only().column(token::Column::Id);
            let renewed = renewed.filter(token::Column::AccountId.eq(account_id)).filter(state(status));
            all.add(token::Column::Id.not_in_subquery(renewed.filter(previous_works(now)).into_query()))
        }
        TokenStatus::Inactive => all.add(ends_by(now).not()),
        status => status_is(status, now),
    }
}

/// The word for what a token is worth at a moment.
fn status_at(now: i64) -> Expr {
    // Compared by bytes, as the columns are.
    let word = |status: TokenStatus| Expr::cust(format!("'{}' COLLATE \"C\"", status.as_str()));
    let others = TokenStatus::ALL.into_iter().filter(|status| *status != TokenStatus::Active);
    let case = others.fold(CaseStatement::new(), |case, status| case.case(status_is(status, now), word(status)));
    case.finally(word(TokenStatus::Active)).into()
}

pub(super) fn column(name: &str, query: &TokenQuery<'_>, way: Way) -> Column {
    match name {
        "permissions.id" => permission(Expr::cust(PERMISSION_ID), way),
        "permissions.object.id" => permission(token_permission::Column::ModuleId.into_expr(), way),
        "status" if way != Way::Words => {
            let is_worth = |status| match way {
                Way::Walk | Way::Pass | Way::Count | Way::OwnIndex => status_by_index(status, query, way),
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
        _ if way == Way::Words => Column::One(without_index(own_column(name, query.now))),
        _ => Column::One(own_column(name, query.now)),
    }
}

/// [`crate::tokens::present`] makes the same id in Rust.
const PERMISSION_ID: &str =
    r#"'TP-' || substr("token_permissions"."token_id", 4) || '-' || substr("token_permissions"."module_id", 4)"#;

/// The same filter, in which the id of a permission that is asked for is that of its token and that of its module: for these
/// there are indexes.
pub(super) fn by_token_and_module(filter: &Filter) -> Filter {
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
