//! The tab *Usage*: calls by day as a chart and as a table, modules, last clients.

use latchkey_shared::{ClientUsage, DayUsage, ModuleId, ModuleUsage, RuleUsage, Timestamp, Token, TokenUsage};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Catalogue},
    browser::{dates, focus},
    session::Session,
    texts::t,
    ui::{Button, EmptyState, Load, LoadError, Loaded, Note, Time, Toasts, Variant, dynamic},
};

/// Days that the chart shows.
const DAYS: i64 = 90;
/// Height of the chart, in its own units.
const HEIGHT: i64 = 100;

/// How the token was used in the last 90 days.
#[component]
pub fn Usage(
    /// The token as it is now.
    token: Memo<Token>,
    /// For the names of modules.
    catalogue: Catalogue,
    /// Called when a module was withdrawn.
    #[prop(into)]
    on_change: Callback<()>,
) -> impl IntoView {
    let texts = &t().details;
    let api = expect_context::<Api>();
    let id = Memo::new(move |_| token.with(|token| token.id.clone()));
    let load = Load::new(move || id.get(), move |id| async move { api.token_usage(&id).await });
    let catalogue = StoredValue::new(catalogue);
    dynamic(move || match load.state.get() {
        Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
        Loaded::Failed(failure) => view! {
            <LoadError what=texts.usage_not_loaded failure=failure on_retry=move |()| load.again() />
        }
        .into_any(),
        Loaded::Ready(usage) if usage.days.is_empty() => view! {
            <EmptyState icon=icondata_lu::LuChartColumn title=texts.no_calls text=texts.no_calls_text />
        }
        .into_any(),
        Loaded::Ready(TokenUsage { days, modules, rules, clients }) => view! {
            <Calls days=days />
            <Modules token=token modules=modules rules=rules catalogue=catalogue on_change=on_change />
            <Clients clients=clients />
        }
        .into_any(),
    })
}

/// The requests that a rule has allowed with one method: `POST /orders`.
#[must_use]
pub fn called(rule: &RuleUsage) -> String {
    let path = rule.rule.split_once(' ').map_or(rule.rule.as_str(), |(_, path)| path);
    format!("{} {}", rule.method, if path.is_empty() { "…" } else { path }).trim().to_owned()
}

/// A number of calls, as the language writes it.
#[must_use]
pub fn written(calls: i64) -> String {
    dates::number(usize::try_from(calls).unwrap_or_default())
}

/// Calls that were let through, and those that were refused.
fn sums(day: &DayUsage) -> (i64, i64) {
    let sum = |fits: fn(i32) -> bool| day.statuses.iter().filter(|it| fits(it.code)).map(|it| it.calls).sum();
    (sum(|code| code < 400), sum(|code| code >= 400))
}

/// The calls of a day.
#[derive(Debug)]
pub struct Bar {
    /// `yyyy-mm-dd`.
    pub date: String,
    /// Calls that were let through.
    pub ok: i64,
    /// Calls that were refused.
    pub no: i64,
    /// What is said on hover.
    pub words: String,
}

/// A bar for each of the last `span` days. The day with the `most` calls has the highest.
#[must_use]
pub fn chart(span: i64, most: i64, days: Vec<Bar>) -> AnyView {
    let today = dates::now().unix().div_euclid(86_400);
    let bar = |day: Bar| {
        let ago = today - format!("{}T00:00:00Z", day.date).parse::<Timestamp>().ok()?.unix() / 86_400;
        let at = span - 1 - ago;
        // What there is shows, however little it is.
        let height = |calls: i64| if calls == 0 { 0 } else { (calls * HEIGHT / most).max(2) };
        let (low, high) = (height(day.ok), height(day.no));
        Some(view! {
            <g><title>{day.words}</title>
                <rect class="chart__ok" x=at.to_string() y=(HEIGHT - low).to_string() width="0.8" height=low.to_string()></rect>
                <rect class="chart__no" x=at.to_string() y=(HEIGHT - low - high).to_string() width="0.8" height=high.to_string()></rect>
            </g>
        })
    };
    let is_some_refused = days.iter().any(|day| day.no > 0);
    let bars: Vec<_> = days.into_iter().filter_map(bar).collect();
    let date = |ago| dates::utc_day(&Timestamp::from_unix((today - ago) * 86_400).to_string());
    let texts = &t().details;
    let label = texts.chart.with([&span, &written(most)]);
    view! {
        <svg class="chart" role="img" aria-label=label viewBox=format!("0 0 {span} {HEIGHT}") preserveAspectRatio="none">{bars}</svg>
        <p class="chart__axis muted">
            <span>{date(span - 1)}</span>
            {is_some_refused.then(|| view! {
                <span class="chart__keys"><span class="chart__key">{texts.let_through}</span><span class="chart__key chart__key--no">{texts.refused}</span></span>
            })}
            <span>{date(0)}</span>
        </p>
    }
    .into_any()
}

