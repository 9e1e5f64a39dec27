//! The page *Activity*: filters, events, pages, and the download.

use std::time::Duration;

use leptos::prelude::*;

use super::{ActivityQuery, EventRows, words};
use crate::{
    api::{Api, events},
    browser::{dates, timer::Timer},
    live::{Live, Newer},
    routes::Navigator,
    texts::t,
    ui::{EmptyState, Heading, Icon, Load, LoadError, Loaded, Outdated, Pager, Select, dynamic},
};

const TYPING: Duration = Duration::from_millis(250);

/// The events of the account.
#[component]
pub fn Activity(
    /// What to show; it lives in the address.
    #[prop(into)]
    query: Signal<ActivityQuery>,
) -> impl IntoView {
    let (api, navigator) = (expect_context::<Api>(), expect_context::<Navigator>());
    let texts = &t().activity;
    let query = Memo::new(move |_| query.get());
    let load = Load::new(
        move || query.get(),
        move |query: ActivityQuery| async move {
            let page = api.list_events(&query.rql(dates::now())).await?;
            Ok((query, page))
        },
    );
    let newer = expect_context::<Live>().newer(load, |_, _| true);
    let stale =
        Memo::new(move |_| load.state.with(|state| state.ready().is_some_and(|(shown, _)| *shown != query.get())));
    let go = move |change: &dyn Fn(ActivityQuery) -> ActivityQuery| {
        navigator.to(&change(query.get_untracked()).first_page().address());
    };
    let actions: Vec<(String, String)> = [(String::new(), texts.any_action.to_owned())]
        .into_iter()
        .chain(words::ACTIONS.map(|it| (it.to_owned(), words::action(it).map_or(it, |words| words.choice).to_owned())))
        .collect();
    let spans: Vec<(String, String)> = [(String::new(), texts.any_time.to_owned())]
        .into_iter()
        .chain(ActivityQuery::SPANS.map(|days| {
            let words = if days == 1 { texts.last_24_hours.to_owned() } else { texts.last_days.with([&days]) };
            (days.to_string(), words)
        }))
        .collect();
    let export = move |base: &'static str| move || format!("{base}?{}", query.with(|query| query.filter(dates::now())));
    let found = move || {
        load.state.with(|state| state.ready().filter(|_| !stale.get()).map(|(_, page)| texts.found.of(page.total)))
    };
    view! {
        <div class="screen__head"><Heading title=texts.activity /></div>
        <Outdated load=load />
        <Newer newer=newer load=load />
        <form class="filters" role="search" on:submit=|event| event.prevent_default()>
            <Narrow label=texts.by placeholder=texts.by_whom value=Signal::derive(move || query.with(|it| it.actor.clone()))
                on_change=move |actor: String| go(&|it| ActivityQuery { actor: actor.clone(), ..it }) />
            <Narrow label=texts.object placeholder=texts.object_id value=Signal::derive(move || query.with(|it| it.object.clone()))
                on_change=move |object: String| go(&|it| ActivityQuery { object: object.clone(), ..it }) />
            <Select label=texts.action name="action" quiet=true options=actions
                value=Signal::derive(move || query.with(|it| it.action.unwrap_or_default().to_owned()))
                on_choose=move |word: String| {
                    let action = words::known(&word);
                    go(&|it| ActivityQuery { action, ..it });
                } />
            <Select label=texts.time name="days" quiet=true options=spans
                value=Signal::derive(move || query.with(|it| it.days.map(|days| days.to_string()).unwrap_or_default()))
                on_choose=move |days: String| go(&|it| ActivityQuery { days: days.parse().ok(), ..it }) />
            <span class="filters__end">
                <a class="button button--quiet" href=export(events::EXPORT_CSV) download="" rel="external">
                    <Icon icon=icondata_lu::LuDownload />"CSV"</a>
                <a class="button button--quiet" href=export(events::EXPORT_JSON) download="" rel="external">
                    <Icon icon=icondata_lu::LuDownload />"JSON"</a>
            </span>
        </form>
        <p class="visually-hidden" role="status">{dynamic(found)}</p>
        {dynamic(move || match load.state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=texts.not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Loaded::Ready((_, page)) if page.total == 0 => view! {
                <EmptyState icon=icondata_lu::LuSearchX title=texts.no_match
                    text=texts.no_match_text>
                    <a class="button" href=ActivityQuery::default().address()>{t().common.clear_filters}</a>
                </EmptyState>
            }
            .into_any(),
            Loaded::Ready((shown, page)) => {
                let total = page.total;
                view! {
                    <div class:is-stale=stale><EventRows events=page.events /></div>
                    <Pager page=Signal::stored(shown.page) size=Signal::stored(ActivityQuery::SIZE) total=Signal::stored(total)
                        address=move |page| ActivityQuery { page, ..shown.clone() }.address() />
                }
                .into_any()
            }
        })}
    }
    .into_any()
}

/// A text that narrows the list while it is typed.
#[component]
fn Narrow(
    label: &'static str,
    placeholder: &'static str,
    value: Signal<String>,
    #[prop(into)] on_change: Callback<String>,
) -> impl IntoView {
    let typed = RwSignal::new(value.get_untracked());
    let timer = Timer::new();
    Effect::new(move |_| {
        let value = value.get();
        if typed.with_untracked(|typed| typed.trim() != value) {
            typed.set(value);
        }
    });
    let change = move || {
        let wanted = typed.get_untracked().trim().to_owned();
        if wanted != value.get_untracked() {
            on_change.run(wanted);
        }
    };
    view! {
        <span class="search">
            <Icon icon=icondata_lu::LuSearch />
            <input class="input" type="search" aria-label=label placeholder=placeholder maxlength="128" prop:value=typed
                on:input:target=move |event| {
                    typed.set(event.target().value());
                    timer.start(TYPING, change);
                } />
        </span>
    }
    .into_any()
}
