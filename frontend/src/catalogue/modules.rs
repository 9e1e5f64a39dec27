//! The page *Modules*: what tokens can be allowed.

use leptos::prelude::*;

use super::{count_link, counts};
use crate::{
    api::{Catalogue, what_all_includes},
    texts::t,
    tokens::list::ListQuery,
    ui::{Heading, Load, LoadError, Loaded, dynamic},
};

/// What each module opens, and how many tokens hold it.
#[component]
pub fn Modules() -> impl IntoView {
    let catalogue = expect_context::<Load<Catalogue>>();
    let texts = &t().catalogue;
    let state = Memo::new(move |_| catalogue.state.get());
    view! {
        <div class="screen__head"><Heading title=texts.modules /></div>
        <p class="muted">{texts.modules_intro} " " {dynamic(move || state.with(|state| state.ready().map(|it| what_all_includes(&it.modules))))}</p>
        {dynamic(move || match state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=texts.modules_not_loaded failure=failure on_retry=move |()| catalogue.again() />
            }
            .into_any(),
            Loaded::Ready(catalogue) => view! { <Table catalogue=catalogue /> }.into_any(),
        })}
    }
    .into_any()
}

#[component]
fn Table(catalogue: Catalogue) -> impl IntoView {
    let texts = &t().catalogue;
    let lists: Vec<ListQuery> = catalogue
        .modules
        .iter()
        .map(|it| ListQuery { module: Some(it.id.clone()), ..ListQuery::default() }.in_catalogue(&catalogue))
        .collect();
    let counts = counts(lists.clone());
    let titles: Vec<Option<String>> = catalogue.modules.iter().map(|module| catalogue.api_title(module)).collect();
    let rows: Vec<_> = catalogue
        .modules
        .into_iter()
        .zip(lists)
        .enumerate()
        .map(|(at, (module, list))| {
            let api = titles.get(at).cloned().flatten();
            view! {
                <tr role="row">
                    <td role="cell" class="col-module">
                        <span class="strong">{module.name}</span>
                        {api.map(|api| view! { <span class="muted">" · " {api}</span> })}
                        <span class="muted table__by">{module.description}</span>
                        <span class="mono muted table__by">{module.id.to_string()}</span>
                    </td>
                    <td role="cell" class="col-modules mono">
                        {module.paths.into_iter().map(|path| view! { <span class="path">{path}</span> }).collect_view()}
                    </td>
                    <td role="cell" class="col-count">{count_link(counts, at, &list)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="table table--stacked table--usage table--catalogue" role="table" aria-label=texts.modules>
            <thead role="rowgroup"><tr role="row">
                <th scope="col" role="columnheader">{texts.module}</th>
                <th scope="col" role="columnheader" class="col-modules">{texts.paths}</th>
                <th scope="col" role="columnheader" class="col-count">{texts.tokens}</th>
            </tr></thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}
