//! Words in the names, ids, external ids and descriptions of tokens: where they are looked up, and how many tokens have
//! them. Triggers keep the indexes (`m0008_letters_and_steps`, `m0009_groups_and_marks`), and what was counted once
//! (`m0010_word_totals`).

use std::{ops::Range, thread};

use futures_util::future::try_join_all;
use latchkey_shared::{Description, ExtensionId, ExternalId, TokenId, TokenName};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, ExprTrait as _, QueryResult, QuerySelect as _,
    QueryTrait as _, Select, Statement, TransactionTrait as _,
    sea_query::{ExplainFormat, ExplainStatement, Expr, PostgresQueryBuilder, Query, SelectStatement},
};

use super::{
    Result, Store,
    entities::token,
    filter,
    token_counts::ByState,
    token_lists::{FEW, TokenQuery},
};
use crate::rql::{Comparison, Filter, PatternPart, Value, folded};

/// The index of words knows no shorter ones; the index of letters knows those.
const SHORTEST_WORD: usize = 3;

/// The texts of a token have no more letters, in lower case as well: `İ` becomes two.
const LONGEST_WORDS: usize = 2 * (TokenName::MAX + ExternalId::MAX + Description::MAX) + 20;

/// An account's tokens have numbers of so many digits.
const NUMBERS: i64 = 1_000_000_000;

/// What the words of every token have in them: the beginning of its id.
const IN_ALL: &str = "su-";

/// Words that more than one in so many tokens has are better counted before any are taken.
pub(super) const COMMON: u64 = 20;

/// The letter of SQLite's marks for the three digits 000.
const FIRST_LETTER: u32 = 19968;

/// What the texts of a listed token must have in them.
#[derive(Debug, Clone)]
pub(super) enum Words {
    /// Nothing.
    None,
    /// So few tokens have it that here are their numbers in the index. None of them is deleted.
    Few(Vec<i64>),
    /// So many tokens have this that a walk along any order soon finds some. None of them is deleted.
    Many(String),
    /// Nothing but the texts themselves can be asked, since no index has deleted tokens.
    Texts(String),
}

/// What tokens shall have beside words, of what the indexes of words know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Marks<'a> {
    /// Their extension.
    pub extension_id: Option<&'a str>,
    /// Whether they shall be switched off, whatever the clock says; else it does not matter.
    pub only_inactive: bool,
}

/// An index of words.
struct Index {
    /// Its rows that have the words, of all accounts, without columns.
    rows: SelectStatement,
    /// The column that numbers them.
    number: &'static str,
    /// Whether it is worth while, for all that the account has.
    is_large: bool,
    /// Whether so many tokens seem to have the words that these are better counted before any are taken.
    is_common: bool,
    /// Whether the numbers shall not lead to the rows, nor all rows be looked at: PostgreSQL's planner thinks that to make
    /// letters of every row costs no more than to find in the index those that nearly all rows have.
    is_sole: bool,
}

impl Index {
    /// The rows with some of the numbers.
    fn rows(&mut self, numbers: Range<i64>) -> &mut SelectStatement {
        let number = Expr::col(self.number);
        // A sum is in no index.
        let number = if self.is_sole { number.add(0) } else { number };
        self.rows.and_where(number.between(numbers.start, numbers.end - 1))
    }
}

impl Store {
    /// The words that a list is asked for: those of the search, or else a part of a pattern, when it leaves over so few
    /// rows that the pattern is best held against those.
    pub(super) async fn words_of(&self, query: &TokenQuery<'_>) -> Result<Words> {
        Ok(match query.search {
            Some(words) if query.with_deleted => Words::Texts(folded(words)),
            Some(words) => {
                let text = folded(words);
                let few = self.few_with(query.account_id, &text).await?;
                few.map_or(Words::Many(text), Words::Few)
            }
            None if query.with_deleted => Words::None,
            None => match demanded(query.filter) {
                Some(word) => self.few_with(query.account_id, &word).await?.map_or(Words::None, Words::Few),
                None => Words::None,
            },
        })
    }

    /// The numbers of the tokens that have the words, when those are few.
    async fn few_with(&self, account_id: &str, words: &str) -> Result<Option<Vec<i64>>> {
        // SQLite's index would look each trigram of it up.
        if words.chars().count() > LONGEST_WORDS {
            return Ok(Some(Vec::new()));
        }
        let (kept, _) = self.kept_totals(account_id, words, "").await?;
        if kept.is_some_and(|total| total > FEW) {
            return Ok(None);
        }
        let mut index = self.look_up(account_id, words, Marks::default()).await?;
        if index.is_common && self.by_state_with(account_id, words, None, true).await?.alive() > FEW {
            return Ok(None);
        }
        index.is_sole = index.is_large;
        let (first, number) = (first_number_of(account_id), Expr::col(index.number));
        index.rows(first..first + NUMBERS).expr_as(number, "number").limit(FEW + 1);
        // In one row: ten thousand take longer to be handed over than to be found.
        let joined = Query::select()
            .expr(Expr::cust("string_agg(CAST(number AS text), ',')"))
            .from_subquery(index.rows, "rows")
            .to_owned();
        let joined: Option<String> = match self.ask(&joined, index.is_sole).await? {
            Some(row) => row.try_get_by_index(0)?,
            None => None,
        };
        let numbers = joined.iter().flat_map(|joined| joined.split(',')).filter_map(|number| number.parse().ok());
        let numbers: Vec<i64> = numbers.collect();
        Ok((numbers.len() as u64 <= FEW).then_some(numbers))
    }

