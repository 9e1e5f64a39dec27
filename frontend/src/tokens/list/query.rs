//! What the list shows: search, filters, order, page. It lives in the address, so that it can be shared and so
//! that Back works, and becomes an RQL query for the server.

use std::fmt::Write;

use latchkey_shared::{ExtensionId, TokenStatus};

use crate::browser::text::encode;

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
    /// When it expires.
    Expires,
}

impl SortKey {
    const ALL: [Self; 5] = [Self::Name, Self::Extension, Self::Status, Self::Created, Self::Expires];

    fn as_param(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Extension => "extension.name",
            Self::Status => "status",
            Self::Created => "created",
            Self::Expires => "expiration_date",
        }
    }
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
    /// The order; true is descending.
    pub sort: (SortKey, bool),
    /// The page, from 1.
    pub page: usize,
    /// Rows a page.
    pub size: usize,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { search: String::new(), status: None, extension: None, sort: (SortKey::Created, true), page: 1, size: 25 }
    }
}

impl ListQuery {
    /// The numbers of rows a page to choose from.
    pub const SIZES: &'static [usize] = &[25, 50, 100];

    /// Reads the parameters of an address. What makes no sense counts as not given.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let default = Self::default();
        let sort = get("sort").and_then(|text| {
            let (word, descending) = text.strip_prefix('-').map_or((text.as_str(), false), |word| (word, true));
            SortKey::ALL.into_iter().find(|key| key.as_param() == word).map(|key| (key, descending))
        });
        let number = |name| get(name).and_then(|text| text.parse::<usize>().ok());
        Self {
            search: get("q").unwrap_or_default(),
            status: get("status").and_then(|word| TokenStatus::from_word(&word)),
            extension: get("extension").and_then(|id| id.parse().ok()),
            sort: sort.unwrap_or(default.sort),
            page: number("page").filter(|page| (1..1_000_000).contains(page)).unwrap_or(default.page),
            size: number("size").filter(|size| Self::SIZES.contains(size)).unwrap_or(default.size),
        }
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

    /// The query for the server.
    #[must_use]
    pub fn rql(&self) -> String {
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
        let offset = (self.page - 1) * self.size;
        let _ = write!(rql, "ordering({})&limit={}&offset={offset}", self.order(), self.size);
        rql
    }

    /// Whether anything narrows the list, so that an empty one does not mean an empty account.
    #[must_use]
    pub fn has_filters(&self) -> bool {
        !self.search.trim().is_empty() || self.status.is_some() || self.extension.is_some()
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

    fn order(&self) -> String {
        format!("{}{}", if self.sort.1 { "-" } else { "" }, self.sort.0.as_param())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> ListQuery {
        ListQuery::read(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
    }

    #[test]
    fn an_address_without_parameters_shows_the_newest_first() {
        assert_eq!(read(&[]), ListQuery::default());
        assert_eq!(ListQuery::default().address(), "/integrations/tokens");
        assert_eq!(ListQuery::default().rql(), "ordering(-created)&limit=25&offset=0");
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
            query.rql(),
            "eq(status,inactive)&eq(extension.id,EXT-000-003)&search=a%26b%20%28c%29&ordering(name)&limit=50&offset=100"
        );
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
