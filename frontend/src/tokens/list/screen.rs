//! The screen: heading, filters or selection, table, pages; and what stands there instead.

use std::collections::BTreeSet;

use latchkey_shared::{Token, TokenId, TokenStatus};
use leptos::prelude::*;

use super::{
    ListQuery,
    bulk::BulkBar,
    columns::{COLUMNS, Column},
    filters::Filters,
    row::Row,
    skeleton::Skeleton,
};
use crate::{
    api::Api,
    browser::focus,
    routes::{NEW_TOKEN, Navigator},
    session::Session,
    tokens::{
        actions::{ActionDialogs, Actions},
        draft::set_of,
    },
    ui::{Button, Check, CheckBox, EmptyState, Heading, Icon, Load, LoadError, Loaded, Pager, SortHeader, dynamic},
};

/// The list of the account's tokens.
#[component]
pub fn TokenList(
    /// What to show; it lives in the address.
    #[prop(into)]
    query: Signal<ListQuery>,
) -> impl IntoView {
    let (api, navigator, session) =
        (expect_context::<Api>(), expect_context::<Navigator>(), expect_context::<Session>());
    let query = Signal::from(Memo::new(move |_| query.get()));
    let load =
        Load::new(move || query.get(), move |query: ListQuery| async move { api.list_tokens(&query.rql()).await });
    let selected = RwSignal::new(BTreeSet::<TokenId>::new());
    let actions = Actions::new(Callback::new(move |()| load.again()));
    // What is selected is what is seen: another page or filter starts afresh, and rows that are gone drop out.
    Effect::new(move |_| {
        query.track();
        selected.set(BTreeSet::new());
    });
    Effect::new(move |_| {
        load.state.with(|state| {
            let Some(page) = state.ready() else { return };
            let there: BTreeSet<_> = set_of(page.tokens.iter().map(|token| token.id.clone()));
            if !selected.with_untracked(|selected| selected.is_subset(&there)) {
                selected.update(|selected| selected.retain(|id| there.contains(id)));
            }
            // After deleting the last row of the last page, or from an old link.
            let shown = query.get_untracked();
            if page.tokens.is_empty() && page.total > 0 && shown.page > 1 {
                navigator.replace(&ListQuery { page: page.total.div_ceil(shown.size), ..shown }.address());
            }
        });
    });
    // What had the focus may be gone with a new answer: a deleted row, *Clear filters*, *Try again*.
    Effect::new(move |was_there: Option<bool>| {
        if was_there == Some(true) {
            request_animation_frame(focus::title_if_lost);
        }
        load.state.with(|state| !matches!(state, Loaded::Waiting))
    });
    let rows = Signal::derive(move || {
        load.state.with(|state| state.ready().map(|page| page.tokens.clone()).unwrap_or_default())
    });
    let total = Signal::derive(move || load.state.with(|state| state.ready().map_or(0, |page| page.total)));
    let body = Memo::new(move |_| {
        load.state.with(|state| match state {
            Loaded::Failed(failure) => Body::Failed(failure.clone()),
            Loaded::Ready(page) if page.total == 0 && !query.get().has_filters() => Body::Empty,
            Loaded::Ready(page) if page.total == 0 => Body::NoMatch,
            _ => Body::Table,
        })
    });
    let manages = Memo::new(move |_| session.manages_tokens());
    view! {
        <div class="screen__head">
            <Heading title="Tokens" />
            {dynamic(move || manages.get().then(|| view! {
                <a class="button button--primary" href=NEW_TOKEN><Icon icon=icondata_lu::LuPlus />"Create Token"</a>
            }))}
        </div>
        {dynamic(move || {
            if selected.with(|selected| !selected.is_empty()) {
                view! { <BulkBar rows=rows selected=selected actions=actions /> }.into_any()
            } else if body.get() == Body::Empty {
                ().into_any()
            } else {
                view! { <Filters query=query /> }.into_any()
            }
        })}
        {dynamic(move || match body.get() {
            Body::Failed(failure) => view! {
                <LoadError what="The tokens could not be loaded" failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Body::Empty => view! {
                <EmptyState icon=icondata_lu::LuKeyRound title="No tokens yet"
                    text="A token gives one integration its own key with just the modules that it needs.">
                    {manages.get_untracked().then(|| view! { <a class="button" href=NEW_TOKEN>"Create your first token"</a> })}
                </EmptyState>
            }
            .into_any(),
            Body::NoMatch => view! {
                <EmptyState icon=icondata_lu::LuSearchX title="No token matches"
                    text=Signal::derive(move || no_match(&query.get()))>
                    <Button on_press=move |()| navigator.to(&query.get_untracked().without_filters().address())>
                        "Clear filters"
                    </Button>
                </EmptyState>
            }
            .into_any(),
            Body::Table => view! {
                <Table query=query load=load rows=rows selected=selected actions=actions />
                {dynamic(move || (total.get() > 0).then(|| view! {
                    <Pager page=Signal::derive(move || query.get().page) size=Signal::derive(move || query.get().size)
                        total=total sizes=ListQuery::SIZES
                        address=move |page| ListQuery { page, ..query.get() }.address()
                        on_size=move |size| {
                            navigator.to(&ListQuery { size, ..query.get_untracked() }.first_page().address());
                        } />
                }))}
            }
            .into_any(),
        })}
        <ActionDialogs actions=actions />
    }
    .into_any()
}

#[derive(Debug, Clone, PartialEq)]
enum Body {
    Table,
    Empty,
    NoMatch,
    Failed(crate::api::Failure),
}

#[component]
fn Table(
    query: Signal<ListQuery>,
    load: Load<crate::api::tokens::Page>,
    rows: Signal<Vec<Token>>,
    selected: RwSignal<BTreeSet<TokenId>>,
    actions: Actions,
) -> impl IntoView {
    let (navigator, session) = (expect_context::<Navigator>(), expect_context::<Session>());
    let header = move |Column { title, class, sort, .. }: &'static Column| match *sort {
        Some(key) => {
            let sorted = Signal::derive(move || query.with(|query| (query.sort.0 == key).then_some(query.sort.1)));
            let press = move |()| navigator.to(&query.get_untracked().sorted_by(key).address());
            view! { <SortHeader name=*title class=*class sorted=sorted on_press=press /> }.into_any()
        }
        None => view! { <th scope="col" role="columnheader" class=*class>{*title}</th> }.into_any(),
    };
    let selectable = move || {
        rows.with(|rows| {
            let kept = rows.iter().filter(|token| token.status != TokenStatus::Deleted);
            set_of(kept.map(|token| token.id.clone()))
        })
    };
    let all = Signal::derive(move || {
        let count = selected.with(BTreeSet::len);
        if count == 0 {
            Check::Off
        } else if count < selectable().len() {
            Check::Mixed
        } else {
            Check::On
        }
    });
    let waiting = Memo::new(move |_| load.state.with(|state| matches!(state, Loaded::Waiting)));
    let row = move |token: Token| {
        let id = token.id.clone();
        // A row outlives a reload, so that the focus stays where it is.
        let current = Memo::new(move |before: Option<&Token>| {
            let fresh = rows.with(|rows| rows.iter().find(|it| it.id == id).cloned());
            fresh.or_else(|| before.cloned()).unwrap_or_else(|| token.clone())
        });
        view! { <Row token=current selected=selected actions=actions /> }
    };
    view! {
        <table class="table table--tokens" role="table" aria-label="Tokens"
            aria-busy=move || if load.busy.get() { "true" } else { "false" }>
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader" class="col-select">
                        {dynamic(move || if session.manages_tokens() {
                            view! {
                                <CheckBox state=all label=Signal::stored("Select all rows".to_owned())
                                    on_toggle=move |on: bool| {
                                        selected.set(if on { untrack(selectable) } else { BTreeSet::new() });
                                    } />
                            }
                            .into_any()
                        } else {
                            view! { <span class="visually-hidden">"Selection"</span> }.into_any()
                        })}
                    </th>
                    {COLUMNS.iter().map(header).collect_view()}
                    <th scope="col" role="columnheader" class="col-menu">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {dynamic(move || waiting.get().then(|| view! { <Skeleton rows=8 /> }))}
                <For each=move || rows.get() key=|token| token.id.clone() children=row />
            </tbody>
        </table>
        <p class="visually-hidden" role="status">{dynamic(move || waiting.get().then_some("Loading tokens"))}</p>
    }
    .into_any()
}

/// What the search and the filters asked for, in words.
fn no_match(query: &ListQuery) -> String {
    let mut wanted = Vec::new();
    if !query.search.trim().is_empty() {
        wanted.push(format!("the search “{}”", query.search.trim()));
    }
    if let Some(status) = query.status {
        wanted.push(format!("the status {}", status.label()));
    }
    if query.extension.is_some() {
        wanted.push("the chosen extension".to_owned());
    }
    format!("Nothing fits {}.", wanted.join(" and "))
}
