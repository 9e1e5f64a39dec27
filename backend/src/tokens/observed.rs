//! `GET /auth/observed`: what APIs in observe mode let pass and would have refused.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use axum::extract::State;
use latchkey_shared::{ModuleId, ObservedRequest, Reference, Timestamp, TokenId};
use serde_json::Value;

use crate::{
    catalogue::api::Mode,
    gatekeeper::{Entry, Modules, apis::Original, entry::Limit, explain::explain, observe::REPLACED},
    http::{Caller, Error, ListQuery, Page},
    rql::{Kind, Property},
    state::AppState,
    store::{Result as Stored, Store, TOLD_FOR, TokenRequest, entities::token},
};

/// Stands for the host of an API that has none.
const ANY_HOST: &str = "any.invalid";
/// Kinds of requests that are told, the last ones.
const MOST: u64 = 5000;

/// What the list can be filtered and ordered by.
pub const PROPERTIES: &[Property] = &[
    Property::new("token.id", Kind::Text).orderable().searchable(),
    Property::new("token.name", Kind::Text).orderable().searchable(),
    Property::new("api", Kind::Text).orderable(),
    Property::new("method", Kind::Text).orderable(),
    Property::new("path", Kind::Text).orderable().searchable(),
    Property::new("module.id", Kind::Text).orderable(),
    Property::new("reason", Kind::Text).orderable(),
    Property::new("calls", Kind::Integer).orderable(),
    Property::new("last_at", Kind::Moment).orderable(),
    Property::new("passes_now", Kind::Boolean).orderable(),
];

/// The requests of the last 30 days by token, rule and path, the last ones first. Of other accounts' tokens none. Requests
/// without a key that is known belong to nobody: the first account sees them.
#[utoipa::path(get, path = "/auth/observed", operation_id = "list_observed_requests", tag = "Tokens",
    responses((status = 200, description = "What would have been refused", body = [ObservedRequest])))]
pub async fn list(State(app): State<AppState>, caller: Caller, query: ListQuery) -> Result<Page<Value>, Error> {
    let first = app.store.first_account().await?;
    let sees_unknown = first.is_some_and(|first| first.id == caller.account.id);
    let now = app.clock.now();
    let modules = Arc::clone(&app.gatekeeper.modules());
    let told = told(&app.store, &modules, Some(&caller.account.id), sees_unknown, now).await?;
    query.page_of_objects(&told, PROPERTIES)
}

/// The requests to APIs that are in observe mode, of the tokens of an account or of all.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn told(
    store: &Store,
    modules: &Modules,
    account_id: Option<&str>,
    with_unknown: bool,
    now: Timestamp,
) -> Stored<Vec<ObservedRequest>> {
    let rows = store.refused_requests(account_id, with_unknown, now.unix() - TOLD_FOR, MOST).await?;
    let observes = |name: &str| modules.catalogue.apis.iter().any(|api| api.name == name && api.mode == Mode::Observe);
    let rows: Vec<_> = rows.into_iter().filter(|(row, _)| observes(&row.api)).collect();
    let ids = rows.iter().filter_map(|(row, _)| row.token_id.parse().ok());
    let ids: Vec<TokenId> = ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let mut entries = HashMap::new();
    for row in store.load_credentials(&ids).await? {
        let limit = |_, calls| Arc::new(Limit::new(calls));
        entries.insert(row.id.clone(), Entry::new(&row, Arc::new(row.account()), modules, limit)?);
    }
    let told = rows.into_iter().map(|(row, token)| one(modules, row, token, &entries, now));
    Ok(told.collect())
}

fn one(
    modules: &Modules,
    row: TokenRequest,
    token: Option<token::Model>,
    entries: &HashMap<String, Entry>,
    now: Timestamp,
) -> ObservedRequest {
    let api = modules.catalogue.apis.iter().find(|api| api.name == row.api);
    let host = Some(api.and_then(|api| api.hosts.first()).map_or(ANY_HOST, String::as_str));
    let original = Original { host, method: &row.method, path: &row.path };
    let address: Option<IpAddr> = row.address.parse().ok();
    // A rate limit depends on the moment, several paths are no path, and a key that was replaced stays so.
    let passes_now = !row.path.is_empty()
        && !["limited", REPLACED].contains(&row.reason.as_str())
        && match entries.get(&row.token_id) {
            Some(entry) => explain(modules, entry, original, address, now).allowed,
            None => modules.apis.find(original).1.is_ok_and(|openers| openers.is_public()),
        };
    let module = row.module_id.parse::<ModuleId>().ok();
    ObservedRequest {
        token: token.map(|token| Reference { id: token.id, name: token.name }),
        module: module.map(|id| Reference {
            name: modules.catalogue.module(&id).map_or_else(|| id.to_string(), |module| module.name.clone()),
            id: id.into(),
        }),
        rule: Some(row.rule).filter(|rule| !rule.is_empty()),
        api: row.api,
        method: row.method,
        path: row.path,
        reason: row.reason,
        calls: row.calls,
        first_at: Timestamp::from_unix(row.first_at),
        last_at: Timestamp::from_unix(row.last_at),
        address: row.address,
        program: row.program,
        passes_now,
    }
}
