//! The audit trail.

use latchkey_shared::{Event, TokenId, TokenUsage};

use super::{Api, Call, Failure, Method, parse, tokens::total};

/// Where events are downloaded.
pub const EXPORT_CSV: &str = "/public/v1/auth/events/export.csv";
/// Where events are downloaded as lines of JSON.
pub const EXPORT_JSON: &str = "/public/v1/auth/events/export.jsonl";

/// One page of events, and how many there are in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventPage {
    /// The events of this page.
    pub events: Vec<Event>,
    /// How many match.
    pub total: usize,
}

impl Api {
    /// The events that an RQL query selects.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn list_events(self, rql: &str) -> Result<EventPage, Failure> {
        let answer = self.send(Call::new(Method::Get, &format!("/auth/events?{rql}"))).await?;
        let events: Vec<Event> = parse(&answer)?;
        let total = answer.content_range.as_deref().and_then(total).unwrap_or(events.len());
        Ok(EventPage { events, total })
    }

    /// How a token was used.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn token_usage(self, id: &TokenId) -> Result<TokenUsage, Failure> {
        parse(&self.send(Call::new(Method::Get, &format!("/auth/tokens/{id}/usage"))).await?)
    }
}
