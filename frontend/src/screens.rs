//! Which screen stands inside the frame.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use crate::{
    account::{Profile, Users},
    activity::{Activity, ActivityQuery},
    catalogue::{Extensions, Modules},
    routes::{HOME, Navigator, Screen, parts, token},
    texts::t,
    tokens::{
        create::{CreateToken, prefill::Prefill},
        details::TokenDetails,
        edit::EditToken,
        list::{ListQuery, TokenList},
    },
    ui::{EmptyState, Heading, dynamic},
};

/// Everything inside the frame. The addresses are matched here and not by the router's own routes: with a
/// handful of them this reads as well, is tested without a browser, and weighs next to nothing.
#[component]
pub fn Screens() -> impl IntoView {
    let path = use_location().pathname;
    let screen = Memo::new(move |_| path.with(|path| Screen::of(path)));
    dynamic(move || match screen.get() {
        Screen::Home => view! { <Elsewhere address=HOME.to_owned() /> }.into_any(),
        Screen::Token(id) => view! { <Elsewhere address=token(&id, "general") /> }.into_any(),
        Screen::List => view! { <List /> }.into_any(),
        // The summary of a token holds its key, which is not kept: after a reload its details are what there is.
        Screen::New => match untrack(|| query("id").get()).filter(|id| id.starts_with("SU-")) {
            Some(id) => view! { <Elsewhere address=token(&id, "general") /> }.into_any(),
            None => {
                let query_map = use_query_map().get_untracked();
                view! { <CreateToken step=query("step") prefill=Prefill::read(|name| query_map.get(name)) /> }
                    .into_any()
            }
        },
        Screen::Activity => view! { <Events /> }.into_any(),
        Screen::Extensions => view! { <Extensions /> }.into_any(),
        Screen::Modules => view! { <Modules /> }.into_any(),
        Screen::Users => view! { <Users /> }.into_any(),
        Screen::Profile => view! { <Profile /> }.into_any(),
        Screen::Edit(id) => view! { <EditToken id=id /> }.into_any(),
        Screen::Details => view! { <TokenDetails id=part(2) tab=part(3) module=query("module") /> }.into_any(),
        Screen::NotFound => view! { <NotFound /> }.into_any(),
    })
}

fn query(name: &'static str) -> Signal<Option<String>> {
    let query = use_query_map();
    Signal::derive(move || query.with(|query| query.get(name)))
}

/// A part of the path, counted from 0. When the path leads elsewhere the last one stays, for the moment that
/// the screen still lives.
fn part(index: usize) -> Signal<String> {
    let path = use_location().pathname;
    Memo::new(move |before: Option<&String>| {
        let part = path.with(|path| {
            (Screen::of(path) == Screen::Details)
                .then(|| parts(path).get(index).copied().unwrap_or_default().to_owned())
        });
        part.or_else(|| before.cloned()).unwrap_or_default()
    })
    .into()
}

/// Leads on to another address.
#[component]
fn Elsewhere(address: String) -> impl IntoView {
    let navigator = expect_context::<Navigator>();
    Effect::new(move |_| navigator.replace(&address));
}

#[component]
fn List() -> impl IntoView {
    let query = use_query_map();
    let query = Signal::derive(move || query.with(|it| ListQuery::read(|name| it.get(name))));
    view! { <TokenList query=query /> }.into_any()
}

#[component]
fn Events() -> impl IntoView {
    let query = use_query_map();
    let query = Signal::derive(move || query.with(|it| ActivityQuery::read(|name| it.get(name))));
    view! { <Activity query=query /> }.into_any()
}

/// What an address shows that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <div class="screen__head"><Heading title=t().frame.page_not_found /></div>
        <EmptyState
            icon=icondata_lu::LuSearchX
            title=t().frame.nothing_here
            text=t().frame.link_may_be_old
        >
            <a class="button" href=HOME>{t().frame.go_to_tokens}</a>
        </EmptyState>
    }
    .into_any()
}
