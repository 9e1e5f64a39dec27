//! How many tokens a list has on all pages. The database keeps counts by state of all tokens of an account and of those that
//! have an extension, a module or a creator; the statuses that follow from the clock are ranges of an index, and the large
//! ones are what the small ones leave over. Whatever else is asked for is counted row by row.

use latchkey_shared::TokenStatus;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, SelectStatement},
};

use super::{
    Result, Store,
    entities::{token, token_group},
    filter,
    token_columns::{Way, column, ends_by, previous_works, state, status_is},
    token_lists::TokenQuery,
    token_words::Words,
};
use crate::rql::{Comparison, Filter, Value};

/// A filter that asks for nothing but statuses and one value of a property of [`GROUPS`]: for those the counts are at hand.
#[derive(Debug)]
pub(super) struct Plain<'a> {
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
pub(super) const GROUPS: [&str; 5] =
    ["extension.id", "extension.name", "events.created.by.id", "events.created.by.name", "permissions.object.id"];

impl<'a> Plain<'a> {
    pub(super) fn of(query: &TokenQuery<'a>) -> Option<Self> {
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
    pub(super) fn is_counted_with(&self, words: &Words) -> bool {
        match words {
            Words::None => true,
            Words::Many(_) => self.group.is_none_or(|group| group.property == "extension.id"),
            Words::Few(_) | Words::Part(_) | Words::Texts(_) => false,
        }
    }

    /// Whether an index has what the clock decides: else each token that has expired, for example, is looked at.
    fn is_of_an_index(&self, words: &Words) -> bool {
        matches!(words, Words::None) && self.group.is_none_or(|group| group.property == "extension.id")
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
    /// How many rows there are on all pages.
    pub(super) async fn count(&self, query: &TokenQuery<'_>, words: &Words) -> Result<u64> {
        if let Some(plain) = Plain::of(query).filter(|plain| plain.is_counted_with(words)) {
            let counted = async || self.count_plain(query, &plain, words).await;
            let is_cheap = plain.has_all_alive() || plain.is_of_an_index(words);
            return if is_cheap { counted().await } else { self.remembered_total(query, counted).await };
        }
        if matches!(words, Words::None)
            && let Some(found) = self.count_in_time(query).await?
        {
            return Ok(found);
        }
        let way = match words {
            Words::Few(_) => Way::Words,
            _ => self.way_past_all(query).await?,
        };
        let counted =
            async || self.number_of_tokens(token::Entity::find().filter(self.condition(query, words, way))).await;
        if matches!(words, Words::Few(_)) { counted().await } else { self.remembered_total(query, counted).await }
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
}
