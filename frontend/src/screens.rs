//! Which screen stands inside the frame.

use leptos::prelude::*;

use crate::{
    account::{Profile, Users},
    activity::{Activity, ActivityQuery},
    api::Catalogue,
    browser::location::Location,
    catalogue::{Extensions, Modules, Observed},
    routes::{HOME, Navigator, Screen, parts, token},
    texts::t,
    tokens::{
        create::{CreateToken, prefill::Prefill},
        details::TokenDetails,
        edit::EditToken,
        list::{ListQuery, TokenList},
    },
    ui::{EmptyState, Heading, Load, dynamic},
};

/// Everything inside the frame.
#[component]
pub fn Screens() -> impl IntoView {
    let location = expect_context::<Location>();
    let path = location.path();
    let screen = Memo::new(move |_| path.with(|path| Screen::of(path)));
    dynamic(move || match screen.get() {
        Screen::Home => view! { <Elsewhere address=HOME.to_owned() /> }.into_any(),
        Screen::Token(id) => view! { <Elsewhere address=token(&id, "general") /> }.into_any(),
        Screen::List => view! { <List /> }.into_any(),
        // The summary of a token holds its key, which is not kept: after a reload its details are what there is.
        Screen::New => match untrack(|| location.query("id")).filter(|id| id.starts_with("SU-")) {
            Some(id) => view! { <Elsewhere address=token(&id, "general") /> }.into_any(),
            None => {
                let prefill = untrack(|| Prefill::read(|name| location.query(name)));
                view! { <CreateToken step=query("step") prefill=prefill /> }.into_any()
            }
        },
        Screen::Activity => view! { <Events /> }.into_any(),
        Screen::Extensions => view! { <Extensions /> }.into_any(),
        Screen::Modules => view! { <Modules /> }.into_any(),
        Screen::Observed => view! { <Observed page=query("page") /> }.into_any(),
        Screen::Users => view! { <Users /> }.into_any(),
        Screen::Profile => view! { <Profile /> }.into_any(),
        Screen::Edit(id) => view! { <EditToken id=id /> }.into_any(),
        Screen::Details => view! { <TokenDetails id=part(2) tab=part(3) module=query("module") /> }.into_any(),
        Screen::NotFound => view! { <NotFound /> }.into_any(),
    })
}

fn query(name: &'static str) -> Signal<Option<String>> {
    let location = expect_context::<Location>();
    Signal::derive(move || location.query(name))
}

/// A part of the path, counted from 0. When the path leads elsewhere the last one stays, for the moment that
/// the screen still lives.
fn part(index: usize) -> Signal<String> {
    let path = expect_context::<Location>().path();
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
    let location = expect_context::<Location>();
    let catalogue = expect_context::<Load<Catalogue>>();
    let query = Signal::derive(move || {
        let query = ListQuery::read(|name| location.query(name));
        catalogue.state.with(|state| match state.ready() {
            Some(catalogue) => query.in_catalogue(catalogue),
            None => query,
        })
    });
    view! { <TokenList query=query /> }.into_any()
}

#[component]
fn Events() -> impl IntoView {
    let location = expect_context::<Location>();
    let query = Signal::derive(move || ActivityQuery::read(|name| location.query(name)));
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
