//! `POST /auth/tokens/bulk`: one change of many tokens, named by their ids or selected by a query.
//!
//! The answer is a line of JSON for each token (`application/x-ndjson`), sent once its change is committed. Each batch
//! is a transaction that reads the caller again. When the client hangs up, what is committed stays and the rest is not
//! begun. A dry run does the same and rolls back.

use std::{convert::Infallible, vec};

use axum::{
    body::{Body as ResponseBody, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use latchkey_shared::{
    BulkAction, BulkBody, BulkLine, BulkOutcome, BulkTotal, Problem, Timestamp, TokenId, TokenStatus, TokenUpdate,
    TokenUpdateBody,
};
use serde::Serialize;

use super::{activate, delete, list, rules, update};
use crate::{
    auth,
    events::Action,
    http::{Body, Caller, Error, Identity},
    rql::{self, Filter, Query},
    state::AppState,
    store::Tx,
};

/// The greatest number of ids.
const MAX_IDS: usize = 1000;
/// Tokens of a transaction: others wait for no more than that.
const BATCH: usize = 100;

/// Changes many tokens.
#[utoipa::path(post, path = "/auth/tokens/bulk", operation_id = "change_tokens", tag = "Tokens",
    request_body(content = BulkBody, example = json!({"action": "disable", "query": "eq(extension.id,EXT-000-001)", "dry_run": true})),
    responses((status = 200, description = "A line with the number of tokens, then one for each: `{\"total\": 1}`, `{\"id\", \"name\", \"outcome\", \"errors\"}`", content_type = "application/x-ndjson", body = String, example = json!("{\"total\":1}\n{\"id\":\"SU-160-984-311\",\"name\":\"Billing export\",\"outcome\":\"changed\"}\n"))))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Body(body): Body<BulkBody>,
) -> Result<Response, Error> {
    let bulk = Bulk::new(app, caller, body).await?;
    let lines = stream::unfold(Some(bulk), async |bulk| {
        let mut bulk = bulk?;
        let bytes = bulk.next().await?;
        Some((Ok::<_, Infallible>(bytes), Some(bulk)))
    });
    let mut response = ResponseBody::from_stream(lines).into_response();
    let media_type = header::HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

/// A change of many tokens that is under way.
struct Bulk {
    app: AppState,
    caller: Caller,
    action: BulkAction,
    end: Option<Timestamp>,
    dry_run: bool,
    /// The number of tokens, until it is told.
    total: Option<usize>,
    /// Those that are still to be changed.
    ids: vec::IntoIter<String>,
    /// Why nothing more is changed.
    stopped: Option<Vec<Problem>>,
}

impl Bulk {
    async fn new(app: AppState, caller: Caller, body: BulkBody) -> Result<Self, Error> {
        let BulkBody { action, ids, query, expected, expiration_date, dry_run } = body;
        let end = match (action, expiration_date) {
            (BulkAction::SetExpiration, None) => return Err(Error::field("expiration_date", "is required")),
            (BulkAction::SetExpiration, expiration_date) => {
                let body = TokenUpdateBody { expiration_date, ..TokenUpdateBody::default() };
                let end = TokenUpdate::try_from(body)?.expiration_date.flatten();
                rules::check_expiration(end, app.clock.now())?;
                end
            }
            (_, None) => None,
            (_, Some(_)) => return Err(Error::field("expiration_date", "is for set_expiration alone")),
        };
        if matches!(action, BulkAction::Enable | BulkAction::SetExpiration) && !dry_run {
            auth::check_recent_sign_in(&app, &caller)?;
        }
        let ids = match (ids, query) {
            (Some(_), None) if expected.is_some() => return Err(Error::field("expected", "is for query alone")),
            (Some(ids), None) => named(ids)?,
            (None, Some(query)) => selected(&app, &caller, &query, expected).await?,
            _ => return Err(Error::field("ids", "either ids or query is required")),
        };
        // The answer begins before the first change: a caller who was revoked meanwhile is denied as a whole.
        drop(auth::begin(&app, &caller).await?);
        Ok(Self { app, caller, action, end, dry_run, total: Some(ids.len()), ids: ids.into_iter(), stopped: None })
    }

    /// The next lines; `None` after the last.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(total) = self.total.take() {
            return Some(lines(&[BulkTotal { total }]));
        }
        let mut ids: Vec<String> = self.ids.by_ref().take(BATCH).collect();
        if ids.is_empty() {
            return None;
        }
        // Two requests lock the tokens in the same order, so that they do not deadlock.
        ids.sort_unstable();
        if self.stopped.is_none() {
            match self.batch(&ids).await {
                Ok(done) => return Some(lines(&done)),
                Err(error) => {
                    // Logs what is broken.
                    let _ = error.to_response();
                    self.stopped = Some(error.problems());
                }
            }
        }
        let why = self.stopped.clone().unwrap_or_default();
        let failed = |id| line(id, String::new(), BulkOutcome::Failed, why.clone());
        Some(lines(&ids.into_iter().map(failed).collect::<Vec<_>>()))
    }

    /// Changes these tokens in one transaction.
    async fn batch(&self, ids: &[String]) -> Result<Vec<BulkLine>, Error> {
        let own = ids.iter().find(|id| **id == self.caller.actor.id).map_or("", String::as_str);
        let (tx, mut caller) = auth::begin_on_token(&self.app, &self.caller, own).await?;
        if let (true, Identity::User { confirmed_at, .. }) = (self.dry_run, &mut caller.identity) {
            // Whether the password has to be given again is no part of what would change.
            *confirmed_at = self.app.clock.now();
        }
        let mut done = Vec::with_capacity(ids.len());
        for id in ids {
            let mut name = String::new();
            let (outcome, why) = match self.change(&tx, &caller, id, &mut name).await {
                Ok(true) => (BulkOutcome::Changed, Vec::new()),
                Ok(false) => (BulkOutcome::Unchanged, Vec::new()),
                Err(error @ (Error::Internal(_) | Error::Unavailable)) => return Err(error),
                Err(error) => (BulkOutcome::Failed, error.problems()),
            };
            done.push(line(id.clone(), name, outcome, why));
        }
        if !self.dry_run {
            tx.commit().await?;
        }
        Ok(done)
    }

    /// Changes a token. Returns whether that was a change.
    async fn change(&self, tx: &Tx, caller: &Caller, id: &str, name: &mut String) -> Result<bool, Error> {
        let app = &self.app;
        let mut row = tx.token(&caller.account.id, id).await?.ok_or_else(|| Error::not_found(id))?;
        name.clone_from(&row.token.name);
        if row.token.state == TokenStatus::Deleted.as_str() {
            return match self.action {
                BulkAction::Delete => Ok(false),
                _ => Err(Error::Conflict(rules::deleted(id))),
            };
        }
        rules::check_scope(app, caller, &row)?;
        match self.action {
            BulkAction::Enable => {
                activate::change(app, tx, caller, &mut row, TokenStatus::Active, Action::TokenEnabled).await
            }
            BulkAction::Disable => {
                activate::change(app, tx, caller, &mut row, TokenStatus::Inactive, Action::TokenDisabled).await
            }
            BulkAction::Delete => delete::change(app, tx, caller, &mut row).await.map(|()| true),
            BulkAction::SetExpiration => {
                let wanted = TokenUpdate { expiration_date: Some(self.end), ..TokenUpdate::default() };
                update::change(app, tx, caller, &mut row, wanted).await
            }
        }
    }
}

