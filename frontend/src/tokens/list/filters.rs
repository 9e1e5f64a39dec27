//! Search and filters above the list, the choice of columns, and the export.

use std::time::Duration;

use latchkey_shared::TokenStatus;
use leptos::prelude::*;

use super::{
    ListQuery,
    columns::COLUMNS,
    query::{SortKey, Unused},
};
use crate::{
    api::{Catalogue, EXPORT},
    browser::{dates, focus, storage, timer::Timer},
    routes::Navigator,
    session::Session,
    texts::t,
    ui::{Icon, Load, Menu, MenuItem, Select, dynamic, status_name},
};

/// The columns that this browser hides, separated by blanks.
pub const HIDDEN_COLUMNS: &str = "latchkey-hidden-columns";

const TYPING: Duration = Duration::from_millis(250);

type Options = Vec<(String, String)>;

fn options(all: &str, more: impl Iterator<Item = (String, String)>) -> Options {
    [(String::new(), all.to_owned())].into_iter().chain(more).collect()
}

/// The search field and the filters. Each change goes into the address.
#[component]
pub fn Filters(
    /// What is shown now.
    query: Signal<ListQuery>,
    /// Whether the answer to it is on its way.
    busy: Memo<bool>,
    /// The columns that are hidden.
    hidden: RwSignal<String>,
) -> impl IntoView {
    let (navigator, session) = (expect_context::<Navigator>(), expect_context::<Session>());
    let catalogue = expect_context::<Load<Catalogue>>();
    let texts = &t().list;
    let typed = RwSignal::new(query.get_untracked().search);
    let timer = Timer::new();
    // Back and *Clear filters* change the address; what is typed follows.
    Effect::new(move |_| {
        let search = query.with(|query| query.search.clone());
        if typed.with_untracked(|typed| typed.trim() != search) {
            typed.set(search);
        }
    });
    let search = move || {
        timer.stop();
        let (search, before) = (typed.get_untracked().trim().to_owned(), query.get_untracked());
        if search == before.search {
            return;
        }
        // Going on typing refines one search; it is not a page of the history for each letter.
        let refines = !before.search.is_empty() && !search.is_empty();
        let address = ListQuery { search, ..before }.first_page().address();
        if refines { navigator.replace(&address) } else { navigator.to(&address) }
    };
    let go = move |change: &dyn Fn(ListQuery) -> ListQuery| {
        navigator.to(&change(query.get_untracked()).first_page().address());
    };
    let value = move |of: fn(&ListQuery) -> Option<String>| {
        Signal::derive(move || query.with(|query| of(query).unwrap_or_default()))
    };
    let statuses = options(
        texts.any_status,
        TokenStatus::ALL.iter().map(|it| (it.as_str().to_owned(), status_name(*it).to_owned())),
    );
    let known = move |of: fn(&Catalogue) -> Options| {
        catalogue.state.with(|state| state.ready().map(of).unwrap_or_default()).into_iter()
    };
    let extensions = Signal::derive(move || {
        let all = |it: &Catalogue| it.extensions.iter().map(|it| (it.id.to_string(), it.title.clone())).collect();
        options(texts.any_extension, known(all))
    });
    let modules = Signal::derive(move || {
        let all = |it: &Catalogue| it.modules.iter().map(|it| (it.id.to_string(), it.name.clone())).collect();
        options(texts.any_module, known(all))
    });
    let uses = options(texts.any_use, Unused::ALL.into_iter().map(|it| (it.as_param(), it.label())));
    let spans = ListQuery::SPANS.into_iter().map(|days| (days.to_string(), texts.expires_within_days.with([&days])));
    let spans = options(texts.any_expiration, spans);
    let creators = Signal::derive(move || {
        let me = session.context().map(|context| (context.user.id.to_string(), texts.created_by_me.to_owned()));
        let other = query.with(|query| query.creator.as_ref().map(ToString::to_string));
        let other = other.filter(|other| me.as_ref().is_none_or(|(me, _)| me != other));
        options(
            texts.created_by_anyone,
            me.into_iter().chain(other.map(|id| (id.clone(), texts.created_by_id.with([&id])))),
        )
    });
    let orders = SortKey::ALL.into_iter().flat_map(|key| {
        let word = |sort| ListQuery { sort, ..ListQuery::default() }.order();
        let (up, down) =
            if key.is_date() { (&texts.earliest_first, &texts.latest_first) } else { (&texts.a_to_z, &texts.z_to_a) };
        [(word((key, false)), up.with([&key.label()])), (word((key, true)), down.with([&key.label()]))]
    });
    let orders: Options = orders.collect();
    let narrowed = move || {
        query.with(|it| {
            [it.module.is_some(), it.creator.is_some(), it.unused.is_some(), it.expires_within.is_some()]
                .contains(&true)
        })
    };
    let unfolded = RwSignal::new(false);
    // Once open it stays: what is being chosen would vanish under the hand.
    let more = Memo::new(move |before: Option<&bool>| before == Some(&true) || unfolded.get() || narrowed());
    let columns = Signal::derive(move || {
        let is_hidden = move |key: &str| hidden.with(|hidden| hidden.split(' ').any(|it| it == key));
        let item = move |(key, title): (&'static str, &'static str)| {
            let toggle = move |()| {
                let shown = is_hidden(key);
                let keys = COLUMNS.iter().filter_map(|column| column.key);
                let keys: Vec<&str> = keys.filter(|it| if *it == key { !shown } else { is_hidden(it) }).collect();
                hidden.set(keys.join(" "));
                storage::set(
                    HIDDEN_COLUMNS,
                    hidden.with_untracked(|it| (!it.is_empty()).then(|| it.clone())).as_deref(),
                );
            };
            MenuItem::Check(title, !is_hidden(key), Callback::new(move |()| untrack(|| toggle(()))))
        };
        COLUMNS
            .iter()
            .filter_map(|column| column.key.map(|key| (key, (column.title)(texts))))
            .map(item)
            .collect::<Vec<_>>()
    });
    let export = move || format!("{EXPORT}?{}nulls=last", query.with(|query| query.filter(dates::now())));
    view! {
        <form class="filters" role="search" on:submit=move |event| { event.prevent_default(); search() }>
            <span class="search" class:is-busy=busy>
                <Icon icon=icondata_lu::LuSearch />
                <input class="input" type="search" aria-label=texts.search_tokens placeholder=texts.search_placeholder
                    maxlength=ListQuery::MAX_SEARCH
                    prop:value=typed
                    on:input:target=move |event| {
                        typed.set(event.target().value());
                        timer.start(TYPING, search);
                    } />
            </span>
            <Select label=texts.status name="status" quiet=true options=statuses
                value=value(|it| it.status.map(|it| it.as_str().to_owned()))
                on_choose=move |word: String| go(&|it| ListQuery { status: TokenStatus::from_word(&word), ..it }) />
            <Select label=texts.extension name="extension" quiet=true options=extensions
                value=value(|it| it.extension.as_ref().map(ToString::to_string))
                on_choose=move |id: String| go(&|it| ListQuery { extension: id.parse().ok(), ..it }) />
            {dynamic(move || if more.get() {
                view! {
                    <Select label=texts.module name="module" quiet=true options=modules
                        value=value(|it| it.module.as_ref().map(ToString::to_string))
                        on_choose=move |id: String| go(&|it| ListQuery { module: id.parse().ok(), ..it }) />
                    <Select label=texts.usage name="unused" quiet=true options=uses.clone()
                        value=value(|it| it.unused.map(Unused::as_param))
                        on_choose=move |word: String| {
                            let unused = Unused::ALL.into_iter().find(|it| it.as_param() == word);
                            go(&|it| ListQuery { unused, ..it });
                        } />
                    <Select label=texts.expiration name="expires_within" quiet=true options=spans.clone()
                        value=value(|it| it.expires_within.map(|days| days.to_string()))
                        on_choose=move |days: String| go(&|it| ListQuery { expires_within: days.parse().ok(), ..it }) />
                    <Select label=texts.created_by name="created_by" quiet=true options=creators
                        value=value(|it| it.creator.as_ref().map(ToString::to_string))
                        on_choose=move |id: String| go(&|it| ListQuery { creator: id.parse().ok(), ..it }) />
                }
                .into_any()
            } else {
                view! {
                    <button type="button" class="button button--quiet" on:click=move |_| {
                        unfolded.set(true);
                        request_animation_frame(|| focus::by_id("field-module"));
                    }>{texts.more_filters}</button>
                }
                .into_any()
            })}
            // Where the header that sorts is not shown.
            <span class="filters__order">
                <Select label=texts.sort_by name="sort" quiet=true options=Signal::stored(orders)
                    value=Signal::derive(move || query.with(ListQuery::order))
                    on_choose=move |word: String| {
                        let sort = ListQuery::read(|name| (name == "sort").then(|| word.clone())).sort;
                        go(&|it| ListQuery { sort, ..it });
                    } />
            </span>
            <span class="filters__end">
                <Menu label=Signal::stored(texts.columns.to_owned()) icon=icondata_lu::LuColumns3 items=columns />
                <a class="button button--quiet button--icon" href=export download="" rel="external" aria-label=texts.export_csv
                    title=texts.export_csv><Icon icon=icondata_lu::LuDownload /></a>
            </span>
        </form>
    }
    .into_any()
}
