//! The screen: heading, filters or selection, table, pages; and what stands there instead.

use latchkey_shared::Token;
use leptos::prelude::*;

use super::{
    ListQuery,
    attention::Attention,
    bulk::BulkBar,
    columns::{COLUMNS, Column},
    filters::{Filters, HIDDEN_COLUMNS},
    place,
    refresh::refresh,
    row::Row,
    selection::Selection,
    skeleton::Skeleton,
};
use crate::{
    api::{Api, tokens::Page},
    browser::{dates, events, focus, storage},
    live::Newer,
    routes::{NEW_TOKEN, Navigator},
    session::Session,
    texts::t,
    tokens::actions::{ActionDialogs, ActionProblem, Actions, Kind},
    ui::{
        Button, Check, CheckBox, EmptyState, Heading, Icon, Load, LoadError, Loaded, Outdated, Pager, SortHeader,
        dynamic, status_name,
    },
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
    let load = Load::new(
        move || query.get(),
        move |query: ListQuery| async move {
            let page = api.list_tokens(&query.rql(dates::now())).await?;
            Ok((query, page))
        },
    );
    let newer = refresh(query, load);
    let rows = Signal::derive(move || {
        load.state.with(|state| state.ready().map(|(_, page)| page.tokens.clone()).unwrap_or_default())
    });
    let selection = Selection::new(rows);
    let actions = Actions::new(Callback::new(move |kind| {
        if kind == Kind::Delete {
            selection.clear();
        }
        load.again();
    }));
    // Until the answer is there, the rows are those of another question: nothing may be done with them.
    let stale =
        Memo::new(move |_| load.state.with(|state| state.ready().is_some_and(|(shown, _)| *shown != query.get())));
    Effect::new(move |before: Option<ListQuery>| {
        let query = query.get();
        if before.is_some_and(|before| !before.selects_as(&query)) {
            selection.clear();
        }
        query
    });
    Effect::new(move |_| {
        load.state.with(|state| {
            let Some((shown, page)) = state.ready() else { return };
            selection.refresh(&page.tokens);
            place::restore();
            // After deleting the last row of the last page, or from an old link.
            if page.tokens.is_empty() && page.total > 0 && shown.page > 1 {
                navigator.replace(&ListQuery { page: page.total.div_ceil(shown.size), ..shown.clone() }.address());
            }
        });
    });
    // What had the focus may be gone with a new answer: *Clear filters*, *Try again*.
    Effect::new(move |was_there: Option<bool>| {
        if was_there == Some(true) {
            request_animation_frame(focus::title_if_lost);
        }
        load.state.with(|state| !matches!(state, Loaded::Waiting))
    });
    let total = Signal::derive(move || load.state.with(|state| state.ready().map_or(0, |(_, page)| page.total)));
    let body = Memo::new(move |_| {
        load.state.with(|state| match state {
            Loaded::Failed(failure) => Body::Failed(failure.clone()),
            Loaded::Ready((shown, page)) if page.total == 0 && !shown.has_filters() => Body::Empty,
            Loaded::Ready((_, page)) if page.total == 0 => Body::NoMatch,
            _ => Body::Table,
        })
    });
    let manages = Memo::new(move |_| session.manages_tokens());
    let selects = Memo::new(move |_| !selection.is_empty());
    let columns = RwSignal::new(storage::get(HIDDEN_COLUMNS).unwrap_or_default());
    let texts = &t().list;
    let found = move || match (stale.get(), body.get()) {
        (true, _) => None,
        (_, Body::Table) if total.get() > 0 => Some(t().actions.tokens.of(total.get())),
        (_, Body::NoMatch) => Some(texts.no_token_matches.to_owned()),
        _ => None,
    };
    view! {
        <div class="screen__head">
            <Heading title=t().frame.tokens />
            {dynamic(move || (manages.get() && body.get() != Body::Empty).then(|| view! {
                <a class="button button--primary" href=NEW_TOKEN><Icon icon=icondata_lu::LuPlus />{texts.create_token}</a>
            }))}
        </div>
        <ActionProblem actions=actions />
        <Outdated load=load />
        <Newer newer=newer load=load />
        {dynamic(move || (body.get() != Body::Empty).then(|| view! {
            <Attention query=query load=load />
            <Filters query=query busy=stale hidden=columns />
        }))}
        // Beside the filters, so that what was typed in them stays.
        {dynamic(move || selects.get().then(|| view! {
            <BulkBar selection=selection query=query total=total stale=stale actions=actions />
        }))}
        <p class="visually-hidden" role="status">{dynamic(found)}</p>
        {dynamic(move || match body.get() {
            Body::Failed(failure) => view! {
                <LoadError what=texts.not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Body::Empty => view! {
                <EmptyState icon=icondata_lu::LuKeyRound title=texts.no_tokens_yet
                    text=texts.what_tokens_are_for>
                    {manages.get_untracked().then(|| view! { <a class="button button--primary" href=NEW_TOKEN>{texts.create_token}</a> })}
                </EmptyState>
            }
            .into_any(),
            Body::NoMatch => view! {
                <EmptyState icon=icondata_lu::LuSearchX title=texts.no_token_matches
                    text=Signal::derive(move || no_match(&query.get()))>
                    <Button on_press=move |()| navigator.to(&query.get_untracked().without_filters().address())>
                        {t().common.clear_filters}
                    </Button>
                </EmptyState>
            }
            .into_any(),
            Body::Table => view! {
                <Table query=query load=load rows=rows selection=selection stale=stale hidden=columns actions=actions />
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
    load: Load<(ListQuery, Page)>,
    rows: Signal<Vec<Token>>,
    selection: Selection,
    stale: Memo<bool>,
    hidden: RwSignal<String>,
    actions: Actions,
) -> impl IntoView {
    let (navigator, session) = (expect_context::<Navigator>(), expect_context::<Session>());
    let texts = &t().list;
    let header = move |Column { title, class, sort, .. }: &'static Column| match *sort {
        Some(key) => {
            let sorted = Signal::derive(move || query.with(|query| (query.sort.0 == key).then_some(query.sort.1)));
            let press = move |()| navigator.to(&query.get_untracked().sorted_by(key).address());
            view! { <SortHeader name=title(texts) class=*class sorted=sorted on_press=press /> }.into_any()
        }
        None => view! { <th scope="col" role="columnheader" class=*class>{title(texts)}</th> }.into_any(),
    };
    let all = Signal::derive(move || match selection.of_page() {
        (_, 0) => Check::Off,
        (all, some) if some < all => Check::Mixed,
        _ => Check::On,
    });
    let waiting = Memo::new(move |_| load.state.with(|state| matches!(state, Loaded::Waiting)));
    let drawn = drawn(rows);
    let row = move |token: Token| {
        let id = token.id.clone();
        // A row outlives a reload, so that the focus stays where it is.
        let current = Memo::new(move |before: Option<&Token>| {
            let fresh = rows.with(|rows| rows.iter().find(|it| it.id == id).cloned());
            fresh.or_else(|| before.cloned()).unwrap_or_else(|| token.clone())
        });
        view! { <Row token=current selection=selection actions=actions /> }
    };
    view! {
        <div class="table__place">
        <table class="table table--stacked table--tokens" role="table" aria-label=t().frame.tokens class:is-stale=stale data-hidden=hidden
            aria-busy=move || if load.busy.get() { "true" } else { "false" }>
            <thead role="rowgroup">
                <tr role="row">
                    // Until the rows are there, there are none to select, or those of another question.
                    <th scope="col" role="columnheader" class="col-select" inert=move || stale.get() || waiting.get()>
                        {dynamic(move || if session.manages_tokens() {
                            view! {
                                <CheckBox state=all label=Signal::stored(texts.select_all_rows.to_owned())
                                    on_toggle=move |on: bool| selection.toggle_page(on) />
                            }
                            .into_any()
                        } else {
                            view! { <span class="visually-hidden">{texts.selection}</span> }.into_any()
                        })}
                    </th>
                    {COLUMNS.iter().map(header).collect_view()}
                    <th scope="col" role="columnheader" class="col-menu">
                        <span class="visually-hidden">{texts.actions}</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup" inert=stale>
                {dynamic(move || waiting.get().then(|| view! { <Skeleton rows=8 /> }))}
                <For each=move || rows.get().into_iter().take(drawn.get()) key=|token| token.id.clone() children=row />
            </tbody>
        </table>
        </div>
        <p class="visually-hidden" role="status">{dynamic(move || waiting.get().then_some(texts.loading))}</p>
    }
    .into_any()
}

/// How many rows are drawn: a screen of them at once, the others in the frames after it, so that the page can be used
/// meanwhile.
fn drawn(rows: Signal<Vec<Token>>) -> RwSignal<usize> {
    const ROWS: usize = 20;
    // Back leads to a row, which may be any.
    let drawn = RwSignal::new(if events::came_back() { usize::MAX } else { ROWS });
    Effect::new(move |_| {
        if drawn.get() < rows.with(Vec::len) {
            request_animation_frame(move || {
                drawn.try_update(|drawn| *drawn += ROWS);
            });
        }
    });
    drawn
}

/// What the search and the filters asked for, in words.
fn no_match(query: &ListQuery) -> String {
    let texts = &t().list;
    let search = query.search.trim();
    let short: String = search.chars().take(60).collect();
    let short = if short.len() < search.len() { short + "…" } else { short };
    let search = Some(short).filter(|short| !short.is_empty());
    let others = [
        query.extension.is_some(),
        query.module.is_some(),
        query.creator.is_some(),
        query.unused.is_some(),
        query.expires_within.is_some(),
    ]
    .contains(&true);
    match (search, query.status.map(status_name), others) {
        (Some(search), None, false) => texts.nothing_fits_search.with([&search]),
        (Some(search), None, true) => texts.nothing_fits_search_filters.with([&search]),
        (Some(search), Some(status), false) => texts.nothing_fits_search_status.with([&search, &status]),
        (Some(search), Some(status), true) => texts.nothing_fits_search_status_filters.with([&search, &status]),
        (None, Some(status), false) => texts.nothing_fits_status.with([&status]),
        (None, Some(status), true) => texts.nothing_fits_status_filters.with([&status]),
        (None, None, _) => texts.nothing_fits_filters.to_owned(),
    }
}
