//! Permissions that are taken over from another token.

use std::{collections::BTreeSet, time::Duration};

use latchkey_shared::{ModuleId, Token, TokenId};
use leptos::prelude::*;

use super::{draft::set_of, list::ListQuery};
use crate::{
    api::Api,
    browser::{dates, focus, timer::Timer},
    texts::t,
    ui::{Button, Dialog, Icon, Load, LoadError, Loaded, Toasts, dynamic},
};

const TYPING: Duration = Duration::from_millis(250);

/// A button that asks for a token and takes its modules for the choice.
#[component]
pub fn SameAs(
    /// The choice.
    chosen: RwSignal<BTreeSet<ModuleId>>,
    /// Whether there is such a module.
    #[prop(into)]
    has_module: Callback<ModuleId, bool>,
    /// The token that is edited: it is not among those to choose from.
    own: Option<TokenId>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let toasts = expect_context::<Toasts>();
    let take = Callback::new(move |token: Token| {
        let modules = token.permissions.iter().filter_map(|it| it.object.id.parse::<ModuleId>().ok());
        let before = chosen.get_untracked();
        chosen.set(set_of(modules.filter(|id| id.is_all() || has_module.run(id.clone()))));
        open.set(false);
        toasts.say_with_undo(t().settings.same_as_taken.with([&token.name]), move || {
            chosen.try_set(before.clone());
        });
    });
    view! {
        <Button on_press=move |()| open.set(true)>{t().settings.same_as_ask}</Button>
        <Dialog open=open on_close=move |()| open.set(false) title=Signal::stored(t().settings.same_as_title.to_owned())>
            <Choice on_choose=take own=own.clone() />
            <div class="dialog__actions"><Button on_press=move |()| open.set(false)>{t().common.cancel}</Button></div>
        </Dialog>
    }
    .into_any()
}

/// The last tokens, or those that a search finds.
#[component]
fn Choice(on_choose: Callback<Token>, own: Option<TokenId>) -> impl IntoView {
    let api = expect_context::<Api>();
    let (search, timer) = (RwSignal::new(String::new()), Timer::new());
    let load = Load::new(
        move || ListQuery { search: search.get(), size: 25, ..ListQuery::default() },
        move |query: ListQuery| async move { api.list_tokens(&query.rql(dates::now())).await },
    );
    let row = move |token: Token| {
        let modules: Vec<&str> = token.permissions.iter().map(|it| it.object.name.as_str()).collect();
        let (id, name, modules) = (token.id.to_string(), token.name.clone(), modules.join(", "));
        view! {
            <li><button type="button" class="choice" on:click=move |_| on_choose.run(token.clone())>
                <span class="strong breakable">{name}</span> " " <span class="mono muted">{id}</span>
                <span class="muted choice__about">{if modules.is_empty() { t().common.none.to_owned() } else { modules }}</span>
            </button></li>
        }
    };
    view! {
        <span class="search">
            <Icon icon=icondata_lu::LuSearch />
            <input class="input" type="search" placeholder=t().list.search_placeholder aria-label=t().list.search_tokens autofocus=true
                on:input:target=move |event| {
                    let typed = event.target().value();
                    timer.start(TYPING, move || search.set(typed));
                }
                on:keydown=|event| if event.key() == "Enter" {
                    // It would submit the form around.
                    event.prevent_default();
                    focus::first(".choices button");
                } />
        </span>
        {dynamic(move || match load.state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=t().list.not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Loaded::Ready(page) if page.tokens.is_empty() => {
                let is_search = search.with_untracked(|it| !it.trim().is_empty());
                let words = if is_search { t().list.no_token_matches } else { t().list.no_tokens_yet };
                view! { <p role="status">{words}</p> }.into_any()
            }
            Loaded::Ready(page) => {
                let others = page.tokens.into_iter().filter(|token| own.as_ref() != Some(&token.id));
                view! { <ul class="choices">{others.map(row).collect_view()}</ul> }.into_any()
            }
        })}
    }
    .into_any()
}
