//! Search and filters above the list.

use std::time::Duration;

use latchkey_shared::TokenStatus;
use leptos::prelude::*;

use super::ListQuery;
use crate::{
    api::Catalogue,
    browser::timer::Timer,
    routes::Navigator,
    ui::{Icon, Load, Loaded, Select},
};

const TYPING: Duration = Duration::from_millis(250);

/// The search field and the filters. Each change goes into the address.
#[component]
pub fn Filters(
    /// What is shown now.
    query: Signal<ListQuery>,
) -> impl IntoView {
    let navigator = expect_context::<Navigator>();
    let catalogue = expect_context::<Load<Catalogue>>();
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
    let statuses: Vec<(String, String)> = [(String::new(), "Any status".to_owned())]
        .into_iter()
        .chain(TokenStatus::ALL.map(|it| (it.as_str().to_owned(), it.label().to_owned())))
        .collect();
    let extensions = Signal::derive(move || {
        let known = catalogue.state.with(|state| match state {
            Loaded::Ready(catalogue) => {
                catalogue.extensions.iter().map(|it| (it.id.to_string(), it.title.clone())).collect()
            }
            _ => Vec::new(),
        });
        [(String::new(), "Any extension".to_owned())].into_iter().chain(known).collect::<Vec<_>>()
    });
    view! {
        <form class="filters" role="search" on:submit=move |event| { event.prevent_default(); search() }>
            <span class="search">
                <Icon icon=icondata_lu::LuSearch />
                <input class="input" type="search" aria-label="Search tokens" placeholder="Search name, ID, description"
                    prop:value=typed
                    on:input:target=move |event| {
                        typed.set(event.target().value());
                        timer.start(TYPING, search);
                    } />
            </span>
            <Select label="Status" name="status" quiet=true options=statuses
                value=Signal::derive(move || query.with(|it| it.status.map_or("", TokenStatus::as_str).to_owned()))
                on_choose=move |word: String| {
                    let status = TokenStatus::from_word(&word);
                    navigator.to(&ListQuery { status, ..query.get_untracked() }.first_page().address());
                } />
            <Select label="Extension" name="extension" quiet=true options=extensions
                value=Signal::derive(move || {
                    query.with(|it| it.extension.as_ref().map(ToString::to_string).unwrap_or_default())
                })
                on_choose=move |id: String| {
                    let extension = id.parse().ok();
                    navigator.to(&ListQuery { extension, ..query.get_untracked() }.first_page().address());
                } />
        </form>
    }
    .into_any()
}
