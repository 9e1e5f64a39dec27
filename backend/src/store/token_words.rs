//! Words in the names, ids, external ids and descriptions of tokens: where they are looked up, and how many tokens have
//! them. Triggers keep the indexes (`m0005_counts_and_search`, `m0008_letters_and_steps`).

use std::borrow::Cow;

use sea_orm::{
    ConnectionTrait as _, ExprTrait as _,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{
    Result, Store, filter,
    token_lists::{FEW, TokenQuery},
};
use crate::rql::{Filter, PatternPart};

/// SQLite's index of words knows no shorter ones; the index of letters knows those.
const SHORTEST_WORD: usize = 3;

/// What the texts of a listed token must have in them.
#[derive(Debug, Clone)]
pub(super) enum Words<'a> {
    /// Nothing.
    None,
    /// An index has them: the tokens that are not deleted.
    Index {
        /// What to look for.
        text: Cow<'a, str>,
        /// Selects the ids of the tokens.
        ids: Box<SelectStatement>,
        /// How many those are.
        found: u64,
    },
    /// Nothing but the texts themselves, since no index has deleted tokens.
    Texts(Cow<'a, str>),
}

impl Words<'_> {
    /// No more rows than this have the words.
    pub(super) fn at_most(&self) -> Option<u64> {
        match self {
            Self::Index { found, .. } => Some(*found),
            Self::None | Self::Texts(_) => None,
        }
    }
}

impl Store {
    /// The words that a list is asked for: those of the search, or else a part of a pattern, when it leaves over so few
    /// rows that the pattern is best held against those.
    pub(super) async fn words_of<'a>(&self, query: &TokenQuery<'a>) -> Result<Words<'a>> {
        match query.search {
            Some(words) if query.with_deleted => Ok(Words::Texts(words.into())),
            Some(words) => self.look_up(query.account_id, words.into()).await,
            None if query.with_deleted => Ok(Words::None),
            None => match demanded(query.filter) {
                Some(word) => Ok(match self.look_up(query.account_id, word.into()).await? {
                    found if found.at_most().is_some_and(|rows| rows <= FEW) => found,
                    _ => Words::None,
                }),
                None => Ok(Words::None),
            },
        }
    }

    async fn look_up<'a>(&self, account_id: &str, text: Cow<'a, str>) -> Result<Words<'a>> {
        let (index, number, has_words) = if self.is_shared() {
            ("token_search", "number", filter::contains(Expr::col("search"), &text))
        } else if text.chars().count() < SHORTEST_WORD {
            let digits: String = text.to_lowercase().bytes().map(|byte| format!("{byte:02x}")).collect();
            ("token_letters", "rowid", Expr::cust_with_values("token_letters MATCH ?", [digits]))
        } else {
            // In double quotes it is a phrase of trigrams, which only a text has that has those letters in a row.
            let phrase = format!("\"{}\"", text.to_lowercase().replace('"', "\"\""));
            ("token_search", "rowid", Expr::cust_with_values("token_search MATCH ?", [phrase]))
        };
        let first = number_of(account_id);
        let rows = Query::select()
            .from(index)
            .and_where(has_words)
            .and_where(Expr::col(number).between(first, first + 999_999_999))
            .to_owned();
        let count = rows.clone().expr(Expr::cust("COUNT(*)")).to_owned();
        let found: i64 = match self.readers.query_one(&count).await? {
            Some(row) => row.try_get_by_index(0)?,
            None => 0,
        };
        let id = if self.is_shared() { ID_POSTGRES } else { ID_SQLITE };
        let ids = rows.clone().expr(Expr::cust(id)).to_owned();
        Ok(Words::Index { text, ids: Box::new(ids), found: u64::try_from(found).unwrap_or_default() })
    }
}

/// The number of an account's first row in the indexes: the account's digits, with a 1 in front for a provider, and nine
/// for the token's.
fn number_of(account_id: &str) -> i64 {
    let digits = account_id.bytes().filter(u8::is_ascii_digit);
    digits.fold(i64::from(account_id.starts_with('P')), |number, digit| number * 10 + i64::from(digit - b'0'))
        * 1_000_000_000
}

/// The id of the token whose words a row of an index has.
const ID_SQLITE: &str = "printf('SU-%03d-%03d-%03d', rowid / 1000000 % 1000, rowid / 1000 % 1000, rowid % 1000)";
const ID_POSTGRES: &str = r#"('SU-' || to_char(number % 1000000000, 'FM000"-"000"-"000')) COLLATE "C""#;

/// What the words of a token must contain for the filter to be fulfilled, as far as a pattern says so: the longest part
/// in ASCII, whose letters become lower case without regard to what stands beside them.
fn demanded(filter: &Filter) -> Option<String> {
    match filter {
        Filter::And(filters) => filters.iter().find_map(demanded),
        Filter::Like { property, pattern, .. }
            if matches!(property.text.as_str(), "id" | "name" | "external_id" | "description") =>
        {
            let literals = pattern.0.iter().filter_map(|part| match part {
                PatternPart::Literal(literal) => Some(literal.as_str()),
                PatternPart::Anything => None,
            });
            let longest = literals
                .flat_map(|literal| literal.split(|letter: char| !letter.is_ascii()))
                .max_by_key(|part| part.len())?;
            (longest.len() >= SHORTEST_WORD).then(|| longest.to_ascii_lowercase())
        }
        _ => None,
    }
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
        assert_eq!(number_of("VA-000-007"), 7_000_000_000);
        assert_eq!(number_of("PA-000-007"), 1_000_007_000_000_000);
    }
}
