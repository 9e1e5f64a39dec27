//! The indexes in which words of tokens are found, by the tokens' numbers. Triggers keep them (`m0008_letters_and_steps`,
//! `m0009_groups_and_marks`).

use std::{ops::Range, thread};

use latchkey_shared::TokenId;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, ExprTrait as _, QueryResult, Statement,
    TransactionTrait as _,
    sea_query::{ExplainFormat, ExplainStatement, Expr, PostgresQueryBuilder, Query, SelectStatement},
};

use super::{Result, Store, entities::token, filter, token_lists::FEW};

/// The index of words knows no shorter ones; the index of letters knows those.
pub(super) const SHORTEST_WORD: usize = 3;

/// An account's tokens have numbers of so many digits.
const NUMBERS: i64 = 1_000_000_000;

/// Words that more than one in so many tokens has are better counted before any are taken.
pub(super) const COMMON: u64 = 20;

/// The letter of SQLite's marks for the three digits 000.
const FIRST_LETTER: u32 = 19968;

/// What tokens shall have beside words, of what the indexes of words know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Marks<'a> {
    /// Their extension.
    pub extension_id: Option<&'a str>,
    /// Whether they shall be switched off, whatever the clock says; else it does not matter.
    pub only_inactive: bool,
}

/// An index of words.
pub(super) struct Index {
    /// Its rows that have the words, of all accounts, without columns.
    pub rows: SelectStatement,
    /// The column that numbers them.
    pub number: &'static str,
    /// Whether it is worth while, for all that the account has.
    pub is_large: bool,
    /// Whether so many tokens seem to have the words that these are better counted before any are taken.
    pub is_common: bool,
    /// Whether the numbers shall not lead to the rows, nor all rows be looked at: PostgreSQL's planner thinks that to make
    /// letters of every row costs no more than to find in the index those that nearly all rows have.
    pub is_sole: bool,
}

impl Index {
    /// The rows with some of the numbers.
    pub fn rows(&mut self, numbers: Range<i64>) -> &mut SelectStatement {
        let number = Expr::col(self.number);
        // A sum is in no index.
        let number = if self.is_sole { number.add(0) } else { number };
        self.rows.and_where(number.between(numbers.start, numbers.end - 1))
    }
}

impl Store {
    /// Where to find the tokens that have the [`folded`](crate::rql::folded) words and the marks. In PostgreSQL those that are
    /// inactive are told apart by who counts.
    pub(super) async fn look_up(&self, account_id: &str, words: &str, marks: Marks<'_>) -> Result<Index> {
        let mut rows = Query::select();
        if !self.is_shared() {
            let (table, wanted) = if is_short(words) {
                ("token_letters", letters_and_marks(words, marks))
            } else {
                ("token_search", words_and_marks(words, marks))
            };
            rows.from(table).and_where(Expr::cust_with_values(format!("{table} MATCH ?"), [wanted]));
            return Ok(Index { rows, number: "rowid", is_large: false, is_common: false, is_sole: false });
        }
        let has_words = filter::contains(Expr::col("search"), words);
        rows.from("token_search");
        let all = self.counts_within(account_id, None).await?.alive();
        // Of few tokens, all are looked at as quickly as the index is.
        let is_large = all > FEW;
        let is_common = is_large && {
            let mut with_words = rows.clone();
            let numbers = numbers_of(account_id);
            let is_own = Expr::col("number").between(numbers.start, numbers.end - 1);
            with_words.expr(Expr::val(1)).and_where(has_words.clone()).and_where(is_own);
            self.estimate(with_words).await? > all / COMMON
        };
        if let Some(id) = marks.extension_id {
            rows.and_where(Expr::col("extension_id").eq(id));
        }
        let by_letters = is_large && !is_common && is_short(words);
        rows.and_where(if by_letters {
            let letters = words.chars().fold(0, |letters, letter| letters << 21 | i64::from(u32::from(letter)));
            Expr::cust_with_values("latchkey_letters(search) @> $1", [vec![letters]])
        } else {
            has_words
        });
        Ok(Index { rows, number: "number", is_large, is_common, is_sole: by_letters })
    }

