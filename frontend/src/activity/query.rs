//! What the page shows: filters and page, as they stand in the address, and as an RQL query for the server.

use std::fmt::Write as _;

use latchkey_shared::Timestamp;

use super::words;
use crate::{browser::text::encode, routes::ACTIVITY};

const DAY: i64 = 24 * 3600;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityQuery {
    /// Only this action.
    pub action: Option<&'static str>,
    /// Only what this user or token has done, by a part of the name.
    pub actor: String,
    /// Only what was done to this object, by id.
    pub object: String,
    /// Only the last days.
    pub days: Option<u16>,
    /// The page, from 1.
    pub page: usize,
}

impl Default for ActivityQuery {
    fn default() -> Self {
        Self { action: None, actor: String::new(), object: String::new(), days: None, page: 1 }
    }
}

impl ActivityQuery {
    /// Events of a page.
    pub const SIZE: usize = 50;
    /// The spans to choose from, in days.
    pub const SPANS: [u16; 4] = [1, 7, 30, 90];

    /// Reads the parameters of an address. What makes no sense counts as not given.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            action: get("action").and_then(|action| words::known(&action)),
            actor: get("actor").unwrap_or_default().chars().take(128).collect(),
            object: get("object").unwrap_or_default().chars().take(64).collect(),
            days: get("days").and_then(|days| days.parse().ok()).filter(|days| Self::SPANS.contains(days)),
            page: get("page")
                .and_then(|page| page.parse().ok())
                .filter(|page| (1..1_000_000).contains(page))
                .unwrap_or(1),
        }
    }

    /// The address that shows this.
    #[must_use]
    pub fn address(&self) -> String {
        let mut parts = Vec::new();
        if let Some(action) = self.action {
            parts.push(format!("action={action}"));
        }
        for (name, value) in [("actor", &self.actor), ("object", &self.object)] {
            if !value.trim().is_empty() {
                parts.push(format!("{name}={}", encode(value.trim())));
            }
        }
        if let Some(days) = self.days {
            parts.push(format!("days={days}"));
        }
        if self.page != 1 {
            parts.push(format!("page={}", self.page));
        }
        if parts.is_empty() { ACTIVITY.to_owned() } else { format!("{ACTIVITY}?{}", parts.join("&")) }
    }

    /// The query for all that matches. Empty, or with `&` at its end.
    #[must_use]
    pub fn filter(&self, now: Timestamp) -> String {
        let mut rql = String::new();
        if let Some(action) = self.action {
            let _ = write!(rql, "eq(action,{action})&");
        }
        let actor = self.actor.trim();
        if !actor.is_empty() {
            // What RQL would read as a sign is quoted; a star is what anybody means by it.
            let _ = write!(rql, "ilike(actor.name,%22*{}*%22)&", encode(&actor.replace(['"', '*', '\\'], "")));
        }
        let object = self.object.trim();
        if !object.is_empty() {
            let _ = write!(rql, "eq(object.id,%22{}%22)&", encode(&object.replace('"', "")));
        }
        if let Some(days) = self.days {
            let _ = write!(rql, "ge(at,{})&", encode(&now.plus(-DAY * i64::from(days)).to_string()));
        }
        rql
    }

    /// The query for a page.
    #[must_use]
    pub fn rql(&self, now: Timestamp) -> String {
        let size = Self::SIZE;
        format!("{}limit={size}&offset={}", self.filter(now), (self.page - 1) * size)
    }

    /// The same from its first page.
    #[must_use]
    pub fn first_page(self) -> Self {
        Self { page: 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_in_the_address_and_in_the_query() {
        let pairs =
            [("action", "token.deleted"), ("actor", "Ada \"*"), ("object", "SU-1"), ("days", "7"), ("page", "2")];
        let query = ActivityQuery::read(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()));
        assert_eq!(
            query.address(),
            "/integrations/activity?action=token.deleted&actor=Ada%20%22%2A&object=SU-1&days=7&page=2"
        );
        assert_eq!(
            query.rql("2026-11-29T12:00:00Z".parse().unwrap()),
            "eq(action,token.deleted)&ilike(actor.name,%22*Ada%20*%22)&eq(object.id,%22SU-1%22)&\
             ge(at,2026-11-22T12%3A00%3A00%2B00%3A00)&limit=50&offset=50"
        );
        assert_eq!(ActivityQuery::read(|_| Some("nonsense".to_owned())).page, 1);
    }
}
