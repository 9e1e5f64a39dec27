//! `GET /auth/observed`: what APIs in observe mode let pass and would have refused.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
};

use axum::extract::State;
use latchkey_shared::{ModuleId, ObservedRequest, Reference, Timestamp, TokenId};
use serde_json::Value;

use crate::{
    catalogue::{
        Catalogue,
        api::{Api, Mode},
    },
    gatekeeper::{
        Entry, Modules,
        apis::Original,
        entry::Limit,
        explain::explain,
        observe::REPLACED,
        plan::{Becomes, Change},
    },
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
    let told = told(&app.store, (&modules.catalogue, &modules), Some(&caller.account.id), sees_unknown, now).await?;
    query.page_of_objects(&told, PROPERTIES)
}

/// The requests to APIs that are in observe mode by the catalogue in force, of the tokens of an account or of all, with whether
/// they pass by `modules`.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn told(
    store: &Store,
    (in_force, modules): (&Catalogue, &Modules),
    account_id: Option<&str>,
    with_unknown: bool,
    now: Timestamp,
) -> Stored<Vec<ObservedRequest>> {
    let rows = requests(store, (in_force, modules), account_id, with_unknown, now).await?;
    Ok(rows.into_iter().map(|it| one(modules, it)).collect())
}

/// What APIs let pass that observe by the catalogue in force, and that `next` would refuse: as changes of the plan, by token,
/// rule and reason.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn refusals_that_begin(
    store: &Store,
    in_force: &Catalogue,
    next: &Modules,
    now: Timestamp,
) -> Stored<Vec<Change>> {
    let mut changes: BTreeMap<[String; 3], Change> = BTreeMap::new();
    for it in requests(store, (in_force, next), None, true, now).await? {
        if it.passes || it.observed {
            continue;
        }
        let row = it.row;
        let (id, name) = it.token.map(|token| (token.id, token.name)).unwrap_or_default();
        let host = host_of(in_force, &row).unwrap_or_default();
        let path = match row.rule.rsplit(' ').next().unwrap_or_default() {
            "" if row.path.is_empty() => "/…".to_owned(),
            "" => row.path,
            rule => format!("{}{rule}", in_force.api(&row.api).map(Api::base).unwrap_or_default()),
        };
        let method = if row.method.is_empty() { "…" } else { &row.method };
        let requests = format!("{method} {host}{path}");
        let change = changes.entry([id.clone(), requests.clone(), row.reason.clone()]).or_insert_with(|| Change {
            token: id,
            name,
            becomes: Becomes::Lost,
            requests,
            reason: row.reason,
            calls: 0,
            last_at: None,
        });
        change.calls += row.calls;
        change.last_at = change.last_at.max(Some(Timestamp::from_unix(row.last_at)));
    }
    Ok(changes.into_values().collect())
}

/// Requests that were observed, and what would become of them now.
struct Judged {
    row: TokenRequest,
    token: Option<token::Model>,
    passes: bool,
    /// Whether it is to an API that observes.
    observed: bool,
}

/// The requests to APIs that observe by the catalogue in force, with what becomes of them by `modules`.
async fn requests(
    store: &Store,
    (in_force, modules): (&Catalogue, &Modules),
    account_id: Option<&str>,
    with_unknown: bool,
    now: Timestamp,
) -> Stored<Vec<Judged>> {
    let rows = store.refused_requests(account_id, with_unknown, now.unix() - TOLD_FOR, MOST).await?;
    let observes = |name: &str| in_force.api(name).is_some_and(|api| api.mode == Mode::Observe);
    let rows: Vec<_> = rows.into_iter().filter(|(row, _)| observes(&row.api)).collect();
    let ids = rows.iter().filter_map(|(row, _)| row.token_id.parse().ok());
    let ids: Vec<TokenId> = ids.collect::<BTreeSet<_>>().into_iter().collect();
    let mut entries = HashMap::new();
    for row in store.load_credentials(&ids).await? {
        let limit = |_, calls| Arc::new(Limit::new(calls));
        entries.insert(row.id.clone(), Entry::new(&row, Arc::new(row.account()), modules, limit)?);
    }
    let judged = rows.into_iter().map(|(row, token)| {
        let host = Some(host_of(in_force, &row).unwrap_or(ANY_HOST));
        let original = Original { host, method: &row.method, path: &row.path };
        let address: Option<IpAddr> = row.address.parse().ok();
        let entry = entries.get(&row.token_id);
        let told = explain(modules, entry, original, address, now);
        let passes = match row.reason.as_str() {
            // A rate limit depends on the moment, and a key that was replaced stays so.
            "limited" | REPLACED => false,
            // Several paths are no path.
            _ if row.path.is_empty() => false,
            // A client with an invalid key is not let in as one without a key.
            reason if entry.is_none() && reason != "missing" => told.reason == "public",
            _ => told.allowed,
        };
        Judged { passes, observed: told.observed, row, token }
    });
    Ok(judged.collect())
}

/// The first host of the API that a request was to; none if it is on any.
fn host_of<'a>(catalogue: &'a Catalogue, row: &TokenRequest) -> Option<&'a str> {
    catalogue.api(&row.api)?.hosts.first().map(String::as_str)
}

fn one(modules: &Modules, Judged { row, token, passes, .. }: Judged) -> ObservedRequest {
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
        passes_now: passes,
    }
}