#[component]
fn Calls(days: Vec<DayUsage>) -> impl IntoView {
    let texts = &t().details;
    let (allowed, refused) = days.iter().map(sums).fold((0, 0), |all, day| (all.0 + day.0, all.1 + day.1));
    let most = days.iter().map(sums).map(|day| day.0 + day.1).max().unwrap_or(1).max(1);
    let bars = days.iter().map(|day| {
        let (ok, no) = sums(day);
        Bar {
            date: day.date.clone(),
            ok,
            no,
            words: texts.calls_of_day.with([&dates::utc_day(&day.date), &written(ok), &written(no)]),
        }
    });
    let chart = chart(DAYS, most, bars.collect());
    let codes = |day: &DayUsage| {
        let words: Vec<String> = day.statuses.iter().map(|it| format!("{} × {}", written(it.calls), it.code)).collect();
        words.join(", ")
    };
    let rows: Vec<_> = days
        .iter()
        .rev()
        .map(|day| {
            let (ok, no) = sums(day);
            view! {
                <tr><th scope="row">{dates::utc_day(&day.date)}</th><td>{written(ok)}</td><td>{written(no)}</td><td class="muted col-codes">{codes(day)}</td></tr>
            }
        })
        .collect();
    view! {
        <h2 class="section-title">{texts.calls}</h2>
        <p>{texts.calls_in_days.with([&written(allowed), &written(refused), &DAYS, &written(most)])}</p>
        {chart}
        <details class="fold">
            <summary class="fold__title">{texts.by_day_and_status}</summary>
            <table class="table table--usage" aria-label=texts.calls_by_day_and_status>
                <thead><tr>
                    <th scope="col">{texts.day}</th>
                    <th scope="col">{texts.let_through}</th>
                    <th scope="col">{texts.refused}</th>
                    <th scope="col" class="col-codes">{texts.by_status}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}

#[component]
fn Modules(
    token: Memo<Token>,
    modules: Vec<ModuleUsage>,
    rules: Vec<RuleUsage>,
    catalogue: StoredValue<Catalogue>,
    on_change: Callback<()>,
) -> impl IntoView {
    let texts = &t().details;
    let (api, session, toasts) = (expect_context::<Api>(), expect_context::<Session>(), expect_context::<Toasts>());
    let (busy, problem) = (RwSignal::new(None::<ModuleId>), RwSignal::new(None::<String>));
    let has_all = Memo::new(move |_| token.with(|it| it.permissions.iter().any(|it| it.object.id == ModuleId::ALL)));
    let fixed = Memo::new(move |_| {
        token.with(|it| {
            catalogue
                .with_value(|all| all.extension(&it.extension.id).is_some_and(|it| it.permissions.fixed().is_some()))
        })
    });
    let is_in_all = move |id: &ModuleId| has_all.get() && catalogue.with_value(|it| it.is_in_all(id));
    let may = move |id: &ModuleId| session.manages_tokens() && !is_in_all(id) && !fixed.get();
    let name = move |id: &ModuleId| catalogue.with_value(|it| it.module_name(id));
    let withdraw = move |id: ModuleId| {
        if busy.get_untracked().is_some() {
            return;
        }
        busy.set(Some(id.clone()));
        problem.set(None);
        let of = token.with_untracked(|it| it.id.clone());
        spawn_local(async move {
            let outcome = api.withdraw_module(&of, &id).await;
            busy.try_set(None);
            match outcome {
                Ok(()) => {
                    let back = move || {
                        let (of, id) = (of.clone(), id.clone());
                        spawn_local(async move {
                            if let Err(failure) = api.grant_module(&of, &id).await {
                                problem.try_set(Some(texts.not_granted_again.with([&failure.message()])));
                            }
                            on_change.try_run(());
                        });
                    };
                    toasts.say_with_undo(texts.withdrew, back);
                    on_change.try_run(());
                    request_animation_frame(focus::title_if_lost);
                }
                Err(failure) => {
                    problem.try_set(Some(texts.not_withdrawn.with([&failure.message()])));
                }
            }
        });
    };
    let unused = modules.iter().filter(|it| it.granted && it.calls == 0).count();
    let granted = dates::number(modules.iter().filter(|it| it.granted).count());
    let advice = match (has_all.get_untracked(), unused) {
        (_, 0) => texts.every_module_used.to_owned(),
        (true, _) => texts.unused_of_all.with([&dates::number(unused), &granted]),
        (false, 1) => texts.unused_one.with([&dates::number(unused), &granted]),
        (false, _) => texts.unused_other.with([&dates::number(unused), &granted]),
    };
    let would_do =
        modules.iter().filter_map(|it| Some(texts.would_do.with([&name(it.instead.as_ref()?), &name(&it.id)])));
    let advice = [advice].into_iter().chain(would_do).collect::<Vec<_>>().join(" ");
    let row = move |it: ModuleUsage| {
        let called = rules.iter().filter(|rule| rule.module == it.id).map(|rule| {
            view! { <span class="path mono muted">{called(rule)} " · " {written(rule.calls)}</span> }
        });
        let called = called.collect_view();
        let id = it.id.clone();
        let held = Memo::new(move |_| {
            is_in_all(&id) || token.with(|token| token.permissions.iter().any(|held| held.object.id == id.as_str()))
        });
        let (id, for_busy, label) = (it.id.clone(), it.id.clone(), texts.withdraw_module.with([&name(&it.id)]));
        view! {
            <tr role="row">
                <td role="cell" class="col-module"><span class="strong">{name(&it.id)}</span>{called}</td>
                <td role="cell">{written(it.calls)}</td>
                <td role="cell">{it.last_day.as_deref().map_or_else(|| texts.never.to_owned(), dates::utc_day)}</td>
                <td role="cell" class="col-withdraw">
                    {dynamic(move || match (held.get(), it.calls) {
                        (false, _) => view! { <span class="muted">{texts.module_not_granted}</span> }.into_any(),
                        (true, 0) if may(&id) => {
                            let (id, for_busy, label) = (id.clone(), for_busy.clone(), label.clone());
                            view! {
                                <Button variant=Variant::Quiet label=label
                                    busy=Signal::derive(move || busy.with(|busy| busy.as_ref() == Some(&for_busy)))
                                    on_press=move |()| withdraw(id.clone())>{texts.withdraw}</Button>
                            }
                            .into_any()
                        }
                        _ => ().into_any(),
                    })}
                </td>
            </tr>
        }
    };
    view! {
        <h2 class="section-title">{t().frame.modules}</h2>
        <p>{advice}</p>
        <Note problem=problem />
        <table class="table table--usage" role="table" aria-label=texts.calls_by_module>
            <thead role="rowgroup"><tr role="row">
                <th scope="col" role="columnheader">{texts.module}</th>
                <th scope="col" role="columnheader">{texts.calls}</th>
                <th scope="col" role="columnheader">{texts.last_used}</th>
                <th scope="col" role="columnheader"><span class="visually-hidden">{texts.actions}</span></th>
            </tr></thead>
            <tbody role="rowgroup">{modules.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Clients(clients: Vec<ClientUsage>) -> impl IntoView {
    let texts = &t().details;
    let row = |it: ClientUsage| {
        view! {
            <tr role="row">
                <td role="cell" class="col-where mono">{if it.address.is_empty() { texts.unknown_address.to_owned() } else { it.address }}</td>
                <td role="cell" class="col-what breakable">{it.program}</td>
                <td role="cell" class="col-when"><Time at=it.at with_time=true /></td>
            </tr>
        }
    };
    (!clients.is_empty())
        .then(|| {
            view! {
                <h2 class="section-title">{texts.last_clients}</h2>
                <table class="table table--stacked table--events" role="table" aria-label=texts.last_clients>
                    <thead role="rowgroup"><tr role="row">
                        <th scope="col" role="columnheader">{texts.address}</th>
                        <th scope="col" role="columnheader">{texts.program}</th>
                        <th scope="col" role="columnheader">{texts.last_call}</th>
                    </tr></thead>
                    <tbody role="rowgroup">{clients.into_iter().map(row).collect_view()}</tbody>
                </table>
            }
        })
        .into_any()
}