fn named(ids: Vec<String>) -> Result<Vec<String>, Error> {
    if ids.len() > MAX_IDS {
        return Err(Error::field("ids", format!("must be at most {MAX_IDS}; select more by query")));
    }
    if let Some(at) = ids.iter().position(|id| !TokenId::is_shape_of(id)) {
        return Err(Error::field(&format!("ids.{at}"), "must look like SU-ddd-ddd-ddd"));
    }
    let mut once = ids;
    once.sort_unstable();
    once.dedup();
    Ok(once)
}

async fn selected(app: &AppState, caller: &Caller, query: &str, expected: Option<u64>) -> Result<Vec<String>, Error> {
    let query = rql::parse(query)?.resolve(list::PROPERTIES)?;
    // A template that was not filled in must not mean every token.
    let is_blank =
        query.filter == Filter::And(Vec::new()) && query.search.as_deref().is_none_or(|it| it.trim().is_empty());
    if is_blank {
        return Err(Error::field("query", "must not be blank; ne(status,deleted) selects every token"));
    }
    if (query.limit, query.offset) != (Query::DEFAULT_LIMIT, 0) {
        return Err(Error::field("query", "must have no limit and no offset: all that it selects is changed"));
    }
    let ids = app.store.list_token_ids(&list::token_query(app, caller, &query), false).await?;
    match expected {
        Some(expected) if expected != ids.len() as u64 => Err(Error::Conflict(Problem::with(
            "selects_others",
            "The query selects {} tokens now, and not {}.",
            &[&ids.len(), &expected],
        ))),
        _ => Ok(ids),
    }
}

fn line(id: String, name: String, outcome: BulkOutcome, problems: Vec<Problem>) -> BulkLine {
    BulkLine { id, name, outcome, errors: problems.iter().map(ToString::to_string).collect(), problems }
}

fn lines<T: Serialize>(rows: &[T]) -> Bytes {
    let mut text = Vec::new();
    for row in rows {
        // Texts and numbers alone: there is nothing in it that JSON could not say.
        text.extend(serde_json::to_vec(row).unwrap_or_default());
        text.push(b'\n');
    }
    text.into()
}
