//! `GET /auth/tokens/{id}/usage`: how a token was used, for people who look after it.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use latchkey_shared::{ClientUsage, DayUsage, ModuleId, ModuleUsage, RuleUsage, StatusUsage, Timestamp, TokenUsage};

use crate::{
    catalogue::Catalogue,
    http::{Caller, Error, Id},
    state::AppState,
    store::TokenRequest,
};

/// Days that are told.
const DAYS: i32 = 90;

/// Its calls by day and status and by module in the last 90 days, and its last clients. A few seconds late.
#[utoipa::path(get, path = "/auth/tokens/{id}/usage", operation_id = "get_token_usage", tag = "Tokens",
    responses((status = 200, description = "The use of the token", body = TokenUsage)))]
pub async fn handler(State(app): State<AppState>, caller: Caller, Id(id): Id) -> Result<Json<TokenUsage>, Error> {
    let row = app.store.token(&caller.account.id, &id).await?.ok_or_else(|| Error::not_found(&id))?;
    let today = i32::try_from(app.clock.now().unix().div_euclid(86_400)).unwrap_or_default();
    let calls = app.store.calls(&id, today - DAYS + 1).await?;
    let mut days: BTreeMap<i32, BTreeMap<i32, i64>> = BTreeMap::new();
    let mut modules: BTreeMap<&str, (i64, i64, i32)> = BTreeMap::new();
    for row in &calls {
        *days.entry(row.day).or_default().entry(row.status).or_default() += row.calls;
        let (all, recent, last) = modules.entry(&row.module_id).or_insert((0, 0, row.day));
        *all += row.calls;
        *recent += if row.day >= today - 1 { row.calls } else { 0 };
        *last = row.day.max(*last);
    }
    let catalogue = app.catalogue();
    let rules = app.store.allowed_requests(&id).await?;
    let rules: Vec<RuleUsage> = rules.into_iter().filter_map(|row| rule_usage(&catalogue, row)).collect();
    let of_module = |id: &ModuleId| {
        let used = modules.get(id.as_str());
        let granted = catalogue.opens(&row.modules, id);
        (granted || used.is_some()).then(|| ModuleUsage {
            id: id.clone(),
            granted,
            calls: used.map_or(0, |used| used.0),
            recent_calls: used.map_or(0, |used| used.1),
            last_day: used.map(|used| date(used.2)),
            instead: Some(id).filter(|_| granted).and_then(|id| instead(&catalogue, id, &rules)),
        })
    };
    let clients = app.store.clients(&id).await?;
    Ok(Json(TokenUsage {
        days: days
            .into_iter()
            .map(|(day, statuses)| DayUsage {
                date: date(day),
                statuses: statuses.into_iter().map(|(code, calls)| StatusUsage { code, calls }).collect(),
            })
            .collect(),
        modules: catalogue
            .modules
            .iter()
            // What no rule is for belongs to All alone.
            .filter(|module| !module.id.is_all() || modules.contains_key(module.id.as_str()))
            .filter_map(|module| of_module(&module.id))
            .collect(),
        rules,
        clients: clients
            .into_iter()
            .map(|row| ClientUsage { address: row.address, program: row.program, at: Timestamp::from_unix(row.at) })
            .collect(),
    }))
}

fn rule_usage(catalogue: &Catalogue, row: TokenRequest) -> Option<RuleUsage> {
    Some(RuleUsage {
        modules: catalogue.openers(&row.api, &row.rule, &row.method),
        module: row.module_id.parse().ok()?,
        api: row.api,
        method: row.method,
        rule: row.rule,
        calls: row.calls,
        last_at: Timestamp::from_unix(row.last_at),
    })
}

/// A narrower module that opens all that was called by `id`.
fn instead(catalogue: &Catalogue, id: &ModuleId, rules: &[RuleUsage]) -> Option<ModuleId> {
    let called: Vec<&RuleUsage> = rules.iter().filter(|rule| rule.module == *id).collect();
    let (first, rest) = called.split_first()?;
    let does =
        |other: &&ModuleId| rest.iter().all(|rule| rule.modules.contains(other)) && catalogue.is_narrower(other, id);
    first.modules.iter().find(does).cloned()
}

/// A day since 1970 as `yyyy-mm-dd`.
pub(super) fn date(day: i32) -> String {
    Timestamp::from_unix(i64::from(day) * 86_400).to_string()[..10].to_owned()
}