    /// How many rows PostgreSQL's planner expects.
    pub(super) async fn estimate(&self, query: SelectStatement) -> Result<u64> {
        let explain = ExplainStatement::new().statement(query).format(ExplainFormat::Json);
        let (sql, values) = explain.build(PostgresQueryBuilder);
        let explain = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values);
        let Some(row) = self.readers.query_one_raw(explain).await? else { return Ok(0) };
        let plan: serde_json::Value = row.try_get_by_index(0)?;
        Ok(plan[0]["Plan"]["Plan Rows"].as_f64().unwrap_or_default() as u64)
    }

    /// Whether a token has one of the numbers.
    pub(super) fn is_one_of(&self, numbers: &[i64]) -> Expr {
        // One value, however many there are: databases have a limit on values.
        if self.is_shared() {
            // Behind a SELECT, since the planner would estimate how many rows there are for each of them.
            let is_one = r#"latchkey_token_number("tokens"."account_id", "tokens"."id") = ANY((SELECT $1)::bigint[])"#;
            return Expr::cust_with_values(is_one, [numbers.to_vec()]);
        }
        let id = |number: &i64| {
            let number = u32::try_from(number % NUMBERS).unwrap_or_default();
            String::from(TokenId::from_number(number))
        };
        let ids = serde_json::json!(numbers.iter().map(id).collect::<Vec<_>>()).to_string();
        // As the index asks for it that has what lists ask of tokens (`m0011_patterns`).
        let id = token::Column::Id.into_expr();
        Expr::cust_with_exprs("? || '' IN (SELECT value FROM json_each(?))", [id, ids.into()])
    }

    /// The one row that a query asks for; `is_sole` is that of the [`Index`] that it asks.
    pub(super) async fn ask(&self, query: &SelectStatement, is_sole: bool) -> Result<Option<QueryResult>> {
        // All, though it is one: PostgreSQL does not divide work among its processes when it is to stop after the first.
        if !is_sole {
            return Ok(self.readers.query_all(query).await?.pop());
        }
        let transaction = self.readers.begin().await?;
        transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
        let mut rows = transaction.query_all(query).await?;
        transaction.commit().await?;
        Ok(rows.pop())
    }
}

fn is_short(words: &str) -> bool {
    words.chars().count() < SHORTEST_WORD
}

/// What to look for in SQLite's index of words.
fn words_and_marks(words: &str, marks: Marks<'_>) -> String {
    // In double quotes it is a phrase of trigrams, which only a text has that has those letters in a row.
    let mut wanted = format!("search : \"{}\"", words.replace('"', "\"\""));
    if marks.only_inactive {
        wanted += " AND marks : \"---\"";
    }
    if let Some(id) = marks.extension_id {
        let letter = |digits: &str| digits.parse().ok().and_then(|number: u32| char::from_u32(FIRST_LETTER + number));
        wanted += " AND marks : \"#";
        wanted.extend(id.split('-').skip(1).filter_map(letter));
        wanted += "\"";
    }
    wanted
}

/// What to look for in SQLite's index of letters: at the most two.
fn letters_and_marks(letters: &str, marks: Marks<'_>) -> String {
    let mut wanted: String = letters.bytes().map(|byte| format!("{byte:02x}")).collect();
    wanted = format!("\"{wanted}\"");
    if marks.only_inactive {
        wanted += " AND off";
    }
    if let Some(id) = marks.extension_id {
        wanted += " AND x";
        wanted.extend(id.chars().filter(char::is_ascii_digit));
    }
    wanted
}

/// On how many connections one question is asked at once: each core has a part of the work.
pub(super) fn connections_at_once() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().min(4))
}

/// The number of a token in the indexes.
pub(super) fn number_of(account_id: &str, id: &str) -> i64 {
    numbers_of(account_id).start + i64::from(TokenId::number_of(id))
}

/// The numbers of an account's tokens in the indexes: the account's digits, with a 1 in front for a provider, and nine for
/// the token's.
pub(super) fn numbers_of(account_id: &str) -> Range<i64> {
    let digits = account_id.bytes().filter(u8::is_ascii_digit);
    let of_kind = i64::from(account_id.starts_with('P'));
    let account = digits.fold(of_kind, |number, digit| number * 10 + i64::from(digit - b'0'));
    account * NUMBERS..(account + 1) * NUMBERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_either_kind_have_numbers_of_their_own() {
        assert_eq!(numbers_of("VA-000-007"), 7_000_000_000..8_000_000_000);
        assert_eq!(numbers_of("PA-000-007"), 1_000_007_000_000_000..1_000_008_000_000_000);
    }
}
