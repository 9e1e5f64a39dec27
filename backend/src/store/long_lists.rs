//! What is remembered of long lists, until a token of the account changes: how many rows those have that are counted one by
//! one, and where some of the rows lie, of the pages that were read last and on the way to them ([`super::milestones`]). Whoever
//! reads a list page by page, or jumps to and fro in it, reads on from there, and does not pass over all rows before it again.
//! Of a list that the clock decides, that is good until the clock makes something else of a token.

use std::{cmp::min, sync::Arc};

use latchkey_shared::TokenStatus;
use quick_cache::{Weighter, sync::Cache};
use sea_orm::{ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, Value};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Semaphore};

use super::{
    Result, Store, TokenRow,
    entities::token,
    list_parts::all_have_or_lack,
    token_lists::{FEW, SortedBy, TokenQuery},
    token_steps::{WORTHWHILE, steps_of},
};
use crate::rql::Filter;

/// For so many seconds what is known of a list that the clock decides is worth a question.
const KEPT: i64 = 600;

/// So many places of a list are remembered.
const PLACES: usize = 1000;

/// So many places are remembered of all lists together, each of some hundred bytes.
const ALL_PLACES: u64 = 100_000;

/// Of so many lists something is remembered.
const LISTS: usize = 1000;

/// So many walks through lists are under way that nobody waits for, or wait for their turn.
const WALKS: usize = 8;

/// What was asked for: its digest, since a filter may be long.
type Asked = [u8; 32];

/// By what was asked for.
#[derive(Debug)]
pub(super) struct Remembered {
    places: Cache<Asked, Known, Places>,
    totals: Cache<Asked, Total>,
    /// Room for walks through lists that nobody waits for.
    pub walks: Arc<Semaphore>,
    /// Whose turn it is.
    pub walking: Mutex<()>,
}

impl Remembered {
    /// What is known of a list; nothing, when it is of a newer one.
    fn known(&self, list: &LongList) -> Option<Known> {
        let LongList { asked, changes, since, .. } = *list;
        let known = self.places.get(&asked).filter(|known| known.changes >= changes);
        let mut known = known.unwrap_or(Known { changes, since, is_walked: false, places: Vec::new() });
        if since > known.since {
            known.places.retain(|place| place.at >= since);
            (known.since, known.is_walked) = (since, false);
        }
        Some(known).filter(|known| known.changes == changes)
    }

    /// A place of a list, unless a newer list is known.
    fn add(&self, list: &LongList, place: Place) {
        let Some(mut known) = self.known(list).filter(|known| place.at >= known.since) else { return };
        known.places.retain(|other| other.position != place.position);
        let behind = known.places.partition_point(|other| other.position < place.position);
        known.places.insert(behind, place);
        if known.places.len() > PLACES {
            known.thin_out();
        }
        self.places.insert(list.asked, known);
    }

    /// Whether a walk through a list is to be begun, since none was.
    pub fn is_to_be_walked(&self, list: &LongList) -> bool {
        let Some(known) = self.known(list).filter(|known| !known.is_walked) else { return false };
        self.places.insert(list.asked, Known { is_walked: true, ..known });
        true
    }
}

/// How many rows a list had.
#[derive(Debug, Clone, Copy)]
struct Total {
    /// How often tokens of the account had changed.
    changes: i64,
    /// When they were counted, in seconds since 1970.
    at: i64,
    rows: u64,
}

/// Counts the places of a list.
#[derive(Debug, Clone, Copy)]
struct Places;

impl Weighter<Asked, Known> for Places {
    fn weight(&self, _: &Asked, known: &Known) -> u64 {
        1 + known.places.len() as u64
    }
}

#[derive(Debug, Clone)]
struct Known {
    /// How often tokens of the account had changed.
    changes: i64,
    /// What was read before, the clock may have changed.
    since: i64,
    /// Whether a walk through all of it was begun.
    is_walked: bool,
    /// In the order of their positions.
    places: Vec<Place>,
}

impl Known {
    /// Forgets the place that is missed least: the one between the two others that are nearest to each other.
    fn thin_out(&mut self) {
        let gap = |(_, around): &(usize, &[Place])| around[2].position - around[0].position;
        if let Some((before, _)) = self.places.windows(3).enumerate().min_by_key(gap) {
            self.places.remove(before + 1);
        }
    }
}

/// A row of a list.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// How many rows come before it.
    pub position: u64,
    /// When it was read, in seconds since 1970.
    pub at: i64,
    pub keys: Keys,
}

/// What a row has of what a list is ordered by first, and its id.
pub(super) type Keys = Arc<[Value]>;

/// A list whose places are remembered.
#[derive(Debug, Clone)]
pub(super) struct LongList {
    asked: Asked,
    /// How often tokens of the account had changed.
    pub changes: i64,
    /// What was read before, the clock may have changed.
    since: i64,
    /// Its places, when it was asked for.
    pub places: Vec<Place>,
}

impl Default for Remembered {
    fn default() -> Self {
        let places = Cache::with_weighter(LISTS, ALL_PLACES, Places);
        Self { places, totals: Cache::new(LISTS), walks: Arc::new(Semaphore::new(WALKS)), walking: Mutex::new(()) }
    }
}

