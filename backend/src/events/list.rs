//! `GET /auth/events`: the audit trail of the account, a page at a time or as a file.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use latchkey_shared::{Event, Reference, Timestamp};

use crate::{
    http::{Caller, Error, ListQuery, Page, csv},
    rql::{Kind, Property, Query},
    state::AppState,
    store::{EventQuery, entities::event},
};

/// What events can be filtered and ordered by.
pub const PROPERTIES: &[Property] = &[
    Property::new("id", Kind::Integer),
    Property::new("at", Kind::Moment).orderable(),
    Property::new("action", Kind::Text),
    Property::new("actor.id", Kind::Text),
    Property::new("actor.name", Kind::Text),
    Property::new("object.id", Kind::Text),
    Property::new("object.name", Kind::Text),
    Property::new("address", Kind::Text),
    Property::new("request_id", Kind::Text),
];

/// Events of a page of a file.
const BATCH: u64 = 1000;

/// A page of events, the newest first unless `ordering(at)` says otherwise.
#[utoipa::path(get, path = "/auth/events", operation_id = "list_events", tag = "Account",
    responses((status = 200, description = "A page of events", body = [Event])))]
pub async fn handler(State(app): State<AppState>, caller: Caller, query: ListQuery) -> Result<Page<Event>, Error> {
    let query = query.0.resolve(PROPERTIES)?;
    let (rows, total) = app.store.list_events(&event_query(&caller, &query, None)).await?;
    Ok(Page::of(rows.into_iter().map(present).collect(), total, &query))
}

/// All events that match, as CSV (RFC 4180). `limit` and `offset` do not count.
#[utoipa::path(get, path = "/auth/events/export.csv", operation_id = "export_events_as_csv", tag = "Account",
    responses((status = 200, description = "All events that match, a line each below a line with the names of the columns", content_type = "text/csv", body = String, example = json!("id,at,action\r\n1,2027-01-31T09:30:00+00:00,token.created\r\n"))))]
pub async fn export_csv(State(app): State<AppState>, caller: Caller, query: ListQuery) -> Result<Response, Error> {
    let head = csv::line([
        "id",
        "at",
        "action",
        "actor_id",
        "actor_name",
        "object_id",
        "object_name",
        "address",
        "request_id",
        "details",
    ]);
    let line = |event: &Event| {
        csv::line([
            &event.id.to_string(),
            &event.at.to_string(),
            &event.action,
            &event.actor.id,
            &event.actor.name,
            &event.object.id,
            &event.object.name,
            &event.address,
            &event.request_id,
            &serde_json::Value::Object(event.details.clone()).to_string(),
        ])
    };
    export(app, caller, query, "csv", head, line).await
}

/// All events that match, as a line of JSON each. `limit` and `offset` do not count.
#[utoipa::path(get, path = "/auth/events/export.jsonl", operation_id = "export_events_as_json", tag = "Account",
    responses((status = 200, description = "All events that match, a line of JSON each", content_type = "application/x-ndjson", body = String, example = json!("{\"id\":1,\"at\":\"2027-01-31T09:30:00+00:00\",\"action\":\"token.created\"}\n"))))]
pub async fn export_json(State(app): State<AppState>, caller: Caller, query: ListQuery) -> Result<Response, Error> {
    let line = |event: &Event| serde_json::to_string(event).unwrap_or_default() + "\n";
    export(app, caller, query, "jsonl", String::new(), line).await
}

async fn export(
    app: AppState,
    caller: Caller,
    query: ListQuery,
    kind: &'static str,
    head: String,
    line: fn(&Event) -> String,
) -> Result<Response, Error> {
    let mut query = query.0.resolve(PROPERTIES)?;
    (query.limit, query.offset) = (BATCH, 0);
    query.ordering.clear();
    let name = format!("attachment; filename=\"activity-{}.{kind}\"", &app.clock.now().to_string()[..10]);
    // Before the answer begins: if it fails, the answer says so.
    let (first, _) = app.store.list_events(&event_query(&caller, &query, None)).await?;
    let pages = stream::unfold(Some((head, first, app, caller, query, line)), async |state| {
        let (mut text, rows, app, caller, query, line) = state?;
        let last = rows.last().map(|row| row.id).filter(|_| rows.len() as u64 == BATCH);
        for row in rows {
            text += &line(&present(row));
        }
        // By number and not by offset: events are added meanwhile.
        let next = match last {
            None => None,
            Some(last) => match app.store.list_events(&event_query(&caller, &query, Some(last))).await {
                Ok((rows, _)) => Some((String::new(), rows, app, caller, query, line)),
                // The answer breaks off, so that nobody takes it for the whole.
                Err(error) => return Some((Err(std::io::Error::other(error.to_string())), None)),
            },
        };
        Some((Ok(Bytes::from(text)), next))
    });
    let mut response = Body::from_stream(pages).into_response();
    let media_type = if kind == "csv" { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn event_query<'a>(caller: &'a Caller, query: &'a Query, before: Option<i64>) -> EventQuery<'a> {
    EventQuery {
        account_id: &caller.account.id,
        filter: &query.filter,
        ascending: query.ordering.first().is_some_and(|key| !key.descending),
        before,
        limit: query.limit,
        offset: query.offset,
    }
}

/// The event as the API answers it.
pub(super) fn present(row: event::Model) -> Event {
    Event {
        id: row.id,
        at: Timestamp::from_unix(row.at),
        action: row.action,
        actor: Reference { id: row.actor_id, name: row.actor_name },
        object: Reference { id: row.object_id, name: row.object_name },
        address: row.address,
        request_id: row.request_id,
        details: serde_json::from_str(&row.details).unwrap_or_default(),
    }
}
