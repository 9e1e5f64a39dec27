//! Where a page far down in a list begins, and how many tokens were created, or end, in some time. Passing over rows, or counting
//! them, costs time by their number; so counts are kept by steps of the orders that are asked for when nothing else is:
//! all steps before the page are passed over at once, and whole days are added up.

use std::{
    cmp::{max, min},
    ops::Range,
};

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, ExprTrait as _, Order, QueryFilter as _,
    sea_query::{Alias, Expr, Query},
};

use super::{Result, Store, entities::token, token_lists::TokenQuery};
use crate::rql::{Comparison, Filter, Value};

/// So many rows are passed over one by one as quickly.
pub(super) const WORTHWHILE: u64 = 1000;

const DAY: i64 = 86_400;

/// Later than any moment that can be written, in seconds since 1970.
const NEVER: i64 = 1 << 40;

impl Store {
    /// A condition that passes over the first rows of a list, and how many are still to be passed over with it. `None`
    /// when the list is no account's whole one, in another order than by id or creation, or when the page is near.
    pub(super) async fn step_of(&self, query: &TokenQuery<'_>) -> Result<Option<(Condition, u64)>> {
        let Some(kind) = steps_of(query).filter(|_| query.offset >= WORTHWHILE) else { return Ok(None) };
        let descending = query.ordering.first().is_some_and(|key| key.descending);
        let before = if descending { "DESC" } else { "ASC" };
        let steps = Query::select()
            .column("step")
            .expr_as(
                // The type is for PostgreSQL, where sums are wider than what they sum up.
                Expr::cust(format!("CAST(SUM(tokens) OVER (ORDER BY step {before}) AS bigint) - tokens")),
                "before",
            )
            .from("token_steps")
            .and_where(Expr::col("account_id").eq(query.account_id))
            .and_where(Expr::col("kind").eq(kind))
            .to_owned();
        let offset = i64::try_from(query.offset).unwrap_or(i64::MAX);
        let last = Query::select()
            .columns(["step", "before"])
            .from_subquery(steps, Alias::new("steps"))
            .and_where(Expr::col("before").lte(offset))
            .order_by("before", Order::Desc)
            .limit(1)
            .to_owned();
        let Some(row) = self.readers.query_one(&last).await? else { return Ok(None) };
        let (step, before): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let start = match (kind, descending) {
            ("created", false) => token::Column::CreatedAt.gte(step * DAY),
            ("created", true) => token::Column::CreatedAt.lt((step + 1) * DAY),
            (_, false) => token::Column::Id.gte(format!("SU-{step:03}-")),
            // A dot comes after a dash.
            (_, true) => token::Column::Id.lt(format!("SU-{step:03}.")),
        };
        Ok(Some((Condition::all().add(start), query.offset - before.unsigned_abs())))
    }

    /// How many tokens a list has that asks for nothing but when they were created, or when they end. `None` when it asks
    /// for anything else.
    pub(super) async fn count_in_time(&self, query: &TokenQuery<'_>) -> Result<Option<u64>> {
        if query.with_deleted || query.search.is_some() {
            return Ok(None);
        }
        let moments = [
            ("events.created.at", "created", token::Column::CreatedAt),
            ("expiration_date", "ends", token::Column::ExpiresAt),
        ];
        for (property, kind, column) in moments {
            if lacks(query.filter, property) {
                let all = self.counts_of(query.account_id, "", "").await?.alive();
                let having = self.count_span(query.account_id, -NEVER..NEVER, kind, column).await?;
                return Ok(Some(all.saturating_sub(having)));
            }
            let mut span = -NEVER..NEVER;
            if narrow(&mut span, query.filter, property) {
                return Ok(Some(self.count_span(query.account_id, span, kind, column).await?));
            }
        }
        Ok(None)
    }

    async fn count_span(&self, account_id: &str, span: Range<i64>, kind: &str, column: token::Column) -> Result<u64> {
        // One by one, at the most on two days.
        let count = async |span: Range<i64>| {
            if span.is_empty() {
                return Ok(0);
            }
            let own = token::Entity::find()
                .filter(token::Column::AccountId.eq(account_id))
                .filter(token::Column::State.ne(TokenStatus::Deleted.as_str()));
            self.number_of_tokens(own.filter(column.gte(span.start)).filter(column.lt(span.end))).await
        };
        let (first, last) = ((span.start + DAY - 1).div_euclid(DAY), span.end.div_euclid(DAY));
        if first >= last {
            return count(span).await;
        }
        let days = Query::select()
            // The type is for PostgreSQL, where sums are wider than what they sum up.
            .expr(Expr::cust("CAST(COALESCE(SUM(tokens), 0) AS bigint)"))
            .from("token_steps")
            .and_where(Expr::col("account_id").eq(account_id))
            .and_where(Expr::col("kind").eq(kind))
            .and_where(Expr::col("step").gte(first))
            .and_where(Expr::col("step").lt(last))
            .to_owned();
        let days = self.number(&days).await?;
        Ok(count(span.start..first * DAY).await? + days.unsigned_abs() + count(last * DAY..span.end).await?)
    }
}

/// The steps of the order of a list, if it is the whole one and has any.
pub(super) fn steps_of(query: &TokenQuery<'_>) -> Option<&'static str> {
    let is_whole = !query.with_deleted && query.search.is_none() && query.filter.is_all();
    match query.ordering.first().map(|key| key.property.text.as_str()) {
        None | Some("id") if is_whole => Some("id"),
        Some("events.created.at") if is_whole => Some("created"),
        _ => None,
    }
}

/// Whether a filter asks for nothing but that a property has no value.
fn lacks(filter: &Filter, name: &str) -> bool {
    matches!(filter, Filter::Compare { property, comparison: Comparison::Eq, value: Value::Null } if property.text == name)
}

/// Narrows a span of seconds down to the moments of `moment` that a filter lets pass. False when it asks for anything else,
/// or for nothing.
fn narrow(span: &mut Range<i64>, filter: &Filter, moment: &str) -> bool {
    match filter {
        Filter::And(filters) => !filters.is_empty() && filters.iter().all(|filter| narrow(span, filter, moment)),
        Filter::Compare { property, comparison, value: Value::Integer(value) } if property.text == moment => {
            let moment = (*value).clamp(-NEVER, NEVER);
            match comparison {
                Comparison::Gt => span.start = max(span.start, moment + 1),
                Comparison::Ge => span.start = max(span.start, moment),
                Comparison::Lt => span.end = min(span.end, moment),
                Comparison::Le => span.end = min(span.end, moment + 1),
                Comparison::Eq | Comparison::Ne => return false,
            }
            true
        }
        _ => false,
    }
}
