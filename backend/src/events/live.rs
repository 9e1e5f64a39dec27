//! `GET /auth/events/live`: the events of the account as they happen, as server-sent events (WHATWG HTML, section 9.2).
//!
//! A commit that has recorded an event wakes every stream, of this replica and, by its change notification, of the
//! others. A stream then reads what is new from the audit trail, so that it tells no other account's events and no more
//! than `GET /auth/events` does.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse as _, Response,
        sse::{self, Sse},
    },
};
use futures_util::{StreamExt as _, stream};
use latchkey_shared::Event;
use tokio::sync::watch;

use super::list::present;
use crate::{
    http::{Caller, Error, Identity},
    sessions,
    state::AppState,
    store::{Changes, StoreError},
};

/// How long a stream waits for more before it reads: a change of many tokens wakes it once.
const SETTLE: Duration = Duration::from_millis(250);
/// Interval between two comments, which keep proxies from closing the connection; and the longest that a stream
/// outlives its session.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Maximum number of streams.
const STREAMS: usize = 1000;
/// Events of one message; of more a client is told only that there are many.
const MANY: usize = 100;
/// By how many ids an event may be late: PostgreSQL gives ids before it commits.
const LATE: i64 = 50;
/// Rows that are read at once.
const READ: u64 = 200;

/// Events as they happen. A client that reconnects with `Last-Event-ID` misses none.
#[utoipa::path(get, path = "/auth/events/live", operation_id = "follow_events", tag = "Account",
    responses((status = 200, description = "An endless stream: `data` is an event as `list_events` answers it, and a message of the type `many` stands for more than 100", content_type = "text/event-stream", body = String, example = json!("id: 4711\ndata: {\"id\":4711,\"action\":\"token.disabled\"}\n\n"))))]
pub async fn handler(State(app): State<AppState>, caller: Caller, headers: HeaderMap) -> Result<Response, Error> {
    let Identity::User { session_id, .. } = &caller.identity else {
        return Err(Error::Forbidden("A key is not signed in.".into()));
    };
    let changes = app.store.changes();
    if app.store.streams() > STREAMS {
        return Err(Error::Unavailable);
    }
    let session_id = session_id.clone();
    let known = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<i64>().ok());
    let (last, floor, sent) = match known {
        Some(last) => (last, last, BTreeSet::new()),
        // What is there already counts as sent.
        None => {
            let last = app.store.last_event(&caller.account.id).await?;
            (last, last - LATE, (last - LATE..=last).collect())
        }
    };
    let stream = Stream { app, caller, session_id, changes, last, floor, sent, is_behind: true };
    let messages = stream::unfold(stream, async |mut stream| {
        let messages = stream.next().await?;
        Some((stream::iter(messages.into_iter().map(Ok::<_, Infallible>)), stream))
    });
    let mut response = Sse::new(messages.flatten()).into_response();
    // nginx would keep messages until its buffer is full.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

struct Stream {
    app: AppState,
    caller: Caller,
    session_id: String,
    changes: watch::Receiver<Changes>,
    /// The greatest id that was sent.
    last: i64,
    /// Ids up to this one are not read any more.
    floor: i64,
    /// The ids above it that were sent.
    sent: BTreeSet<i64>,
    /// Whether the first message is still to come.
    is_behind: bool,
}

impl Stream {
    /// The next messages; `None` when the stream ends: with the session, or with the server.
    async fn next(&mut self) -> Option<Vec<sse::Event>> {
        if !std::mem::take(&mut self.is_behind) {
            match tokio::time::timeout(HEARTBEAT, self.changes.changed()).await {
                Ok(Ok(())) => tokio::time::sleep(SETTLE).await,
                Ok(Err(_)) => return None,
                Err(_) => {}
            }
        }
        if *self.changes.borrow_and_update() == Changes::Closed {
            return None;
        }
        match self.read().await {
            Ok(Some(messages)) if messages.is_empty() => Some(vec![sse::Event::default().comment("")]),
            Ok(messages) => messages,
            Err(error) => {
                // The client connects again, with the id of the last event.
                tracing::warn!(%error, "a stream of events ends");
                None
            }
        }
    }

    /// What is new; `None` when the session has ended.
    async fn read(&mut self) -> Result<Option<Vec<sse::Event>>, StoreError> {
        let Some(session) = self.app.store.session(&self.session_id).await? else { return Ok(None) };
        let now = self.app.clock.now();
        if sessions::caller(session, self.caller.client_info.clone(), now)?.is_none() {
            return Ok(None);
        }
        let account = &self.caller.account.id;
        let rows = self.app.store.events_after(account, self.floor, READ).await?;
        let new: Vec<Event> = rows.into_iter().filter(|row| !self.sent.contains(&row.id)).map(present).collect();
        if new.len() > MANY {
            self.last = self.app.store.last_event(account).await?;
            (self.floor, self.sent) = (self.last, BTreeSet::new());
            return Ok(Some(vec![sse::Event::default().id(self.last.to_string()).event("many").data("many")]));
        }
        self.sent.extend(new.iter().map(|event| event.id));
        self.last = self.sent.last().copied().unwrap_or_default().max(self.last);
        self.floor = self.floor.max(self.last - LATE);
        self.sent = self.sent.split_off(&(self.floor + 1));
        let message = |event: &Event| {
            // Texts and numbers: there is nothing in it that JSON could not say.
            let data = serde_json::to_string(event).unwrap_or_default();
            sse::Event::default().id(event.id.to_string()).data(data)
        };
        Ok(Some(new.iter().map(message).collect()))
    }
}
