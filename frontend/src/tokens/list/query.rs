//! What the list shows: search, filters, order, page. It lives in the address, so that it can be shared and so
//! that Back works, and becomes an RQL query for the server.

use std::fmt::Write;

use latchkey_shared::{ExtensionId, ModuleId, Timestamp, TokenStatus, UserId};

use crate::{api::Catalogue, browser::text::encode, texts::t};

/// What the list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The name.
    Name,
    /// The extension's name.
    Extension,
    /// The status.
    Status,
    /// When it was created.
    Created,
    /// When it was last used.
    Used,
    /// When it expires.
    Expires,
}

impl SortKey {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 6] = [Self::Name, Self::Extension, Self::Status, Self::Created, Self::Used, Self::Expires];

    /// The words on the page.
    #[must_use]
    pub fn label(self) -> &'static str {
        let texts = &t().list;
        match self {
            Self::Name => texts.name,
            Self::Extension => texts.extension,
            Self::Status => texts.status,
            Self::Created => texts.created,
            Self::Used => texts.last_used,
            Self::Expires => texts.expires,
        }
    }

    fn as_param(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Extension => "extension.name",
            Self::Status => "status",
            Self::Created => "created",
            Self::Used => "last_used",
            Self::Expires => "expiration_date",
        }
    }
}

impl SortKey {
    /// Whether it is a moment.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::Created | Self::Used | Self::Expires)
    }
}

const DAY: i64 = 24 * 3600;

/// For how long a token was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unused {
    /// Since it was created.
    Always,
    /// For so many days, of which it existed.
    Days(u16),
}

impl Unused {
    /// The choices.
    pub const ALL: [Self; 4] = [Self::Always, Self::Days(30), Self::Days(90), Self::Days(180)];

    /// The word in the address.
    #[must_use]
    pub fn as_param(self) -> String {
        match self {
            Self::Always => "never".to_owned(),
            Self::Days(days) => days.to_string(),
        }
    }

    /// The words on the page.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Always => t().list.never_used.to_owned(),
            Self::Days(days) => t().list.unused_for_days.with([&days]),
        }
    }

    fn rql(self, now: Timestamp) -> String {
        match self {
            Self::Always => "eq(last_used,null())".to_owned(),
            Self::Days(days) => {
                let since = moment(now.plus(-DAY * i64::from(days)));
                format!("or(lt(last_used,{since}),and(eq(last_used,null()),lt(created,{since})))")
            }
        }
    }
}

fn moment(at: Timestamp) -> String {
    encode(&at.to_string())
}

/// What the list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Words that are searched for; empty for none.
    pub search: String,
    /// Only tokens of this status.
    pub status: Option<TokenStatus>,
    /// Only tokens of this extension.
    pub extension: Option<ExtensionId>,
    /// Only tokens that hold this module, or *All* where that includes it.
    pub module: Option<ModuleId>,
    /// Whether the catalogue says that *All* does not include it; the address does not tell.
    pub is_apart: bool,
    /// Only tokens that this user has created.
    pub creator: Option<UserId>,
    /// Only tokens that were not used for so long.
    pub unused: Option<Unused>,
    /// Only tokens that expire within so many days.
    pub expires_within: Option<u16>,
    /// The order; true is descending.
    pub sort: (SortKey, bool),
    /// The page, from 1.
    pub page: usize,
    /// Rows a page.
    pub size: usize,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            status: None,
            extension: None,
            module: None,
            is_apart: false,
            creator: None,
            unused: None,
            expires_within: None,
            sort: (SortKey::Created, true),
            page: 1,
            size: 25,
        }
    }
}

impl ListQuery {
    /// The numbers of rows a page to choose from.
    pub const SIZES: &'static [usize] = &[25, 50, 100];
    /// The spans of [`expires_within`](Self::expires_within) to choose from, in days.
    pub const SPANS: [u16; 3] = [7, 30, 90];
    /// The longest search, in characters.
    pub const MAX_SEARCH: usize = 200;

