//! When what is about to stop was last used.

use latchkey_shared::{LastUsed, Token, TokenId, TokenUsage};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Catalogue, tokens::Versioned},
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
    let (never, on) = if alone {
        ("The key has never been used.", "The key was last used on ")
    } else {
        ("None of their keys has ever been used.", "The latest use of one of their keys was on ")
    };
    let words = move || match last() {
        None => never.into_any(),
        Some(last) => view! { {on} {last_use(&last)} "." }.into_any(),
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
    dynamic(move || {
        let usage = usage.get()?;
        let name = |id| {
            catalogue.state.with_untracked(|it| it.ready().map_or_else(|| format!("{id}"), |it| it.module_name(id)))
        };
        let calls: Vec<String> = usage
            .modules
            .iter()
            .filter(|it| it.recent_calls > 0)
            .map(|it| format!("{} to {}", it.recent_calls, name(&it.id)))
            .collect();
        let clients: Vec<String> =
            usage.clients.iter().take(3).map(|it| format!("{} ({})", it.address, it.program)).collect();
        (!calls.is_empty()).then(|| {
            view! {
                <div class="note note--warning">
                    <Icon icon=icondata_lu::LuTriangleAlert />
                    <p class="breakable">"Calls since yesterday: " {calls.join(", ")} "." {(!clients.is_empty()).then(|| format!(" Last from {}.", clients.join(", ")))}</p>
                </div>
            }
        })
    })
}

/// When, from where, by which program.
#[must_use]
pub fn last_use(last: &LastUsed) -> AnyView {
    let from = (!last.address.is_empty()).then(|| format!(" from {}", last.address));
    let by = (!last.program.is_empty()).then(|| format!(" by {}", last.program));
    view! { <Time at=last.at with_time=true /> <span class="breakable">{from} {by}</span> }.into_any()
}
