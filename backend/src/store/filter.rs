//! A resolved RQL filter as a condition of the database.

use sea_orm::{
    Condition, ExprTrait as _,
    sea_query::{Expr, Func, LikeExpr, SelectStatement},
};

use crate::rql::{Comparison, Filter, Pattern, PatternPart, Value};

/// Where a property is kept.
#[derive(Debug, Clone)]
pub enum Column {
    /// In the row: an expression that reads it.
    One(Expr),
    /// In any number of rows of another table: where, and an expression that reads it in one of them.
    Many(Box<Rows>, Expr),
}

/// The rows of another table that belong to the row under test.
#[derive(Debug, Clone)]
pub struct Rows {
    /// All of the table, its key alone.
    pub all: SelectStatement,
    /// Whose they are.
    pub key: Expr,
    /// The row under test.
    pub of: Expr,
}

impl Rows {
    fn exist(mut self, condition: Condition) -> Condition {
        // `LIMIT 1` says nothing new, but SQLite 3.51.3 joins an `EXISTS` without it, and then counts a row once for
        // each match when it skips rows for `OFFSET`.
        self.all.cond_where(condition).and_where(self.key.eq(self.of)).limit(1);
        Condition::all().add(Expr::exists(self.all))
    }
}

/// Finds a property by its declared name.
pub type Columns<'a> = &'a dyn Fn(&str) -> Column;

/// The condition that selects the rows which fulfil `filter`. No leaf is ever SQL's "unknown", so that `not`
/// means the opposite on rows with nulls, too.
pub fn condition(filter: &Filter, columns: Columns<'_>) -> Condition {
    match filter {
        Filter::And(filters) => among(filters, Comparison::Ne, columns).unwrap_or_else(|| {
            filters.iter().fold(Condition::all(), |all, filter| all.add(condition(filter, columns)))
        }),
        Filter::Or(filters) => among(filters, Comparison::Eq, columns).unwrap_or_else(|| {
            filters.iter().fold(Condition::any(), |any, filter| any.add(condition(filter, columns)))
        }),
        Filter::Not(inner) => condition(inner, columns).not(),
        Filter::Compare { property, comparison, value } => match (columns(&property.text), comparison, value) {
            (Column::One(column), ..) => compare(column, *comparison, value),
            (Column::Many(rows, _), Comparison::Eq, Value::Null) => rows.exist(Condition::all()).not(),
            (Column::Many(rows, _), Comparison::Ne, Value::Null) => rows.exist(Condition::all()),
            // "Not equal" is about all of them: none is equal.
            (Column::Many(rows, column), Comparison::Ne, _) => rows.exist(compare(column, Comparison::Eq, value)).not(),
            (Column::Many(rows, column), ..) => rows.exist(compare(column, *comparison, value)),
        },
        Filter::Like { property, pattern, case_sensitive } => match columns(&property.text) {
            Column::One(column) => like(column, pattern, *case_sensitive),
            Column::Many(rows, value) => rows.exist(like(value, pattern, *case_sensitive)),
        },
    }
}

/// `in(…)` and `out(…)` as SQL's `IN`: a chain of a thousand `OR`s is deeper than SQLite takes.
fn among(filters: &[Filter], wanted: Comparison, columns: Columns<'_>) -> Option<Condition> {
    let (name, values) = Filter::values_of_one(filters, wanted).filter(|(_, values)| values.len() > 1)?;
    let is_one_of = |column: Expr| {
        let values = values.iter().filter_map(|value| match value {
            Value::Text(text) => Some(sea_orm::Value::from(text.clone())),
            Value::Integer(integer) => Some((*integer).into()),
            _ => None,
        });
        Condition::all().add(column.clone().is_not_null()).add(column.is_in(values))
    };
    let found = match columns(&name.text) {
        Column::One(column) => is_one_of(column),
        Column::Many(rows, value) => rows.exist(is_one_of(value)),
    };
    Some(if wanted == Comparison::Eq { found } else { found.not() })
}

fn nothing() -> Condition {
    Condition::all().add(Expr::cust("1 = 0"))
}

fn compare(column: Expr, comparison: Comparison, value: &Value) -> Condition {
    let wanted = match value {
        Value::Null => {
            return match comparison {
                Comparison::Eq => Condition::all().add(column.is_null()),
                Comparison::Ne => Condition::all().add(column.is_not_null()),
                // Nothing is greater or less than null.
                _ => nothing(),
            };
        }
        Value::Empty => Expr::value(""),
        Value::Text(text) => Expr::value(text.clone()),
        Value::Integer(integer) => Expr::value(*integer),
        Value::Boolean(boolean) => Expr::value(*boolean),
    };
    let known = column.clone().is_not_null();
    let compared = match comparison {
        Comparison::Ne => return Condition::any().add(column.clone().is_null()).add(column.ne(wanted)),
        Comparison::Eq => column.eq(wanted),
        Comparison::Gt => column.gt(wanted),
        Comparison::Ge => column.gte(wanted),
        Comparison::Lt => column.lt(wanted),
        Comparison::Le => column.lte(wanted),
    };
    Condition::all().add(known).add(compared)
}

/// Without regard to case means A to Z: SQLite folds no other letter, and PostgreSQL's columns have the collation
/// "C", so that both answer alike whatever the locale of the machine.
fn like(column: Expr, pattern: &Pattern, case_sensitive: bool) -> Condition {
    let known = column.clone().is_not_null();
    let pattern: String = pattern
        .0
        .iter()
        .map(|part| match part {
            PatternPart::Anything => "%".to_owned(),
            PatternPart::Literal(literal) => escaped(literal),
        })
        .collect();
    let matched = if case_sensitive {
        column.like(LikeExpr::new(pattern).escape('\\'))
    } else {
        Expr::expr(Func::lower(column)).like(LikeExpr::new(pattern.to_ascii_lowercase()).escape('\\'))
    };
    Condition::all().add(known).add(matched)
}

/// Whether `column` contains a term. Both are in the form of
/// [`normalize_for_search`](crate::rql::normalize_for_search).
pub fn contains(column: Expr, term: &str) -> Expr {
    column.like(LikeExpr::new(format!("%{}%", escaped(term))).escape('\\'))
}

fn escaped(literal: &str) -> String {
    literal.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
