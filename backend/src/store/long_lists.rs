//! What is remembered of long lists, until a token of the account changes: how many rows those have that are counted one by
//! one, and where the pages lie that were read last. Whoever reads a list page by page reads on from there, and does not pass
//! over all rows before it again. Of a list that the clock decides, the places are good until it makes something else of a
//! token.

use latchkey_shared::TokenStatus;
use quick_cache::sync::Cache;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, QueryFilter as _, Value, sea_query::Expr,
};
use sha2::{Digest as _, Sha256};

use super::{
    Result, Store, TokenRow,
    entities::token,
    token_columns::own_column,
    token_lists::{SortedBy, TokenQuery},
    token_steps::{WORTHWHILE, steps_of},
};
use crate::rql::Filter;

/// For so many seconds the places of a list that the clock decides are worth a question.
const KEPT: i64 = 60;

/// So many places of a list are remembered.
const PLACES: usize = 20;

/// An order of more keys than these is not worth remembering.
const KEYS: usize = 4;

/// So many lists are remembered.
const LISTS: usize = 1000;

/// What was asked for: its digest, since a filter may be long.
type Asked = [u8; 32];

/// By what was asked for.
#[derive(Debug)]
pub(super) struct Remembered {
    places: Cache<Asked, Known>,
    /// How often tokens of the account had changed, and how many rows there were.
    totals: Cache<Asked, (i64, u64)>,
}

#[derive(Debug, Clone)]
struct Known {
    /// How often tokens of the account had changed.
    changes: i64,
    places: Vec<Place>,
}

/// A row of a list.
#[derive(Debug, Clone)]
struct Place {
    /// How many rows come before it.
    position: u64,
    /// When it was read, in seconds since 1970.
    at: i64,
    /// What the list is ordered by, and at last the id.
    keys: Vec<Value>,
}

/// From where a page is read.
#[derive(Debug)]
pub(super) struct Begin {
    /// Whether in the order of the list; else against it.
    pub forward: bool,
    /// The row that it comes after, in that direction; else the very beginning.
    pub after: Option<Vec<Value>>,
    /// How many rows are to be passed over.
    pub offset: u64,
}

/// A list whose places are remembered.
#[derive(Debug)]
pub(super) struct LongList {
    asked: Asked,
    known: Known,
}

impl Default for Remembered {
    fn default() -> Self {
        Self { places: Cache::new(LISTS), totals: Cache::new(LISTS) }
    }
}

impl Store {
    /// How many rows a list has: as many as the last time, unless a token of the account has changed since or the clock decides
    /// what is in the list; else what `count` counts.
    pub(super) async fn remembered_total(
        &self,
        query: &TokenQuery<'_>,
        count: impl AsyncFnOnce() -> Result<u64>,
    ) -> Result<u64> {
        if depends_on_clock(query.filter) {
            return count().await;
        }
        // Read first: what changes from here on makes the total too old.
        let changes = self.changes_of(query.account_id).await?;
        let asked = asked(query, &[]);
        if let Some((then, total)) = self.remembered.totals.get(&asked)
            && then == changes
        {
            return Ok(total);
        }
        let total = count().await?;
        self.remembered.totals.insert(asked, (changes, total));
        Ok(total)
    }

    /// The list, when the page is so far from its beginning that it is worth while to know its places, when there are no steps
    /// to it, and when its places can be known: where all keys have values and one direction. To be asked before the rows are
    /// counted: what changes from then on makes its places too old.
    pub(super) async fn long_list(&self, query: &TokenQuery<'_>) -> Result<Option<LongList>> {
        if query.offset < WORTHWHILE || steps_of(query).is_some() || !has_places(query.ordering) {
            return Ok(None);
        }
        let changes = self.changes_of(query.account_id).await?;
        let asked = asked(query, query.ordering);
        let known = self.remembered.places.get(&asked).filter(|known| known.changes == changes);
        let mut places = known.map(|known| known.places).unwrap_or_default();
        if depends_on_clock(query.filter) {
            places.retain(|place| (0..=KEPT).contains(&(query.now - place.at)));
            let oldest = places.iter().map(|place| place.at).min();
            if let Some(then) = oldest
                && self.has_turned_since(query, then).await?
            {
                places.retain(|place| place.at == query.now);
            }
        }
        Ok(Some(LongList { asked, known: Known { changes, places } }))
    }

