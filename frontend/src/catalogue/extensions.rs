//! The page *Extensions*: what tokens can be for.

use leptos::prelude::*;

use super::{count_link, counts};
use crate::{
    api::Catalogue,
    routes::NEW_TOKEN,
    session::Session,
    texts::t,
    tokens::{create::extension_cards::picture, list::ListQuery},
    ui::{Heading, Icon, Load, LoadError, Loaded, credential_name, dynamic},
};

/// What each extension is for, which modules its tokens get, and how many tokens it has.
#[component]
pub fn Extensions() -> impl IntoView {
    let catalogue = expect_context::<Load<Catalogue>>();
    let texts = &t().catalogue;
    let state = Memo::new(move |_| catalogue.state.get());
    view! {
        <div class="screen__head"><Heading title=texts.extensions /></div>
        <p class="muted">{texts.extensions_intro}</p>
        {dynamic(move || match state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=texts.extensions_not_loaded failure=failure on_retry=move |()| catalogue.again() />
            }
            .into_any(),
            Loaded::Ready(catalogue) => view! { <Table catalogue=catalogue /> }.into_any(),
        })}
    }
    .into_any()
}

#[component]
fn Table(catalogue: Catalogue) -> impl IntoView {
    let session = expect_context::<Session>();
    let texts = &t().catalogue;
    let lists: Vec<ListQuery> = catalogue
        .extensions
        .iter()
        .map(|it| ListQuery { extension: Some(it.id.clone()), ..ListQuery::default() })
        .collect();
    let counts = counts(lists.clone());
    let manages = Memo::new(move |_| session.manages_tokens());
    let rows: Vec<_> = catalogue
        .extensions
        .iter()
        .zip(lists)
        .enumerate()
        .map(|(at, (it, list))| {
            let modules = match it.permissions.fixed() {
                None => texts.chosen_for_each.to_owned(),
                Some(fixed) => fixed.iter().map(|id| catalogue.module_name(id)).collect::<Vec<_>>().join(", "),
            };
            let create = format!("{NEW_TOKEN}?extension={}", it.id);
            let title = it.title.clone();
            view! {
                <tr role="row">
                    <td role="cell" class="col-module">
                        <span class="strong catalogue__name"><Icon icon=picture(it.icon.as_str()) />{it.title.clone()}</span>
                        <span class="muted table__by">{it.description.clone()}</span>
                        <span class="mono muted table__by">{it.id.to_string()}</span>
                    </td>
                    <td role="cell" class="col-modules">{modules}</td>
                    <td role="cell" class="col-credential">{credential_name(it.credential)}</td>
                    <td role="cell" class="col-count">{count_link(counts, at, &list)}</td>
                    <td role="cell" class="col-withdraw">{dynamic(move || manages.get().then(|| view! {
                        <a class="button button--quiet" href=create.clone() aria-label=texts.create_token_for.with([&title])>{texts.create_token}</a>
                    }))}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="table table--stacked table--usage table--catalogue" role="table" aria-label=texts.extensions>
            <thead role="rowgroup"><tr role="row">
                <th scope="col" role="columnheader">{texts.extension}</th>
                <th scope="col" role="columnheader" class="col-modules">{texts.modules}</th>
                <th scope="col" role="columnheader" class="col-credential">{texts.used_by}</th>
                <th scope="col" role="columnheader" class="col-count">{texts.tokens}</th>
                <th scope="col" role="columnheader" class="col-withdraw"><span class="visually-hidden">{texts.actions}</span></th>
            </tr></thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}
