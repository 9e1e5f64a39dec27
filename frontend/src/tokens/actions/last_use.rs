//! When what is about to stop was last used.

use latchkey_shared::{ClientUsage, LastUsed, ModuleId, ModuleUsage, Token, TokenId, TokenUsage};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Catalogue, tokens::Versioned},
    browser::dates,
    texts::t,
    ui::{Icon, Load, Time, dynamic},
};

/// When the key was last used, from where, by which program; the latest use of several. The use of a single token
/// is asked for anew: what the page knows of it may be old, and nobody should stop a key because of that.
#[component]
pub fn LastUse(
    /// The tokens.
    tokens: Vec<Token>,
) -> impl IntoView {
    let api = expect_context::<Api>();
    let fresh = RwSignal::new(None::<Versioned>);
    if let [token] = tokens.as_slice() {
        let id = token.id.clone();
        spawn_local(async move {
            if let Ok(version) = api.token(id.as_str()).await {
                fresh.try_set(Some(version));
            }
        });
    }
    let alone = tokens.len() == 1;
    let single = if let [token] = tokens.as_slice() { Some(token.id.clone()) } else { None };
    let known = tokens.into_iter().filter_map(|token| token.last_used).max_by_key(|last| last.at);
    let last =
        move || fresh.with(|fresh| fresh.as_ref().map_or_else(|| known.clone(), |it| it.token.last_used.clone()));
    let texts = &t().actions;
    let (never, on, end) = if alone {
        (texts.key_never_used, texts.key_last_used, texts.key_last_used_end)
    } else {
        (texts.keys_never_used, texts.keys_last_used, texts.keys_last_used_end)
    };
    let words = move || match last() {
        None => never.into_any(),
        Some(last) => view! { {on} {last_use(&last)} {end} }.into_any(),
    };
    view! {
        <p>{dynamic(words)}</p>
        {single.map(|id| view! { <WouldBreak id=id /> })}
    }
    .into_any()
}

/// What a key is used for these days: the calls of today and yesterday by module, and the last clients.
#[component]
fn WouldBreak(id: TokenId) -> impl IntoView {
    let (api, catalogue) = (expect_context::<Api>(), expect_context::<Load<Catalogue>>());
    let usage = RwSignal::new(None::<TokenUsage>);
    spawn_local(async move {
        if let Ok(found) = api.token_usage(&id).await {
            usage.try_set(Some(found));
        }
    });
    let texts = &t().actions;
    dynamic(move || {
        let usage = usage.get()?;
        let name = |id: &ModuleId| {
            catalogue.state.with_untracked(|it| it.ready().map_or_else(|| format!("{id}"), |it| it.module_name(id)))
        };
        let calls = recent_calls(usage.modules.iter(), name);
        let clients: Vec<String> = usage.clients.iter().take(3).map(client).collect();
        (!calls.is_empty()).then(|| {
            let mut sentences = vec![texts.recent_calls.with([&calls])];
            if !clients.is_empty() {
                sentences.push(texts.last_from.with([&clients.join(", ")]));
            }
            view! {
                <div class="note note--warning">
                    <Icon icon=icondata_lu::LuTriangleAlert />
                    <p class="breakable">{sentences.join(" ")}</p>
                </div>
            }
        })
    })
}

/// The calls of today and yesterday by module, as `3 to Partners, 7 to Orders`; empty when there were none.
pub fn recent_calls<'a>(modules: impl Iterator<Item = &'a ModuleUsage>, name: impl Fn(&ModuleId) -> String) -> String {
    let number = |calls: i64| dates::number(usize::try_from(calls).unwrap_or_default());
    let calls: Vec<String> = modules
        .filter(|it| it.recent_calls > 0)
        .map(|it| t().actions.calls_to.with([&number(it.recent_calls), &name(&it.id)]))
        .collect();
    calls.join(", ")
}

/// A client in words: `192.0.2.7 (curl/8.5)`.
#[must_use]
pub fn client(it: &ClientUsage) -> String {
    format!("{} ({})", it.address, it.program)
}

/// When, from where, by which program.
#[must_use]
pub fn last_use(last: &LastUsed) -> AnyView {
    let texts = &t().actions;
    let how = match (last.address.as_str(), last.program.as_str()) {
        ("", "") => String::new(),
        (from, "") => texts.used_from.with([&from]),
        ("", by) => texts.used_by.with([&by]),
        (from, by) => texts.used_from_by.with([&from, &by]),
    };
    view! { <Time at=last.at with_time=true focusable=true /> <span class="breakable">{how}</span> }.into_any()
}
