//! The page *Observed*: what APIs in observe mode let pass and would have refused.

use latchkey_shared::{ModuleId, ObservedRequest};
use leptos::prelude::*;

use crate::{
    api::{Api, Catalogue},
    browser::dates,
    routes::{OBSERVED, token},
    texts::t,
    tokens::details::why_refused,
    ui::{EmptyState, Heading, Load, LoadError, Loaded, Pager, Time, dynamic},
};

/// Rows of a page.
const SIZE: usize = 50;

/// The requests by token, rule and path, those that would still be refused first, and of these the most frequent.
#[component]
pub fn Observed(
    /// The page, as the address has it.
    page: Signal<Option<String>>,
) -> impl IntoView {
    let (api, catalogue) = (expect_context::<Api>(), expect_context::<Load<Catalogue>>());
    let texts = &t().catalogue;
    let page = Memo::new(move |_| page.get().and_then(|page| page.parse().ok()).filter(|page| *page > 0).unwrap_or(1));
    let load = Load::new(
        move || page.get(),
        move |page| async move { Ok::<_, crate::api::Failure>((page, api.observed(page, SIZE).await?)) },
    );
    let names = move || {
        catalogue.state.with(|state| {
            let observing = state.ready().into_iter().flat_map(|it| &it.apis).filter(|api| api.observes);
            observing.map(|api| api.title.clone()).collect::<Vec<_>>().join(", ")
        })
    };
    view! {
        <div class="screen__head"><Heading title=texts.observed /></div>
        <p class="muted">{dynamic(move || texts.observed_intro.with([&names()]))}</p>
        {dynamic(move || match load.state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=texts.observed_not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Loaded::Ready((_, (_, 0))) => view! {
                <EmptyState icon=icondata_lu::LuCircleCheck title=texts.nothing_observed text=texts.nothing_observed_text />
            }
            .into_any(),
            Loaded::Ready((page, (rows, total))) => view! {
                <table class="table table--stacked table--events table--observed" role="table" aria-label=texts.observed>
                    <thead role="rowgroup"><tr role="row">
                        <th scope="col" role="columnheader">{texts.request}</th>
                        <th scope="col" role="columnheader">{texts.token}</th>
                        <th scope="col" role="columnheader">{texts.requests}</th>
                        <th scope="col" role="columnheader">{t().details.last_call}</th>
                    </tr></thead>
                    <tbody role="rowgroup">
                        {catalogue.state.with_untracked(|state| {
                            rows.into_iter().map(|it| row(it, state.ready())).collect_view()
                        })}
                    </tbody>
                </table>
                <Pager page=Signal::stored(page) size=Signal::stored(SIZE) total=Signal::stored(total)
                    address=move |page| if page == 1 { OBSERVED.to_owned() } else { format!("{OBSERVED}?page={page}") } />
            }
            .into_any(),
        })}
    }
    .into_any()
}

fn row(it: ObservedRequest, catalogue: Option<&Catalogue>) -> impl IntoView + use<> {
    let texts = &t().catalogue;
    let api = catalogue.filter(|all| all.apis.len() > 1).and_then(|all| all.apis.iter().find(|api| api.name == it.api));
    let api = api.map(|api| format!("{} · ", api.title));
    let path = if it.path.is_empty() { texts.other_paths.to_owned() } else { it.path };
    let why = match (it.reason.as_str(), &it.module) {
        ("module", Some(module)) if module.id == ModuleId::ALL => t().details.try_no_rule.to_owned(),
        ("module", Some(module)) => texts.needs.with([&module.name]),
        _ => why_refused(&it.reason).map_or_else(|| it.reason.clone(), str::to_owned),
    };
    let who = match it.token {
        // Where the module that is missing can be granted.
        Some(of) => {
            let module = it.module.filter(|_| it.reason == "module").map(|module| format!("?module={}", module.id));
            let address = token(&of.id, "permissions") + &module.unwrap_or_default();
            view! { <a href=address class="breakable">{of.name}</a> }.into_any()
        }
        None => view! { <span class="muted">{texts.no_known_key}</span> }.into_any(),
    };
    let client = [it.address, it.program].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <tr role="row">
            <td role="cell" class="col-what">
                <span class="mono breakable">{it.method} " " {path}</span>
                <span class="muted table__by">{api} {why}</span>
            </td>
            <td role="cell" class="col-where">
                {who}
                <span class="muted table__by breakable">{client}</span>
            </td>
            <td role="cell">
                {dates::number(usize::try_from(it.calls).unwrap_or_default())}
                {it.passes_now.then(|| view! {
                    <span class="chip" data-status="active"><span class="chip__dot" aria-hidden="true"></span>{texts.passes_now}</span>
                })}
            </td>
            <td role="cell" class="col-when"><Time at=it.last_at with_time=true /></td>
        </tr>
    }
}
