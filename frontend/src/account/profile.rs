//! The page *Profile*: the own password and sessions.

use latchkey_shared::{PasswordBody, Problems, SessionDetails};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Failure, sentences},
    browser::focus,
    session::Session,
    texts::{role_name, said, t},
    ui::{Button, Heading, Load, LoadError, Loaded, Note, Outdated, TextField, Time, Toasts, Variant, dynamic},
};

/// Who is signed in, with password and sessions.
#[component]
pub fn Profile() -> impl IntoView {
    let session = expect_context::<Session>();
    let texts = &t().account;
    let user = move || session.context().map(|context| context.user);
    view! {
        <div class="wizard">
            <Heading title=texts.profile />
            {dynamic(move || user().map(|user| view! {
                <dl class="facts">
                    <dt>{texts.name}</dt><dd class="breakable">{user.name}</dd>
                    <dt>{t().common.email}</dt><dd class="breakable">{user.email}</dd>
                    <dt>{texts.role}</dt><dd>{role_name(user.role)}</dd>
                </dl>
            }))}
            <Sessions />
            <Password />
        </div>
    }
    .into_any()
}

#[component]
fn Sessions() -> impl IntoView {
    let (api, toasts) = (expect_context::<Api>(), expect_context::<Toasts>());
    let texts = &t().account;
    let load = Load::new(|| (), move |()| api.sessions());
    let (busy, problem) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let end = move |id: String| {
        if busy.get_untracked().is_some() {
            return;
        }
        busy.set(Some(id.clone()));
        problem.set(None);
        spawn_local(async move {
            let outcome = api.end_session(&id).await;
            busy.try_set(None);
            match outcome {
                Ok(()) | Err(Failure::NotFound) => {
                    toasts.say(texts.session_ended);
                    load.again();
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    let row = move |it: SessionDetails| {
        let (id, label) = (it.id.clone(), texts.end_session_from.with([&it.address]));
        let is_busy = {
            let id = it.id.clone();
            Signal::derive(move || busy.with(|busy| busy.as_ref() == Some(&id)))
        };
        view! {
            <tr>
                <td><span class="breakable">{browser(&it.program)}</span><span class="mono muted table__by">{it.address}</span></td>
                <td>{if it.current { texts.this_session.into_any() } else { view! { {texts.last_used} <Time at=it.seen_at with_time=true /> }.into_any() }}</td>
                <td class="col-withdraw">{(!it.current).then(|| view! {
                    <Button variant=Variant::Quiet label=label busy=is_busy on_press=move |()| end(id.clone())>{texts.end_session}</Button>
                })}</td>
            </tr>
        }
    };
    view! {
        <h2 class="section-title">{texts.sessions}</h2>
        <Note problem=problem />
        <Outdated load=load />
        {dynamic(move || match load.state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=texts.sessions_not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Loaded::Ready(sessions) => view! {
                <table class="table table--usage" aria-label=texts.sessions>
                    <thead><tr><th scope="col">{texts.browser}</th><th scope="col">{texts.usage}</th><th scope="col"><span class="visually-hidden">{texts.actions}</span></th></tr></thead>
                    <tbody>{sessions.into_iter().map(row).collect_view()}</tbody>
                </table>
            }
            .into_any(),
        })}
    }
    .into_any()
}

/// The name of a browser and its system, of what it says of itself.
fn browser(program: &str) -> String {
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(sign, _)| program.contains(sign)).map(|(_, name)| *name);
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => t().account.browser_on.with([&browser, &system]),
        _ if program.is_empty() => t().account.unknown_browser.to_owned(),
        _ => program.to_owned(),
    }
}

#[component]
fn Password() -> impl IntoView {
    let (api, toasts) = (expect_context::<Api>(), expect_context::<Toasts>());
    let texts = &t().account;
    let (current, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (problems, problem, busy) =
        (RwSignal::new(Problems::default()), RwSignal::new(None::<String>), RwSignal::new(false));
    let of = move |field: &'static str| Signal::derive(move || problems.with(|it| it.of(field).map(said)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        problems.set(Problems::default());
        spawn_local(async move {
            let body = PasswordBody { current: current.get_untracked(), password: password.get_untracked() };
            let outcome = api.change_password(&body).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    current.try_set(String::new());
                    password.try_set(String::new());
                    toasts.say(texts.password_changed);
                }
                Err(Failure::Invalid(found, other)) => {
                    problems.try_set(found);
                    problem.try_set((!other.is_empty()).then(|| sentences(&other)));
                    request_animation_frame(|| focus::first(".wizard [aria-invalid=true]"));
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    view! {
        <h2 class="section-title">{texts.password}</h2>
        <form class="stack" on:submit=submit novalidate>
            <TextField label=texts.current_password name="current" kind="password" autocomplete="current-password" required=true text=current problem=of("current") />
            <TextField label=texts.new_password name="new-password" kind="password" autocomplete="new-password" required=true text=password
                problem=of("password") hint=texts.change_password_hint />
            <Note problem=problem />
            <div><Button submit=true busy=busy>{texts.change_password}</Button></div>
        </form>
    }
    .into_any()
}