    /// Reads the parameters of an address. What makes no sense counts as not given.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let default = Self::default();
        let sort = get("sort").and_then(|text| {
            let (word, descending) = text.strip_prefix('-').map_or((text.as_str(), false), |word| (word, true));
            SortKey::ALL.into_iter().find(|key| key.as_param() == word).map(|key| (key, descending))
        });
        let number = |name| get(name).and_then(|text| text.parse::<usize>().ok());
        Self {
            search: get("q").unwrap_or_default().chars().take(Self::MAX_SEARCH).collect(),
            status: get("status").and_then(|word| TokenStatus::from_word(&word)),
            extension: get("extension").and_then(|id| id.parse().ok()),
            module: get("module").and_then(|id| id.parse().ok()),
            is_apart: false,
            creator: get("created_by").and_then(|id| id.parse().ok()),
            unused: get("unused").and_then(|word| Unused::ALL.into_iter().find(|it| it.as_param() == word)),
            expires_within: get("expires_within")
                .and_then(|days| days.parse().ok())
                .filter(|days| Self::SPANS.contains(days)),
            sort: sort.unwrap_or(default.sort),
            page: number("page").filter(|page| (1..1_000_000).contains(page)).unwrap_or(default.page),
            size: number("size").filter(|size| Self::SIZES.contains(size)).unwrap_or(default.size),
        }
    }

    /// The same, with what the catalogue says of the module.
    #[must_use]
    pub fn in_catalogue(self, catalogue: &Catalogue) -> Self {
        Self { is_apart: self.module.as_ref().is_some_and(|id| !catalogue.is_in_all(id)), ..self }
    }

    /// The address that shows this. What is as usual is left out.
    #[must_use]
    pub fn address(&self) -> String {
        let default = Self::default();
        let mut parts = Vec::new();
        let search = self.search.trim();
        if !search.is_empty() {
            parts.push(format!("q={}", encode(search)));
        }
        if let Some(status) = self.status {
            parts.push(format!("status={}", status.as_str()));
        }
        if let Some(extension) = &self.extension {
            parts.push(format!("extension={extension}"));
        }
        if let Some(module) = &self.module {
            parts.push(format!("module={module}"));
        }
        if let Some(creator) = &self.creator {
            parts.push(format!("created_by={creator}"));
        }
        if let Some(unused) = self.unused {
            parts.push(format!("unused={}", unused.as_param()));
        }
        if let Some(days) = self.expires_within {
            parts.push(format!("expires_within={days}"));
        }
        if self.sort != default.sort {
            parts.push(format!("sort={}", self.order()));
        }
        if self.page != default.page {
            parts.push(format!("page={}", self.page));
        }
        if self.size != default.size {
            parts.push(format!("size={}", self.size));
        }
        let query = parts.join("&");
        let home = crate::routes::HOME;
        if query.is_empty() { home.to_owned() } else { format!("{home}?{query}") }
    }

    /// The query for a page.
    #[must_use]
    pub fn rql(&self, now: Timestamp) -> String {
        let mut rql = self.filter(now);
        let offset = (self.page - 1) * self.size;
        // Tokens without a date are what nobody looks for by date.
        let _ = write!(rql, "ordering({})&nulls=last&limit={}&offset={offset}", self.order(), self.size);
        rql
    }

    /// The query for all that matches, whatever the page. Empty, or with `&` at its end.
    #[must_use]
    pub fn filter(&self, now: Timestamp) -> String {
        let mut rql = String::new();
        if let Some(status) = self.status {
            let _ = write!(rql, "eq(status,{})&", status.as_str());
        }
        if let Some(extension) = &self.extension {
            let _ = write!(rql, "eq(extension.id,{extension})&");
        }
        let search = self.search.trim();
        if !search.is_empty() {
            let _ = write!(rql, "search={}&", encode(search));
        }
        if let Some(module) = &self.module {
            let all = if self.is_apart { "" } else { ",MD-0000" };
            let _ = write!(rql, "in(permissions.object.id,({module}{all}))&");
        }
        if let Some(creator) = &self.creator {
            let _ = write!(rql, "eq(events.created.by.id,{creator})&");
        }
        if let Some(unused) = self.unused {
            let _ = write!(rql, "{}&", unused.rql(now));
        }
        if let Some(days) = self.expires_within {
            let end = moment(now.plus(DAY * i64::from(days)));
            let _ = write!(rql, "gt(expiration_date,{})&le(expiration_date,{end})&", moment(now));
        }
        rql
    }

    /// Whether both show the same tokens, if on other pages or in another order.
    #[must_use]
    pub fn selects_as(&self, other: &Self) -> bool {
        let plain = |it: &Self| Self { sort: Self::default().sort, page: 1, size: 25, ..it.clone() };
        plain(self) == plain(other)
    }

    /// Whether anything narrows the list, so that an empty one does not mean an empty account.
    #[must_use]
    pub fn has_filters(&self) -> bool {
        !self.selects_as(&Self::default())
    }

    /// The same, narrowed by nothing.
    #[must_use]
    pub fn without_filters(&self) -> Self {
        Self { sort: self.sort, size: self.size, ..Self::default() }
    }

    /// The same from its first page, after something else was changed.
    #[must_use]
    pub fn first_page(self) -> Self {
        Self { page: 1, ..self }
    }

    /// The order after a header was pressed: by its key ascending, or turned round.
    #[must_use]
    pub fn sorted_by(&self, key: SortKey) -> Self {
        let descending = self.sort.0 == key && !self.sort.1;
        Self { sort: (key, descending), ..self.clone() }.first_page()
    }

    /// The order as the address has it.
    #[must_use]
    pub fn order(&self) -> String {
        format!("{}{}", if self.sort.1 { "-" } else { "" }, self.sort.0.as_param())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-29T12:00:00Z".parse().unwrap()
    }

    fn read(pairs: &[(&str, &str)]) -> ListQuery {
        ListQuery::read(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
    }

    #[test]
    fn an_address_without_parameters_shows_the_newest_first() {
        assert_eq!(read(&[]), ListQuery::default());
        assert_eq!(ListQuery::default().address(), "/integrations/tokens");
        assert_eq!(ListQuery::default().rql(now()), "ordering(-created)&nulls=last&limit=25&offset=0");
    }

    #[test]
    fn what_is_in_the_address_reads_back() {
        let query = read(&[
            ("q", "a&b (c)"),
            ("status", "inactive"),
            ("extension", "EXT-000-003"),
            ("sort", "name"),
            ("page", "3"),
            ("size", "50"),
        ]);
        assert_eq!(
            query.address(),
            "/integrations/tokens?q=a%26b%20%28c%29&status=inactive&extension=EXT-000-003&sort=name&page=3&size=50"
        );
        assert_eq!(
            query.rql(now()),
            "eq(status,inactive)&eq(extension.id,EXT-000-003)&search=a%26b%20%28c%29&\
             ordering(name)&nulls=last&limit=50&offset=100"
        );
    }

    #[test]
    fn every_filter_is_in_the_address_and_in_the_query() {
        let query =
            read(&[("module", "MD-0002"), ("created_by", "UR-310-552-001"), ("unused", "90"), ("expires_within", "7")]);
        let address = "/integrations/tokens?module=MD-0002&created_by=UR-310-552-001&unused=90&expires_within=7";
        assert_eq!(query.address(), address);
        let since = "2026-08-31T12%3A00%3A00%2B00%3A00";
        let unused = format!("or(lt(last_used,{since}),and(eq(last_used,null()),lt(created,{since})))");
        let ends = "gt(expiration_date,2026-11-29T12%3A00%3A00%2B00%3A00)&le(expiration_date,2026-12-06T12%3A00%3A00%2B00%3A00)";
        assert_eq!(
            query.filter(now()),
            format!(
                "in(permissions.object.id,(MD-0002,MD-0000))&eq(events.created.by.id,UR-310-552-001)&{unused}&{ends}&"
            )
        );
        let apart = ListQuery { module: query.module.clone(), is_apart: true, ..ListQuery::default() };
        assert_eq!(apart.filter(now()), "in(permissions.object.id,(MD-0002))&");
        assert!(query.has_filters() && !query.selects_as(&query.without_filters()));
        assert!(query.selects_as(&ListQuery { page: 3, size: 50, ..query.sorted_by(SortKey::Used) }));
    }

    #[test]
    fn nonsense_counts_as_not_given() {
        let nonsense = [("status", "on"), ("extension", "x)"), ("sort", "-secret"), ("page", "0"), ("size", "1000")];
        assert_eq!(read(&nonsense), ListQuery::default());
    }

    #[test]
    fn a_header_sorts_and_turns_round() {
        let once = ListQuery { page: 4, ..ListQuery::default() }.sorted_by(SortKey::Name);
        assert_eq!((once.sort, once.page), ((SortKey::Name, false), 1));
        assert_eq!(once.sorted_by(SortKey::Name).sort, (SortKey::Name, true));
    }
}
