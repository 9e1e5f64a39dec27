//! `GET /auth/tokens/export.csv`: what a query selects, as CSV for a spreadsheet.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use latchkey_shared::{Timestamp, Token};

use super::{list, present};
use crate::{
    http::{Caller, Error, ListQuery, csv},
    state::AppState,
};

/// Tokens that are read at once.
const BATCH: usize = 1000;

const COLUMNS: [&str; 17] = [
    "id",
    "name",
    "external_id",
    "description",
    "extension",
    "status",
    "permissions",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "last_used_at",
    "last_used_from",
    "expiration_date",
    "not_before",
    "allowed_addresses",
    "calls_per_minute",
];

/// All tokens that match, as CSV (RFC 4180). `limit` and `offset` do not count. A cell that a spreadsheet would take for
/// a formula begins with an apostrophe.
#[utoipa::path(get, path = "/auth/tokens/export.csv", operation_id = "export_tokens", tag = "Tokens", responses((status = 200, description = "All tokens that match, a line each below a line with the names of the columns", content_type = "text/csv", body = String, example = json!("id,name,external_id\r\nSU-160-984-311,Billing export,ERP-7\r\n"))))]
pub async fn handler(State(app): State<AppState>, caller: Caller, query: ListQuery) -> Result<Response, Error> {
    let query = query.0.resolve(list::PROPERTIES)?;
    let name = format!("attachment; filename=\"tokens-{}.csv\"", &app.clock.now().to_string()[..10]);
    // All ids first: with pages by offset, a change meanwhile would leave out tokens that nobody has touched.
    let ids = app.store.list_token_ids(&list::token_query(&app, &caller, &query), true).await?;
    let rest = stream::unfold(Some((csv::line(COLUMNS), ids, app, caller)), async |state| {
        let (mut text, mut ids, app, caller) = state?;
        let later = ids.split_off(ids.len().min(BATCH));
        match lines(&app, &caller, &ids).await {
            Ok(lines) => {
                text += &lines;
                let next = (!later.is_empty()).then_some((String::new(), later, app, caller));
                Some((Ok(Bytes::from(text)), next))
            }
            // The answer breaks off, so that nobody takes it for the whole.
            Err(error) => Some((Err(std::io::Error::other(error.to_body().errors.join(" "))), None)),
        }
    });
    let mut response = Body::from_stream(rest).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

async fn lines(app: &AppState, caller: &Caller, ids: &[String]) -> Result<String, Error> {
    let mut text = String::new();
    for row in app.store.tokens_by_id(&caller.account.id, ids).await? {
        text += &line(&present(app, caller, &row)?);
    }
    Ok(text)
}

fn line(token: &Token) -> String {
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let modules: Vec<&str> = token
        .permissions
        .iter()
        .map(|it| if it.object.name.is_empty() { it.object.id.as_str() } else { it.object.name.as_str() })
        .collect();
    csv::line([
        token.id.as_str(),
        token.name.as_str(),
        token.external_id.as_deref().unwrap_or_default(),
        token.description.as_deref().unwrap_or_default(),
        token.extension.name.as_str(),
        token.status.as_str(),
        &modules.join(", "),
        &token.events.created.at.to_string(),
        token.events.created.by.name.as_str(),
        &token.events.updated.at.to_string(),
        token.events.updated.by.name.as_str(),
        &moment(token.last_used.as_ref().map(|last| last.at)),
        token.last_used.as_ref().map_or("", |last| &last.address),
        &moment(token.expiration_date),
        &moment(token.not_before),
        &token.allowed_addresses.join(", "),
        &token.calls_per_minute.map(|calls| calls.to_string()).unwrap_or_default(),
    ])
}