    /// Whether the clock has made something else of any token of the account since then.
    async fn has_turned_since(&self, query: &TokenQuery<'_>, then: i64) -> Result<bool> {
        let window = TokenStatus::EXPIRING_WINDOW;
        let within = |column: token::Column, from: i64, to: i64| column.gt(from).and(column.lte(to));
        let has_two =
            token::Column::PreviousDigest.is_not_null().and(token::Column::State.eq(TokenStatus::Active.as_str()));
        let of_account = token::Entity::find().filter(token::Column::AccountId.eq(query.account_id));
        for turned in [
            within(token::Column::ExpiresAt, then, query.now),
            within(token::Column::ExpiresAt, then + window, query.now + window),
            has_two.and(within(token::Column::PreviousExpiresAt, then, query.now)),
        ] {
            if then < query.now && self.number_of_tokens(of_account.clone().filter(turned)).await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Remembers the places of the rows that were read, which begin at the offset.
    pub(super) fn remember_places(&self, list: LongList, query: &TokenQuery<'_>, rows: &[TokenRow]) {
        let LongList { asked, mut known } = list;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        for (position, row) in [(query.offset, first), (query.offset + rows.len() as u64 - 1, last)] {
            known.places.retain(|place| place.position != position);
            known.places.push(Place { position, at: query.now, keys: keys_of(row, query.ordering) });
        }
        let too_many = known.places.len().saturating_sub(PLACES);
        known.places.drain(..too_many);
        self.remembered.places.insert(asked, known);
    }
}

impl LongList {
    /// The nearest place from which `limit` rows after `offset` can be read, of which there are as many.
    pub(super) fn nearest(&self, query: &TokenQuery<'_>, limit: u64) -> Option<Begin> {
        let end = query.offset + limit;
        let begins = self.known.places.iter().filter_map(|place| {
            let after = Some(place.keys.clone());
            if place.position < query.offset {
                Some(Begin { forward: true, after, offset: query.offset - place.position - 1 })
            } else if place.position >= end {
                Some(Begin { forward: false, after, offset: place.position - end })
            } else {
                None
            }
        });
        begins.min_by_key(|begin| begin.offset)
    }
}

fn asked(query: &TokenQuery<'_>, ordering: &[SortedBy]) -> Asked {
    let TokenQuery { account_id, filter, search, with_deleted, .. } = query;
    Sha256::digest(format!("{account_id} {with_deleted} {search:?} {ordering:?} {filter:?}")).into()
}

fn depends_on_clock(filter: &Filter) -> bool {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().any(depends_on_clock),
        Filter::Not(inner) => depends_on_clock(inner),
        Filter::Compare { property, .. } | Filter::Like { property, .. } => property.text == "status",
    }
}

/// The rows that come after one with such keys.
pub(super) fn after(keys: &[Value], query: &TokenQuery<'_>) -> Condition {
    let columns: Vec<Expr> = names(query.ordering).map(|name| own_column(name, query.now)).collect();
    let columns = Expr::tuple(columns);
    let keys = Expr::tuple(keys.iter().cloned().map(Expr::value));
    let is_descending = query.ordering.last().is_some_and(|key| key.descending);
    Condition::all().add(if is_descending { columns.lt(keys) } else { columns.gt(keys) })
}

/// What a list is ordered by, down to the id, which decides.
fn names(ordering: &[SortedBy]) -> impl Iterator<Item = &str> {
    let names = ordering.iter().map(|key| key.property.text.as_str());
    names.take_while(|name| *name != "id").chain(["id"])
}

fn has_places(ordering: &[SortedBy]) -> bool {
    let is_descending = ordering.last().is_some_and(|key| key.descending);
    ordering.len() <= KEYS
        && ordering.iter().all(|key| {
            let name = key.property.text.as_str();
            key.descending == is_descending
                && !matches!(name, "status" | "expiration_date" | "external_id" | "description")
        })
}

fn keys_of(row: &TokenRow, ordering: &[SortedBy]) -> Vec<Value> {
    let token = &row.token;
    let key = |name: &str| match name {
        "name" => token.name.clone().into(),
        "extension.id" => token.extension_id.clone().into(),
        "extension.name" => token.extension_name.clone().into(),
        "events.created.at" => token.created_at.into(),
        "events.created.by.id" => token.created_by_id.clone().into(),
        "events.created.by.name" => token.created_by_name.clone().into(),
        _ => token.id.clone().into(),
    };
    names(ordering).map(key).collect()
}
