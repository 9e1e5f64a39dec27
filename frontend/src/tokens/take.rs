//! `/take#…`: a person without an account takes the key of a token. Where they may rotate it, the page gets an address
//! of its own, and shows expiry and use. The secret stands in the fragment, which no request carries.

use latchkey_shared::{Credential, HandedOver, LinkSecret, TakenKey};
use leptos::{prelude::*, task::spawn_local};

use super::{
    actions::{last_use::last_use, rotate::Form},
    details::{
        credential::credential_text,
        facts::rules,
        usage::{Bar, chart, written},
    },
    new_key::NewKey,
};
use crate::{
    api::{Api, Failure},
    browser::{dates, focus, page, random},
    routes::TAKE,
    texts::t,
    ui::{
        Button, Dialog, EmptyState, Heading, Icon, LeaveGuard, Load, LoadError, Loaded, Note, StatusChip, Time,
        Variant, dynamic,
    },
};

/// Days of calls that the server tells of.
const DAYS: i64 = 30;
/// How long the old key works on unless another overlap is chosen, in seconds.
const OVERLAP: u32 = 86_400;

/// What the key is for, and *Take the key*; later its use, and *Rotate key*.
#[component]
pub fn TakeKey() -> impl IntoView {
    let api = expect_context::<Api>();
    let texts = &t().hand_over;
    let secret = RwSignal::new(page::fragment());
    // Another link in the same tab.
    let listener = window_event_listener_untyped("hashchange", |_| page::reload());
    on_cleanup(move || listener.remove());
    let load = Load::new(move || secret.get(), move |secret| async move { api.handed_over(LinkSecret(secret)).await });
    let taken = RwSignal::new(None::<TakenKey>);
    // With it the key can be asked for again when the answer gets lost.
    let own = StoredValue::new(random::secret().map(LinkSecret));
    // The key is there, and nobody has looked at it or copied it.
    let unseen = RwSignal::new(false);
    expect_context::<LeaveGuard>().watch(move || unseen.get());
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let (asks, overlap) = (RwSignal::new(false), RwSignal::new(OVERLAP));
    let send = move |overlap: Option<i64>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = {
                let page = own.get_value().filter(|_| overlap.is_none());
                api.take_key(LinkSecret(secret.get_untracked()), overlap, page).await
            };
            busy.set(false);
            match outcome {
                Ok(key) => {
                    asks.set(false);
                    if let Some(LinkSecret(page)) = key.page.clone() {
                        page::replace_silently(&format!("{TAKE}#{page}"));
                        secret.set(page);
                    } else if overlap.is_some() {
                        load.again();
                    }
                    unseen.set(true);
                    taken.set(Some(key));
                }
                // Somebody else was faster, or the link was withdrawn.
                Err(Failure::NotFound) => {
                    asks.set(false);
                    taken.set(None);
                    load.again();
                }
                Err(failure) => problem.set(Some(failure.message())),
            }
        });
    };
    let known = move |of: fn(&HandedOver) -> String| load.state.with(|state| state.ready().map(of).unwrap_or_default());
    let is_holder = Memo::new(move |_| load.state.with(|it| it.ready().is_some_and(|it| it.taken_at.is_some())));
    let title = move || if is_holder.get() { known(|it| it.name.clone()) } else { texts.page.to_owned() };
    let quoted = move || t().actions.quoted.with([&known(|it| it.name.clone())]);
    view! {
        <main class="sign-in" id="main">
            <div class="sign-in__card sign-in__card--wide">
                <p class="brand">"Latchkey"</p>
                <Heading title=Signal::derive(title) />
                <div class="stack" on:click=move |_| unseen.set(false)>{dynamic(move || taken.get().map(new_key))}</div>
                {dynamic(move || match load.state.get() {
                    Loaded::Waiting => view! { <p role="status" class="muted">{t().account.loading}</p> }.into_any(),
                    Loaded::Failed(Failure::NotFound) => view! {
                        <EmptyState icon=icondata_lu::LuSearchX title=t().account.link_gone text=texts.gone_text />
                    }
                    .into_any(),
                    Loaded::Failed(failure) => view! {
                        <LoadError what=texts.not_loaded failure=failure on_retry=move |()| load.again() />
                    }
                    .into_any(),
                    Loaded::Ready(it) if it.taken_at.is_some() => view! {
                        {facts(&it)}
                        <div><Button on_press=move |()| { problem.set(None); asks.set(true) }>{t().actions.rotate_ask}</Button></div>
                        {calls(it)}
                    }
                    .into_any(),
                    Loaded::Ready(it) => {
                        let offer = taken.with(Option::is_none).then(|| view! {
                            <p>{texts.takes_until} <Time at=it.expires_at with_time=true /> {texts.takes_until_end} " "
                                {it.may_rotate.then_some(texts.then_rotates)}</p>
                            <Note problem=problem />
                            <Button variant=Variant::Primary busy=busy on_press=move |()| send(None)>{texts.take}</Button>
                        });
                        view! { {facts(&it)} {offer} }.into_any()
                    }
                })}
            </div>
            <Dialog open=asks on_close=move |()| asks.set(false)
                title=Signal::derive(move || t().actions.rotate_title.with([&quoted()]))>
                {load.state.with_untracked(|it| it.ready().map(|it| {
                    let handle = (it.credential == Credential::Handle).then_some(t().actions.rotate_text_handle);
                    let before = it.previous_expiration_date.map(|_| t().actions.rotate_text_renewed);
                    Form {
                        words: view! { <p>{t().actions.rotate_text} " " {handle} " " {before}</p> }.into_any(),
                        expires: it.expiration_date,
                        overlap,
                        busy,
                        problem,
                        on_cancel: Callback::new(move |()| asks.set(false)),
                        on_submit: Callback::new(move |()| send(Some(overlap.get_untracked().into()))),
                    }
                    .show()
                }))}
            </Dialog>
        </main>
    }
    .into_any()
}

