//! The tab *Permissions*: what the token may do and what it may not.

use latchkey_shared::{Module, ModuleId, Token};
use leptos::{prelude::*, task::spawn_local};

use super::try_request::TryRequest;
use crate::{
    api::{Api, Catalogue, what_all_includes},
    browser::dates::number,
    session::Session,
    texts::t,
    ui::{Button, Note, Toasts, dynamic},
};

/// Every module with *Enabled* or *Disabled* and the paths that it opens.
#[component]
pub fn Permissions(
    /// The token as it is now.
    token: Memo<Token>,
    /// The modules.
    catalogue: Catalogue,
    /// The module that a refused call needed, as the link in its answer says.
    #[prop(into)]
    asked: Signal<Option<String>>,
    /// Called when a module was granted.
    #[prop(into)]
    on_change: Callback<()>,
) -> impl IntoView {
    let texts = &t().details;
    let (api, session, toasts) = (expect_context::<Api>(), expect_context::<Session>(), expect_context::<Toasts>());
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let fixed = token
        .with_untracked(|it| catalogue.extension(&it.extension.id).is_some_and(|it| it.permissions.fixed().is_some()));
    let grant = move |module: ModuleId, name: String| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let of = token.with_untracked(|it| it.id.clone());
        spawn_local(async move {
            let outcome = api.grant_module(&of, &module).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    toasts.say(texts.granted.with([&name]));
                    on_change.try_run(());
                }
                Err(failure) => {
                    problem.try_set(Some(texts.not_granted.with([&failure.message()])));
                }
            }
        });
    };
    let granted = Memo::new(move |_| {
        token.with(|token| token.permissions.iter().map(|it| it.object.id.clone()).collect::<Vec<_>>())
    });
    let all = Memo::new(move |_| granted.with(|granted| granted.iter().any(|id| id == ModuleId::ALL)));
    let modules = StoredValue::new(catalogue.modules.clone());
    let is_held = move |module: &Module| granted.with(|granted| module.is_held(granted.iter().map(String::as_str)));
    let is_missing = Memo::new(move |_| {
        let is_asked = |module: &Module| asked.with(|asked| asked.as_deref() == Some(module.id.as_str()));
        modules.with_value(|all| all.iter().any(|module| is_asked(module) && !is_held(module)))
    });
    let summary = move || {
        let (held, count) = modules.with_value(|all| (all.iter().filter(|it| is_held(it)).count(), all.len()));
        let (held, count, about) = (number(held), number(count), modules.with_value(|all| what_all_includes(all)));
        if all.get() { texts.holds_all.with([&held, &count, &about]) } else { texts.holds.with([&held, &count]) }
    };
    let titles: Vec<Option<String>> = catalogue.modules.iter().map(|module| catalogue.api_title(module)).collect();
    let rows = catalogue.modules.into_iter().zip(titles).map(|(module, api)| {
        let granted_id = module.id.clone();
        let is_asked = {
            let id = module.id.to_string();
            Memo::new(move |_| asked.with(|asked| asked.as_deref() == Some(id.as_str())))
        };
        let name = module.name.clone();
        let on = {
            let module = module.clone();
            Memo::new(move |_| is_held(&module))
        };
        view! {
            <tr role="row" class:is-asked=is_asked>
                <td role="cell" class="col-module">
                    <span class="strong">{module.name}</span>
                    {api.map(|api| view! { <span class="muted">" · " {api}</span> })}
                    <span class="muted table__by">{module.description}</span>
                </td>
                <td role="cell" class="col-status">
                    <span class="chip" data-status=move || if on.get() { "active" } else { "inactive" }>
                        <span class="chip__dot" aria-hidden="true"></span>
                        {dynamic(move || if on.get() { texts.enabled } else { texts.disabled })}
                    </span>
                    {dynamic(move || (is_asked.get() && !on.get() && !fixed && session.manages_tokens()).then(|| {
                        let (module, name) = (granted_id.clone(), name.clone());
                        view! {
                            <Button busy=busy label=texts.grant_module.with([&name])
                                on_press=move |()| grant(module.clone(), name.clone())>{texts.grant}</Button>
                        }
                    }))}
                </td>
                <td role="cell" class="col-paths mono">
                    {module.paths.into_iter().map(|path| view! { <span class="path">{path}</span> }).collect_view()}
                </td>
            </tr>
        }
    });
    view! {
        <p class="muted">{summary}</p>
        {dynamic(move || is_missing.get().then(|| view! {
            <p>{texts.call_was_refused}</p>
        }))}
        <Note problem=problem />
        <table class="table table--stacked table--modules" role="table" aria-label=t().settings.permissions>
            <thead role="rowgroup">
                <tr role="row">
                    <th scope="col" role="columnheader">{texts.module}</th>
                    <th scope="col" role="columnheader">{texts.status}</th>
                    <th scope="col" role="columnheader">{texts.paths}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
        <TryRequest token=token />
    }
    .into_any()
}
