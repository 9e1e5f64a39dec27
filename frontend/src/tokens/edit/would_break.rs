//! What saving would refuse of the calls that are made these days.

use latchkey_shared::{AllowedAddresses, ModuleId, TokenId, TokenUsage};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Catalogue},
    browser::dates,
    texts::t,
    tokens::{
        actions::last_use::{client, recent_calls},
        details::called,
        draft::{Clock, Draft},
    },
    ui::{Icon, dynamic},
};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A warning above *Save*, while the form takes away what is in use: modules, and addresses.
#[component]
pub fn WouldBreak(
    /// The token.
    id: TokenId,
    /// What the form says.
    #[prop(into)]
    draft: Signal<Draft>,
    /// For the names of modules.
    catalogue: StoredValue<Catalogue>,
) -> impl IntoView {
    let api = expect_context::<Api>();
    let usage = RwSignal::new(None::<TokenUsage>);
    spawn_local(async move {
        if let Ok(found) = api.token_usage(&id).await {
            usage.try_set(Some(found));
        }
    });
    let sentences = Memo::new(move |_| {
        let Some(usage) = usage.get() else { return String::new() };
        catalogue.with_value(|catalogue| draft.with(|draft| would_break(&usage, draft, catalogue, Clock::browser())))
    });
    view! {
        <div role="status">
            {dynamic(move || sentences.with(|it| !it.is_empty()).then(|| view! {
                <div class="note note--warning">
                    <Icon icon=icondata_lu::LuTriangleAlert />
                    <p class="breakable">{sentences}</p>
                </div>
            }))}
        </div>
    }
    .into_any()
}

/// The same in words; empty when nothing would.
fn would_break(usage: &TokenUsage, draft: &Draft, catalogue: &Catalogue, clock: Clock) -> String {
    let texts = &t().edit;
    let opens = |id: &ModuleId| draft.modules.iter().any(|it| it == id || (it.is_all() && catalogue.is_in_all(id)));
    // The calls of a module are those of today and yesterday.
    let since = (clock.now.unix().div_euclid(DAY) - 1) * DAY;
    // What was called by a module that is taken away, and is not opened by another.
    let lost = |id: &ModuleId| -> Vec<String> {
        let of_module = usage.rules.iter().filter(|rule| rule.module == *id && rule.last_at.unix() >= since);
        of_module.filter(|rule| !rule.modules.iter().any(opens)).map(called).collect()
    };
    let is_known = |id: &ModuleId| usage.rules.iter().any(|rule| rule.module == *id && rule.last_at.unix() >= since);
    let taken = usage.modules.iter().filter(|it| it.granted && !opens(&it.id));
    let taken = taken.filter(|it| !is_known(&it.id) || !lost(&it.id).is_empty());
    let calls = recent_calls(taken, |id| match lost(id).as_slice() {
        [] => catalogue.module_name(id),
        lost => {
            format!("{} ({})", catalogue.module_name(id), lost.iter().take(3).cloned().collect::<Vec<_>>().join(", "))
        }
    });
    let allowed = draft.networks().ok().and_then(|networks| AllowedAddresses::parse(&networks).ok().flatten());
    let shut_out = usage.clients.iter().filter(|client| {
        let address = client.address.parse().ok();
        allowed.as_ref().zip(address).is_some_and(|(allowed, address)| !allowed.contains(address))
    });
    let clients: Vec<String> = shut_out.take(3).map(client).collect();
    let mut sentences = Vec::new();
    let begins = (clock.start_of_day)(draft.not_before.trim()).filter(|begins| *begins > clock.now);
    let is_in_use = usage.modules.iter().any(|it| it.recent_calls > 0);
    if let Some(begins) = begins.filter(|_| is_in_use) {
        sentences.push(texts.would_refuse_until.with([&dates::day_and_time(begins)]));
    }
    if !calls.is_empty() {
        sentences.push(texts.would_refuse_calls.with([&calls]));
    }
    if !clients.is_empty() {
        sentences.push(texts.would_refuse_clients.with([&clients.join(", ")]));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use latchkey_shared::{ClientUsage, ModuleUsage, RuleUsage};

    use super::*;
    use crate::tokens::draft::set_of;

    #[test]
    fn withdrawn_modules_and_shut_out_addresses_that_are_in_use_are_told() {
        let module = |id: &str, recent_calls| ModuleUsage {
            id: id.parse().unwrap(),
            granted: true,
            calls: 9,
            recent_calls,
            last_day: None,
            instead: None,
        };
        let client = |address: &str| ClientUsage {
            address: address.to_owned(),
            program: "job".to_owned(),
            at: "2026-11-29T12:00:00Z".parse().unwrap(),
        };
        let usage = TokenUsage {
            modules: vec![module("MD-0001", 3), module("MD-0002", 0), module("MD-0003", 5)],
            clients: vec![client("192.0.2.7"), client("198.51.100.1"), client("")],
            ..TokenUsage::default()
        };
        let modules = |ids: &[&str]| set_of(ids.iter().map(|id| id.parse().unwrap()));
        let now = "2026-11-29T12:00:00Z".parse().unwrap();
        let clock = Clock { now, start_of_day: |_| None, end_of_day: |_| None, day_of: |_| String::new() };
        let told = |draft: &Draft| would_break(&usage, draft, &Catalogue::default(), clock);
        assert_eq!(told(&Draft { modules: modules(&["MD-0000"]), ..Draft::default() }), "");
        assert_eq!(
            told(&Draft { modules: modules(&["MD-0003"]), ..Draft::default() }),
            "Saving refuses calls that were made since yesterday: 3 to MD-0001."
        );
        let rule = |method: &str, modules: &[&str]| RuleUsage {
            api: String::new(),
            method: method.to_owned(),
            rule: "/orders".to_owned(),
            module: "MD-0001".parse().unwrap(),
            calls: 1,
            last_at: now,
            modules: modules.iter().map(|id| id.parse().unwrap()).collect(),
        };
        let mut by_rule = usage.clone();
        by_rule.rules = vec![rule("GET", &["MD-0001", "MD-0003"])];
        assert_eq!(
            would_break(
                &by_rule,
                &Draft { modules: modules(&["MD-0003"]), ..Draft::default() },
                &Catalogue::default(),
                clock
            ),
            ""
        );
        by_rule.rules.push(rule("POST", &["MD-0001"]));
        assert_eq!(
            would_break(
                &by_rule,
                &Draft { modules: modules(&["MD-0003"]), ..Draft::default() },
                &Catalogue::default(),
                clock
            ),
            "Saving refuses calls that were made since yesterday: 3 to MD-0001 (POST /orders)."
        );
        let narrow = Draft { modules: modules(&["MD-0000"]), addresses: "192.0.2.0/24".to_owned(), ..Draft::default() };
        assert_eq!(told(&narrow), "Saving refuses clients that have called: 198.51.100.1 (job).");
    }
}