    /// How many tokens of an account, or of one of its extensions, have the [`folded`] words. Unless the `inactive` ones are
    /// asked for, all are said to be active.
    pub(super) async fn by_state_with(
        &self,
        account_id: &str,
        words: &str,
        extension_id: Option<&str>,
        inactive: bool,
    ) -> Result<ByState> {
        let of_extension = match extension_id {
            Some(id) if !ExtensionId::is_shape_of(id) => Some(ByState::default()),
            Some(id) => Some(self.counts_of(account_id, "extension.id", id).await?),
            None => None,
        };
        let of_all = self.counts_of(account_id, "", "").await?;
        if IN_ALL.contains(words) {
            return Ok(ByState { deleted: 0, ..of_extension.unwrap_or(of_all) });
        }
        // What all have, or none, needs no count of its own.
        let extension_id = match of_extension.map(|counts| counts.alive()) {
            Some(0) => return Ok(ByState::default()),
            Some(number) if number < of_all.alive() => extension_id,
            _ => None,
        };
        let of_extension = extension_id.unwrap_or_default();
        let (total, off) = match self.kept_totals(account_id, words, of_extension).await? {
            (Some(total), Some(off)) => (total, off),
            (Some(total), None) if !inactive => (total, 0),
            (total, off) => {
                // Read first: what changes from here on makes the totals too old to be kept.
                let changes = self.changes_of(account_id).await?;
                let counted = if self.is_shared() {
                    let (total, off) = self.count_both(account_id, words, extension_id).await?;
                    (Some(total), Some(off))
                } else {
                    let count = async |is_wanted: bool, only_inactive: bool| {
                        let marks = Marks { extension_id, only_inactive };
                        if is_wanted { self.count_parts(account_id, words, marks).await.map(Some) } else { Ok(None) }
                    };
                    tokio::try_join!(count(total.is_none(), false), count(inactive && off.is_none(), true))?
                };
                self.keep_totals(account_id, words, of_extension, counted, changes).await;
                (counted.0.or(total).unwrap_or_default(), counted.1.or(off).unwrap_or_default())
            }
        };
        Ok(ByState { active: total.saturating_sub(off), inactive: off, deleted: 0 })
    }

    /// In PostgreSQL, which divides the work by itself: all, and of these the inactive ones. To look at the rows is what
    /// takes long.
    async fn count_both(&self, account_id: &str, words: &str, extension_id: Option<&str>) -> Result<(u64, u64)> {
        let first = first_number_of(account_id);
        let mut index = self.look_up(account_id, words, Marks { extension_id, only_inactive: false }).await?;
        let rows = index.rows(first..first + NUMBERS);
        rows.expr(Expr::cust("COUNT(*)")).expr(Expr::cust("COUNT(*) FILTER (WHERE state = 'inactive')"));
        let row = self.ask(&index.rows, index.is_sole).await?;
        let count = |index| row.as_ref().map_or(Ok(0), |row| row.try_get_by_index::<i64>(index));
        Ok((count(0)?.unsigned_abs(), count(1)?.unsigned_abs()))
    }

    /// In SQLite: each part of the numbers on a connection of its own.
    async fn count_parts(&self, account_id: &str, words: &str, marks: Marks<'_>) -> Result<u64> {
        let first = first_number_of(account_id);
        let parts = connections_at_once();
        let counts = (0..parts).map(async |part| {
            let bound = |part: usize| first + NUMBERS * part as i64 / parts as i64;
            let mut index = self.look_up(account_id, words, marks).await?;
            self.number(index.rows(bound(part)..bound(part + 1)).expr(Expr::cust("COUNT(*)"))).await
        });
        Ok(try_join_all(counts).await?.into_iter().sum::<i64>().unsigned_abs())
    }

    /// How many tokens there are.
    pub(super) async fn number_of_tokens(&self, tokens: Select<token::Entity>) -> Result<u64> {
        let count = tokens.select_only().expr(Expr::cust("COUNT(*)")).into_query();
        Ok(self.number(&count).await?.unsigned_abs())
    }

