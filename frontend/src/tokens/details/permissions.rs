//! The tab *Permissions*: what the token may do and what it may not.

use latchkey_shared::{ModuleId, Token};
use leptos::prelude::*;

use crate::api::Catalogue;
use crate::ui::dynamic;

/// Every module with *Enabled* or *Disabled* and the paths that it opens.
#[component]
pub fn Permissions(
    /// The token as it is now.
    token: Memo<Token>,
    /// The modules.
    catalogue: Catalogue,
) -> impl IntoView {
    let granted = Memo::new(move |_| {
        token.with(|token| token.permissions.iter().map(|it| it.object.id.clone()).collect::<Vec<_>>())
    });
    let all = Memo::new(move |_| granted.with(|granted| granted.iter().any(|id| id == ModuleId::all().as_str())));
    let count = catalogue.modules.len();
    let summary = move || {
        if all.get() {
            format!("All Modules: every one of these {count}, and those added later.")
        } else {
            format!("{} of {count} modules.", granted.with(Vec::len))
        }
    };
    let rows = catalogue.modules.into_iter().map(|module| {
        let id = module.id.to_string();
        let on = Memo::new(move |_| all.get() || granted.with(|granted| granted.contains(&id)));
        view! {
            <tr role="row">
                <td role="cell" class="col-module">
                    <span class="strong">{module.name}</span>
                    <span class="muted table__by">{module.description}</span>
                </td>
                <td role="cell" class="col-status">
                    <span class="chip" data-status=move || if on.get() { "active" } else { "inactive" }>
                        <span class="chip__dot" aria-hidden="true"></span>
                        {dynamic(move || if on.get() { "Enabled" } else { "Disabled" })}
                    </span>
                </td>
                <td role="cell" class="col-paths mono">
                    {module.paths.into_iter().map(|path| view! { <span class="path">{path}</span> }).collect_view()}
                </td>
            </tr>
        }
    });
    view! {
        <p class="muted">{summary}</p>
        <table class="table table--modules" role="table" aria-label="Permissions">
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader">"Module"</th>
                    <th scope="col" role="columnheader">"Status"</th>
                    <th scope="col" role="columnheader">"Paths"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}
