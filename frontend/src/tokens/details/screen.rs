//! The screen: breadcrumb, name, status, actions, tabs.

use latchkey_shared::{Token, TokenStatus};
use leptos::prelude::*;

use super::{events::TokenEvents, facts::Facts, permissions::Permissions, usage::Usage};
use crate::{
    activity::words,
    api::{Api, Catalogue, Failure},
    live::{Live, News},
    routes::{self, HOME},
    session::Session,
    texts::t,
    tokens::actions::{ActionDialogs, ActionProblem, Actions, menu_items},
    ui::{EmptyState, Heading, Icon, Load, LoadError, Loaded, Menu, Outdated, StatusChip, Tab, Tabs, Toasts, dynamic},
};

/// A token in full. Which tab is shown lives in the address.
#[component]
pub fn TokenDetails(
    /// The id as it stands in the address.
    #[prop(into)]
    id: Signal<String>,
    /// The tab: `general`, `permissions`, `usage` or `activity`.
    #[prop(into)]
    tab: Signal<String>,
    /// The module that is asked for, on the tab `permissions`.
    #[prop(optional, into)]
    module: Signal<Option<String>>,
) -> impl IntoView {
    let texts = &t().details;
    let api = expect_context::<Api>();
    let load = Load::new(move || id.get(), move |id| async move { api.token(&id).await });
    let actions = Actions::new(Callback::new(move |_| load.again()));
    let (live, toasts) = (expect_context::<Live>(), expect_context::<Toasts>());
    live.on_news(move |news| {
        let id = id.get_untracked();
        if !news.has(|event| event.object.id == id) {
            return;
        }
        let events = news.events.into_iter().filter(|event| event.object.id == id);
        let news = News { events: events.collect(), ..news };
        if news.events.iter().any(|event| words::replaces_key(&event.action)) {
            actions.rotated.update(|count| *count += 1);
        }
        if news.events.iter().any(|event| event.action.starts_with("token.hand_over")) {
            actions.handed.update(|count| *count += 1);
        }
        if let Some(sentence) = live.sentence(&news) {
            toasts.say(sentence);
        }
        load.again();
    });
    let shown = Memo::new(move |_| {
        let id = id.get();
        load.state.with(|state| match state {
            Loaded::Ready(it) if it.token.id.as_str() == id => Loaded::Ready(()),
            Loaded::Failed(failure) => Loaded::Failed(failure.clone()),
            _ => Loaded::Waiting,
        })
    });
    view! {
        <nav class="breadcrumb" aria-label=texts.breadcrumb><a href=HOME>{t().frame.tokens}</a></nav>
        <ActionProblem actions=actions />
        <Outdated load=load />
        {dynamic(move || match shown.get() {
            Loaded::Waiting => view! {
                <p class="visually-hidden" role="status">{texts.loading}</p>
                <div class="skeleton skeleton--title"></div>
                <div class="skeleton skeleton--block"></div>
            }
            .into_any(),
            Loaded::Failed(Failure::NotFound) => view! {
                <Heading title=texts.not_found />
                <EmptyState icon=icondata_lu::LuSearchX title=texts.no_such_token text=t().common.failure_not_found>
                    <a class="button" href=HOME>{t().frame.go_to_tokens}</a>
                </EmptyState>
            }
            .into_any(),
            Loaded::Failed(failure) => view! {
                <Heading title=texts.token />
                <LoadError what=texts.not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Loaded::Ready(()) => {
                let current = move || load.state.with_untracked(|state| state.ready().map(|it| it.token.clone()));
                current().map(|first| {
                    // A reload that fails, or another address, must not pull the token from under this view.
                    let token = Memo::new(move |before: Option<&Token>| {
                        let fresh = load.state.with(|state| state.ready().map(|it| it.token.clone()));
                        fresh.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
                    });
                    view! { <Details token=token tab=tab module=module actions=actions /> }
                })
                .into_any()
            }
        })}
        <ActionDialogs actions=actions />
    }
    .into_any()
}

#[component]
fn Details(token: Memo<Token>, tab: Signal<String>, module: Signal<Option<String>>, actions: Actions) -> impl IntoView {
    let texts = &t().details;
    let session = expect_context::<Session>();
    let catalogue = expect_context::<Load<Catalogue>>();
    let id = token.with_untracked(|token| token.id.clone());
    let edit = format!("{HOME}/{id}/edit");
    let name = Signal::derive(move || token.with(|token| token.name.clone()));
    let deleted = Memo::new(move |_| token.with(|token| token.status == TokenStatus::Deleted));
    let can_act = Memo::new(move |_| session.manages_tokens() && !deleted.get());
    let names = [
        ("general", t().settings.general),
        ("permissions", t().settings.permissions),
        ("usage", texts.usage),
        ("activity", t().frame.activity),
    ];
    let selected =
        Memo::new(move |_| tab.with(|tab| names.into_iter().find(|(id, _)| id == tab).unwrap_or(names[0]).0));
    let tabs: Vec<Tab> =
        names.map(|(tab, words)| Tab { id: tab, words, href: Some(routes::token(id.as_str(), tab)) }).into();
    let token_id = StoredValue::new(id.clone());
    let known = Memo::new(move |_| catalogue.state.get());
    view! {
        <div class="screen__head screen__head--details">
            <div class="screen__name">
                <Heading title=name tab=Signal::derive(move || {
                    let words = names.into_iter().find(|(id, _)| *id == selected.get()).map_or("", |(_, words)| words);
                    format!("{} · {words}", name.get())
                }) />
                <StatusChip status=Signal::derive(move || token.with(|token| token.status)) />
            </div>
            {dynamic(move || can_act.get().then(|| view! {
                <div class="screen__actions">
                    <a class="button" href=edit.clone()><Icon icon=icondata_lu::LuPencil />{texts.edit}</a>
                    <Menu icon=icondata_lu::LuEllipsisVertical label=Signal::derive(move || texts.actions_for.with([&name.get()]))
                        items=Signal::derive(move || menu_items(&token.get(), actions, false)) />
                </div>
            }))}
        </div>
        {dynamic(move || deleted.get().then(|| view! {
            <div class="note"><Icon icon=icondata_lu::LuInfo />
                <p>{texts.is_deleted}</p></div>
        }))}
        <Tabs label=texts.token tabs=tabs selected=Signal::derive(move || selected.get().to_owned())>
            {dynamic(move || match (known.get(), selected.get()) {
                (_, "activity") => view! { <TokenEvents id=token_id.get_value() /> }.into_any(),
                (Loaded::Waiting, _) => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
                (Loaded::Failed(failure), _) => view! {
                    <LoadError what=t().settings.catalogue_not_loaded failure=failure
                        on_retry=move |()| catalogue.again() />
                }
                .into_any(),
                (Loaded::Ready(catalogue), "usage") => view! {
                    <Usage token=token catalogue=catalogue on_change=move |()| actions.changed() />
                }
                .into_any(),
                (Loaded::Ready(catalogue), "permissions") => view! {
                    <Permissions token=token catalogue=catalogue asked=module on_change=move |()| actions.changed() />
                }
                .into_any(),
                (Loaded::Ready(catalogue), _) => view! { <Facts token=token catalogue=catalogue actions=actions /> }.into_any(),
            })}
        </Tabs>
    }
    .into_any()
}