    /// The number that a query asks for; 0 when there is no row.
    pub(super) async fn number(&self, query: &SelectStatement) -> Result<i64> {
        Ok(match self.ask(query, false).await? {
            Some(row) => row.try_get_by_index(0)?,
            None => 0,
        })
    }

    /// The one row that a query asks for; `is_sole` is that of the [`Index`] that it asks.
    async fn ask(&self, query: &SelectStatement, is_sole: bool) -> Result<Option<QueryResult>> {
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

    /// Where to find the tokens that have the [`folded`] words and the marks. In PostgreSQL those that are inactive are told
    /// apart by who counts.
    async fn look_up(&self, account_id: &str, words: &str, marks: Marks<'_>) -> Result<Index> {
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
        let all = self.counts_of(account_id, "", "").await?.alive();
        // Of few tokens, all are looked at as quickly as the index is.
        let is_large = all > FEW;
        let is_common = is_large && {
            let mut with_words = rows.clone();
            let first = first_number_of(account_id);
            let is_own = Expr::col("number").between(first, first + NUMBERS - 1);
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
    async fn estimate(&self, query: SelectStatement) -> Result<u64> {
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
        // Which is true of every name; but since the name is asked for, SQLite takes the index of ids, which has it,
        // and none that has no more than the account of what it looks for.
        let [id, name] = [token::Column::Id, token::Column::Name].map(token::Column::into_expr);
        Expr::cust_with_exprs("? IN (SELECT value FROM json_each(?)) AND +? >= ''", [id, ids.into(), name])
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
    first_number_of(account_id) + i64::from(TokenId::number_of(id))
}

/// The number of an account's first row in the indexes: the account's digits, with a 1 in front for a provider, and nine
/// for the token's.
fn first_number_of(account_id: &str) -> i64 {
    let digits = account_id.bytes().filter(u8::is_ascii_digit);
    digits.fold(i64::from(account_id.starts_with('P')), |number, digit| number * 10 + i64::from(digit - b'0')) * NUMBERS
}

/// What the words of a token must contain for the filter to be fulfilled, as far as a pattern says so, or a description,
/// for which there is no other index: the longest part in ASCII, whose letters become lower case without regard to what stands beside them.
fn demanded(filter: &Filter) -> Option<String> {
    match filter {
        Filter::And(filters) => filters.iter().find_map(demanded),
        Filter::Like { property, pattern, .. }
            if matches!(property.text.as_str(), "id" | "name" | "external_id" | "description") =>
        {
            longest(pattern.0.iter().filter_map(|part| match part {
                PatternPart::Literal(literal) => Some(literal.as_str()),
                PatternPart::Anything => None,
            }))
        }
        Filter::Compare { property, comparison: Comparison::Eq, value: Value::Text(text) }
            if property.text == "description" =>
        {
            longest([text.as_str()].into_iter())
        }
        _ => None,
    }
}

fn longest<'a>(literals: impl Iterator<Item = &'a str>) -> Option<String> {
    let parts = literals.flat_map(|literal| literal.split(|letter: char| !letter.is_ascii()));
    let longest = parts.max_by_key(|part| part.len())?;
    (longest.len() >= SHORTEST_WORD).then(|| longest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rql::Pattern;

    fn like(property: &str, parts: &[&str]) -> Filter {
        let part = |part: &&str| match *part {
            "*" => PatternPart::Anything,
            literal => PatternPart::Literal(literal.to_owned()),
        };
        Filter::Like {
            property: property.into(),
            pattern: Pattern(parts.iter().map(part).collect()),
            case_sensitive: true,
        }
    }

    #[test]
    fn only_what_every_match_has_is_demanded() {
        let of = |filter: Filter| demanded(&filter);
        assert_eq!(of(like("name", &["*", "Berlin", "*"])).as_deref(), Some("berlin"));
        assert_eq!(of(like("name", &["ab", "*", "cde", "*"])).as_deref(), Some("cde"));
        assert_eq!(of(like("name", &["*", "ΟΔΟΣ 12", "*"])).as_deref(), Some(" 12"));
        assert_eq!(of(like("name", &["*", "ab", "*"])), None);
        assert_eq!(of(like("events.created.by.name", &["*", "Berlin", "*"])), None);
        assert_eq!(of(Filter::Not(Box::new(like("name", &["Berlin"])))), None);
        let either = Filter::Or(vec![like("name", &["Berlin"]), like("name", &["Paris"])]);
        assert_eq!(of(either.clone()), None);
        assert_eq!(of(Filter::And(vec![either, like("id", &["SU-1", "*"])])).as_deref(), Some("su-1"));
    }

    #[test]
    fn accounts_of_either_kind_have_numbers_of_their_own() {
        assert_eq!(first_number_of("VA-000-007"), 7_000_000_000);
        assert_eq!(first_number_of("PA-000-007"), 1_000_007_000_000_000);
    }
}
