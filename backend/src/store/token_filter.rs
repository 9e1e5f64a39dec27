//! The properties of a token that a client can filter and order by, as columns of the database.

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, Condition, ExprTrait as _,
    sea_query::{CaseStatement, Expr, Query},
};

use super::{
    entities::{token, token_last_use, token_permission},
    filter::{Column, Rows},
};

/// [`crate::tokens::present`] makes the same id in Rust.
const PERMISSION_ID: &str =
    r#"'TP-' || substr("token_permissions"."token_id", 4) || '-' || substr("token_permissions"."module_id", 4)"#;

/// Where a property is stored.
pub(super) fn column(name: &str, now: i64) -> Column {
    match name {
        "permissions.id" => permission(Expr::cust(PERMISSION_ID)),
        "permissions.object.id" => permission(token_permission::Column::ModuleId.into_expr()),
        _ => Column::One(own_column(name, now)),
    }
}

/// A property that is stored in the row of the token.
pub(super) fn own_column(name: &str, now: i64) -> Expr {
    let column = match name {
        "status" => return status_expr(now),
        "description" => token::Column::Description,
        "name" => token::Column::Name,
        "external_id" => token::Column::ExternalId,
        "extension.id" => token::Column::ExtensionId,
        "extension.name" => token::Column::ExtensionName,
        "expiration_date" => token::Column::ExpiresAt,
        "last_used.at" => return last_used_at(),
        "events.created.at" => token::Column::CreatedAt,
        "events.created.by.id" => token::Column::CreatedById,
        "events.created.by.name" => token::Column::CreatedByName,
        _ => token::Column::Id,
    };
    Expr::col((token::Entity, column))
}

/// Whether a property that can be ordered by may be null.
pub(super) fn is_nullable(name: &str) -> bool {
    matches!(name, "expiration_date" | "last_used.at")
}

/// When the token was last used; NULL if it never was.
fn last_used_at() -> Expr {
    let of = token_last_use::Column::TokenId.into_expr().eq(token::Column::Id.into_expr());
    let mut last = Query::select();
    last.expr(token_last_use::Column::At.into_expr()).from(token_last_use::Entity).and_where(of);
    Expr::SubQuery(None, Box::new(last.into()))
}

/// A column of the token's permissions.
fn permission(value: Expr) -> Column {
    let key = token_permission::Column::TokenId.into_expr();
    let rows = Rows {
        all: Query::select().expr(key.clone()).from(token_permission::Entity).to_owned(),
        key,
        of: token::Column::Id.into_expr(),
    };
    Column::Many(Box::new(rows), value)
}

/// The status of a token as text.
fn status_expr(now: i64) -> Expr {
    // Compared by bytes, as the columns are.
    let text = |status: TokenStatus| Expr::cust(format!("'{}' COLLATE \"C\"", status.as_str()));
    let others = TokenStatus::ALL.into_iter().filter(|status| *status != TokenStatus::Active);
    let case = others.fold(CaseStatement::new(), |case, status| case.case(status_is(status, now), text(status)));
    case.finally(text(TokenStatus::Active)).into()
}

/// Whether a token has a status at `now`; never NULL. [`crate::tokens::status`] is the same rule in Rust.
fn status_is(status: TokenStatus, now: i64) -> Condition {
    let state = |status: TokenStatus| Condition::all().add(token::Column::State.eq(status.as_str()));
    let expires_by =
        |at: i64| Condition::all().add(token::Column::ExpiresAt.is_not_null()).add(token::Column::ExpiresAt.lte(at));
    let previous_works = || {
        let works_on = token::Column::PreviousExpiresAt.is_null().or(token::Column::PreviousExpiresAt.gt(now));
        Condition::all().add(token::Column::PreviousDigest.is_not_null()).add(works_on)
    };
    let soon = now + TokenStatus::EXPIRING_WINDOW;
    match status {
        TokenStatus::Deleted => state(status),
        TokenStatus::Expired => {
            Condition::all().add(token::Column::State.ne(TokenStatus::Deleted.as_str())).add(expires_by(now))
        }
        TokenStatus::Inactive => state(status).add(expires_by(now).not()),
        TokenStatus::Revitalised => state(TokenStatus::Active).add(previous_works()).add(expires_by(now).not()),
        TokenStatus::Expiring => state(TokenStatus::Active)
            .add(expires_by(soon))
            .add(token::Column::ExpiresAt.gt(now))
            .add(previous_works().not()),
        TokenStatus::Active => state(status).add(expires_by(soon).not()).add(previous_works().not()),
    }
}
