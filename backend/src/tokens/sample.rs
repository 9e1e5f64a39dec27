//! `GET /auth/tokens/{id}/sample`: a first call that the key of a token opens.

use axum::{Json, extract::State};
use latchkey_shared::{ModuleId, SampleCall};
use percent_encoding::{CONTROLS, utf8_percent_encode};

use crate::{
    catalogue::{ModuleRule, api::Api, integrations},
    collections,
    http::{Caller, Error, Id, paths::BASE},
    state::AppState,
};

/// `sample`.
#[utoipa::path(get, path = "/auth/tokens/{id}/sample", operation_id = "get_sample_call", tag = "Tokens",
    responses((status = 200, description = "A call that the key opens; null if none is known", body = Option<SampleCall>)))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Option<SampleCall>>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    Ok(Json(of(&app, &row.modules)))
}

/// A call that a token with these modules may make: reading comes before changing, and a rule before one with a parameter,
/// which nobody could fill in, is left out.
pub(super) fn of(app: &AppState, held: &[ModuleId]) -> Option<SampleCall> {
    let method = |rule: &ModuleRule| rule.rule.method.clone().unwrap_or_else(|| "GET".to_owned());
    let catalogue = app.catalogue();
    let opened = catalogue.rules.iter().filter(|rule| catalogue.opens(held, &rule.module));
    let mut calls: Vec<SampleCall> = opened
        .filter_map(|rule| {
            let api = catalogue.apis.get(rule.api)?;
            let credentials = api.credentials.first()?.name().to_owned();
            Some(SampleCall { method: method(rule), url: url(app, api, rule)?, credentials })
        })
        .collect();
    calls.sort_by_key(|call| call.method != "GET");
    calls.into_iter().next()
}

/// Where a rule leads; none if it has a parameter, or if nobody knows where its API is.
fn url(app: &AppState, api: &Api, rule: &ModuleRule) -> Option<String> {
    rule.rule.literals()?;
    let text = &rule.rule.text;
    let path = text.split_once(' ').map_or(text.as_str(), |(_, path)| path);
    match &api.url {
        Some(url) => Some(format!("{url}{}", utf8_percent_encode(path, CONTROLS))),
        // What this server itself serves of Connect's API.
        None if api.name.is_empty() => {
            let is_example = app.config.has_examples() && collections::ALL.iter().any(|it| it.path == path);
            let is_own = rule.module == integrations() && path == "/auth/tokens";
            (is_example || is_own).then(|| format!("{BASE}{path}"))
        }
        None => None,
    }
}