impl Store {
    /// How many rows a list has: as many as the last time, unless a token of the account has changed since, or the clock may
    /// have changed the list; else what `count` counts.
    pub(super) async fn remembered_total(
        &self,
        query: &TokenQuery<'_>,
        count: impl AsyncFnOnce() -> Result<u64>,
    ) -> Result<u64> {
        // Read first: what changes from here on makes the total too old.
        let changes = self.changes_of(query.account_id).await?;
        let asked = asked(query, &[]);
        if let Some(total) = self.remembered.totals.get(&asked)
            && total.changes == changes
            && self.is_as_it_was(query, total.at).await?
        {
            return Ok(total.rows);
        }
        let rows = count().await?;
        self.remembered.totals.insert(asked, Total { changes, at: query.now, rows });
        Ok(rows)
    }

    /// Whether a list had many rows the last time that they were counted.
    pub(super) fn had_many(&self, query: &TokenQuery<'_>) -> bool {
        self.remembered.totals.get(&asked(query, &[])).is_some_and(|total| total.rows > FEW)
    }

    /// The list by the first key of its order, when the page is so far from its beginning that it is worth while to know its
    /// places, when there are no steps to it, and when its places can be known: where all rows have a value of the key, or
    /// none has. To be asked before the rows are counted: what changes from then on makes its places too old.
    pub(super) async fn long_list(&self, query: &TokenQuery<'_>) -> Result<Option<LongList>> {
        if query.offset < WORTHWHILE || steps_of(query).is_some() || !has_places(query) {
            return Ok(None);
        }
        let changes = self.changes_of(query.account_id).await?;
        let asked = asked(query, first_of(query.ordering));
        let known = self.remembered.places.get(&asked).filter(|known| known.changes == changes);
        let mut places = known.map(|known| known.places).unwrap_or_default();
        let mut since = i64::MIN;
        if depends_on_clock(query.filter) {
            places.retain(|place| is_recent(place.at, query));
            since = places.iter().map(|place| place.at).min().unwrap_or(query.now);
            if self.has_turned_since(query, since).await? {
                since = query.now;
                places.retain(|place| place.at == query.now);
            }
        }
        Ok(Some(LongList { asked, changes, since, places }))
    }

    /// Whether the parts of a list are to be walked through, since nobody did after the last change.
    pub(super) async fn parts_are_to_be_walked(&self, query: &TokenQuery<'_>) -> Result<bool> {
        let changes = self.changes_of(query.account_id).await?;
        let whole = LongList { asked: asked(query, query.ordering), changes, since: i64::MIN, places: Vec::new() };
        Ok(self.remembered.is_to_be_walked(&whole))
    }

    /// Whether a list has the rows that it had then, if no token has changed.
    async fn is_as_it_was(&self, query: &TokenQuery<'_>, then: i64) -> Result<bool> {
        Ok(!depends_on_clock(query.filter) || is_recent(then, query) && !self.has_turned_since(query, then).await?)
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

    /// Remembers a place of a list, for whoever asks for the list again.
    pub(super) fn remember_place(&self, list: &LongList, place: Place) {
        self.remembered.add(list, place);
    }

    /// Remembers the places of the rows that were read, which begin at the offset.
    pub(super) fn remember_page(&self, list: &LongList, query: &TokenQuery<'_>, rows: &[TokenRow]) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        for (position, row) in [(query.offset, first), (query.offset + rows.len() as u64 - 1, last)] {
            self.remember_place(list, Place { position, at: query.now, keys: keys_of(row, query.ordering) });
        }
    }
}

fn asked(query: &TokenQuery<'_>, ordering: &[SortedBy]) -> Asked {
    let TokenQuery { account_id, filter, search, with_deleted, .. } = query;
    Sha256::digest(format!("{account_id} {with_deleted} {search:?} {ordering:?} {filter:?}")).into()
}

/// Whether the clock alone can change which rows a filter lets pass.
pub(super) fn depends_on_clock(filter: &Filter) -> bool {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().any(depends_on_clock),
        Filter::Not(inner) => depends_on_clock(inner),
        Filter::Compare { property, .. } | Filter::Like { property, .. } => property.text == "status",
    }
}

fn is_recent(then: i64, query: &TokenQuery<'_>) -> bool {
    (0..=KEPT).contains(&(query.now - then))
}

/// The first key of an order, if it has any.
pub(super) fn first_of(ordering: &[SortedBy]) -> &[SortedBy] {
    &ordering[..min(1, ordering.len())]
}

/// By what a list with one key is ordered, down to the id, which decides.
pub(super) fn names(ordering: &[SortedBy]) -> impl Iterator<Item = &str> {
    let first = ordering.first().map(|key| key.property.text.as_str()).filter(|name| *name != "id");
    first.into_iter().chain(["id"])
}

fn has_places(TokenQuery { ordering, filter, .. }: &TokenQuery<'_>) -> bool {
    match ordering.first().map(|key| key.property.text.as_str()) {
        Some("status") => false,
        Some(name @ "expiration_date") => all_have_or_lack(name, filter),
        _ => true,
    }
}

fn keys_of(row: &TokenRow, ordering: &[SortedBy]) -> Keys {
    let token = &row.token;
    let key = |name: &str| match name {
        "name" => token.name.clone().into(),
        "extension.id" => token.extension_id.clone().into(),
        "extension.name" => token.extension_name.clone().into(),
        "events.created.at" => token.created_at.into(),
        "expiration_date" => token.expires_at.into(),
        _ => token.id.clone().into(),
    };
    names(ordering).map(key).collect()
}
