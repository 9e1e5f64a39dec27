//! Words in the names, ids, external ids and descriptions of tokens: which tokens have them ([`super::word_index`]), and how
//! many ([`super::word_totals`]).

use futures_util::future::try_join_all;
use latchkey_shared::{Description, ExtensionId, ExternalId, TokenName};
use sea_orm::{
    EntityTrait as _, QueryFilter as _, QueryTrait as _,
    sea_query::{Expr, Query},
};

use super::{
    Result, Store,
    entities::token,
    token_columns::has_part,
    token_counts::ByState,
    token_lists::{FEW, TokenQuery},
    word_index::{COMMON, Marks, SHORTEST_WORD, connections_at_once, numbers_of},
};
use crate::rql::{Comparison, Filter, PatternPart, Value, folded};

/// The texts of a token have no more letters, in lower case as well: `İ` becomes two.
const LONGEST_WORDS: usize = 2 * (TokenName::MAX + ExternalId::MAX + Description::MAX) + 20;

/// What the words of every token have in them: the beginning of its id.
pub(super) const IN_ALL: &str = "su-";

/// What the texts of a listed token must have in them.
#[derive(Debug, Clone)]
pub(super) enum Words {
    /// Nothing.
    None,
    /// So few tokens have it that here are their numbers in the index. None of them is deleted.
    Few(Vec<i64>),
    /// One of their texts has this, for which PostgreSQL has an index, and few tokens seem to have it.
    Part(Part),
    /// So many tokens have this that a walk along any order soon finds some. None of them is deleted.
    Many(String),
    /// Nothing but the texts themselves can be asked, since no index has deleted tokens.
    Texts(String),
}

