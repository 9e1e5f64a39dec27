//! Where a page far down in a list begins. Passing over rows costs time by their number; so counts are kept by steps of
//! the orders that are asked for when nothing else is, and all steps before the page are passed over at once.

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, ExprTrait as _, Order,
    sea_query::{Alias, Expr, Query},
};

use super::{Result, Store, entities::token, token_lists::TokenQuery};

/// So many rows are passed over one by one as quickly.
const WORTHWHILE: u64 = 1000;

const DAY: i64 = 86_400;

impl Store {
    /// A condition that passes over the first rows of a list, and how many are still to be passed over with it. `None`
    /// when the list is no account's whole one, in another order than by id or creation, or when the page is near.
    pub(super) async fn step_of(&self, query: &TokenQuery<'_>) -> Result<Option<(Condition, u64)>> {
        let kind = match query.ordering.first().map(|key| key.property.text.as_str()) {
            None | Some("id") => "id",
            Some("events.created.at") => "created",
            Some(_) => return Ok(None),
        };
        if query.offset < WORTHWHILE || query.with_deleted || query.search.is_some() || !query.filter.is_all() {
            return Ok(None);
        }
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
}