/// The key, once.
fn new_key(key: TakenKey) -> AnyView {
    let texts = &t().hand_over;
    // The button that was pressed is gone.
    request_animation_frame(|| focus::by_id("taken"));
    let secret = credential_text(key.credential, &key.id, &key.token, &key.handle);
    let bookmark = key.page.is_some().then_some(texts.bookmark);
    view! {
        <div class="note note--success">
            <Icon icon=icondata_lu::LuCircleCheck />
            <p id="taken" tabindex="-1">{texts.keep} " " {bookmark}</p>
        </div>
        <NewKey id=key.id kind=key.credential secret=secret sample=Signal::stored(key.sample) />
    }
    .into_any()
}

/// What the key is for, and on the page of its holder when it was last used.
fn facts(it: &HandedOver) -> AnyView {
    let (texts, settings, details) = (&t().hand_over, &t().settings, &t().details);
    let none = || view! { <span class="muted">{t().common.none}</span> }.into_any();
    let never = || view! { <span class="muted">{details.never}</span> }.into_any();
    let line = |words: &'static str, value: AnyView| view! { <dt>{words}</dt><dd class="breakable">{value}</dd> };
    let time = |at| view! { <Time at=at with_time=true focusable=true /> }.into_any();
    let modules = if it.modules.is_empty() { none() } else { it.modules.join(", ").into_any() };
    view! {
        <dl class="facts">
            {it.taken_at.is_none().then(|| line(settings.name, it.name.clone().into_any()))}
            {line(texts.from, texts.from_whom.with([&it.from, &it.account]).into_any())}
            {it.description.clone().map(|text| line(settings.description, text.into_any()))}
            {line(settings.extension, it.extension.clone().into_any())}
            {line(settings.permissions, modules)}
            {line(details.status, view! { <StatusChip status=it.status /> }.into_any())}
            {line(settings.expiration, it.expiration_date.map_or_else(none, time))}
            {it.previous_expiration_date.map(|at| line(details.old_key, view! { {details.works_until} {time(at)} }.into_any()))}
            {rules(None, &it.allowed_addresses, it.calls_per_minute)}
            {it.taken_at.map(|_| line(details.last_used, it.last_used.as_ref().map_or_else(never, last_use)))}
        </dl>
    }
    .into_any()
}

/// The calls of each day, as a chart and as a table.
fn calls(it: HandedOver) -> AnyView {
    let (texts, details) = (&t().hand_over, &t().details);
    let most = it.calls.iter().map(|day| day.calls).max().unwrap_or_default();
    if most == 0 {
        return view! { <p class="muted">{texts.no_calls.with([&DAYS])}</p> }.into_any();
    }
    let row = |(date, calls): (String, i64)| view! { <tr><th scope="row">{dates::utc_day(&date)}</th><td>{written(calls)}</td></tr> };
    let rows: Vec<_> = it.calls.iter().rev().map(|day| row((day.date.clone(), day.calls))).collect();
    let bar = |day: latchkey_shared::DayCalls| {
        let words = format!("{}: {}", dates::utc_day(&day.date), written(day.calls));
        Bar { date: day.date, ok: day.calls, no: 0, words }
    };
    let chart = chart(DAYS, most, it.calls.into_iter().map(bar).collect());
    view! {
        <div>
            <h2 class="section-title">{details.calls}</h2>
            <p>{texts.calls_text.with([&DAYS, &written(most)])}</p>
            {chart}
            <details class="fold">
                <summary class="fold__title">{texts.by_day}</summary>
                <table class="table table--usage" aria-label=texts.by_day>
                    <thead><tr><th scope="col">{details.day}</th><th scope="col">{details.calls}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </div>
    }
    .into_any()
}