/// What a text of every token in a list has in it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The text.
    pub column: token::Column,
    /// Without regard to case: in ASCII, in lower case.
    pub letters: String,
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
            None => match demanded(query.filter) {
                Some(part) if self.is_shared() => {
                    if self.is_common(query, &part).await? {
                        Words::None
                    } else {
                        Words::Part(part)
                    }
                }
                // To find out anew that they are many takes as long as to find the few that others have.
                Some(_) if self.had_many(query) => Words::None,
                Some(Part { letters, .. }) if !query.with_deleted => {
                    self.few_with(query.account_id, &letters).await?.map_or(Words::None, Words::Few)
                }
                _ => Words::None,
            },
        })
    }

    /// Whether the index of parts is no help: so many tokens seem to have this one, or the account is so small, that all its
    /// tokens are better looked at.
    async fn is_common(&self, query: &TokenQuery<'_>, part: &Part) -> Result<bool> {
        // Of two letters or digits among three characters there is a trigram; other characters are in none.
        if part.letters.bytes().filter(u8::is_ascii_alphanumeric).count() < 2 {
            return Ok(true);
        }
        let all = self.counts_within(query.account_id, None).await?;
        let all = all.alive() + all.deleted;
        let with_part = token::Entity::find().filter(has_part(part));
        Ok(all <= FEW || self.estimate(with_part.into_query()).await? > all / COMMON)
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
        let number = Expr::col(index.number);
        index.rows(numbers_of(account_id)).expr_as(number, "number").limit(FEW + 1);
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
        if IN_ALL.contains(words) {
            return Ok(ByState { deleted: 0, ..self.counts_within(account_id, extension_id).await? });
        }
        let extension_id = match extension_id {
            None => None,
            Some(id) => {
                let with_it = self.counts_within(account_id, extension_id).await?.alive();
                if with_it == 0 {
                    return Ok(ByState::default());
                }
                // What all have needs no count of its own.
                (with_it < self.counts_within(account_id, None).await?.alive()).then_some(id)
            }
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

    /// How many tokens an account has, or an extension of it.
    pub(super) async fn counts_within(&self, account_id: &str, extension_id: Option<&str>) -> Result<ByState> {
        match extension_id {
            None => self.counts_of(account_id, "", "").await,
            Some(id) if ExtensionId::is_shape_of(id) => self.counts_of(account_id, "extension.id", id).await,
            Some(_) => Ok(ByState::default()),
        }
    }

    /// In PostgreSQL, which divides the work by itself: all, and of these the inactive ones. To look at the rows is what
    /// takes long.
    async fn count_both(&self, account_id: &str, words: &str, extension_id: Option<&str>) -> Result<(u64, u64)> {
        let mut index = self.look_up(account_id, words, Marks { extension_id, only_inactive: false }).await?;
        let rows = index.rows(numbers_of(account_id));
        rows.expr(Expr::cust("COUNT(*)")).expr(Expr::cust("COUNT(*) FILTER (WHERE state = 'inactive')"));
        let row = self.ask(&index.rows, index.is_sole).await?;
        let count = |index| row.as_ref().map_or(Ok(0), |row| row.try_get_by_index::<i64>(index));
        Ok((count(0)?.unsigned_abs(), count(1)?.unsigned_abs()))
    }

    /// In SQLite: each part of the numbers on a connection of its own.
    async fn count_parts(&self, account_id: &str, words: &str, marks: Marks<'_>) -> Result<u64> {
        let (all, parts) = (numbers_of(account_id), connections_at_once());
        let bound = |part: usize| all.start + (all.end - all.start) * part as i64 / parts as i64;
        let counts = (0..parts).map(async |part| {
            let mut index = self.look_up(account_id, words, marks).await?;
            self.number(index.rows(bound(part)..bound(part + 1)).expr(Expr::cust("COUNT(*)"))).await
        });
        Ok(try_join_all(counts).await?.into_iter().sum::<i64>().unsigned_abs())
    }
}

/// What the words of a token must contain for the filter to be fulfilled, as far as a pattern says so, or a description,
/// for which there is no other index: the part in ASCII with most letters and digits, which become lower case without regard
/// to what stands beside them.
fn demanded(filter: &Filter) -> Option<Part> {
    match filter {
        Filter::And(filters) => filters.iter().find_map(demanded),
        Filter::Like { property, pattern, .. } => {
            let column = match property.text.as_str() {
                "id" => token::Column::Id,
                "name" => token::Column::Name,
                "external_id" => token::Column::ExternalId,
                "description" => token::Column::Description,
                _ => return None,
            };
            let literals = pattern.0.iter().filter_map(|part| match part {
                PatternPart::Literal(literal) => Some(literal.as_str()),
                PatternPart::Anything => None,
            });
            Some(Part { column, letters: longest(literals)? })
        }
        Filter::Compare { property, comparison: Comparison::Eq, value: Value::Text(text) }
            if property.text == "description" =>
        {
            Some(Part { column: token::Column::Description, letters: longest([text.as_str()].into_iter())? })
        }
        _ => None,
    }
}

fn longest<'a>(literals: impl Iterator<Item = &'a str>) -> Option<String> {
    let parts = literals.flat_map(|literal| literal.split(|letter: char| !letter.is_ascii()));
    let plain = |part: &str| part.bytes().filter(u8::is_ascii_alphanumeric).count();
    let longest = parts.max_by_key(|part| (plain(part), part.len()))?;
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
        let of = |filter: Filter| demanded(&filter).map(|part| part.letters);
        assert_eq!(of(like("name", &["*", "Berlin", "*"])).as_deref(), Some("berlin"));
        assert_eq!(of(like("name", &["ab", "*", "cde", "*"])).as_deref(), Some("cde"));
        assert_eq!(of(like("name", &["*", "ΟΔΟΣ 12", "*"])).as_deref(), Some(" 12"));
        assert_eq!(of(like("name", &["*", "ab", "*"])), None);
        assert_eq!(of(like("events.created.by.name", &["*", "Berlin", "*"])), None);
        assert_eq!(of(Filter::Not(Box::new(like("name", &["Berlin"])))), None);
        let either = Filter::Or(vec![like("name", &["Berlin"]), like("name", &["Paris"])]);
        assert_eq!(of(either.clone()), None);
        assert_eq!(of(like("name", &["*", "....", "*", "x12", "*"])).as_deref(), Some("x12"));
        assert_eq!(of(Filter::And(vec![either, like("id", &["SU-1", "*"])])).as_deref(), Some("su-1"));
    }
}
