//! *Try a request*: what the gatekeeper would make of it with this key, and by which rules.

use latchkey_shared::{Explanation, Problems, Token};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Api, Failure, sentences},
    browser::{focus, text::encode},
    texts::{said, t},
    ui::{Button, Icon, Note, Select, TextField, dynamic},
};

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Method, URL and address; below it what would become of such a request.
#[component]
pub fn TryRequest(
    /// The token whose key would be sent.
    token: Memo<Token>,
) -> impl IntoView {
    let texts = &t().details;
    let api = expect_context::<Api>();
    let (method, url, address) =
        (RwSignal::new("GET".to_owned()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let problems = RwSignal::new(Problems::default());
    let told = RwSignal::new(None::<Explanation>);
    let of = move |field: &'static str| Signal::derive(move || problems.with(|all| all.of(field).map(said)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        problems.set(Problems::default());
        told.set(None);
        let id = token.with_untracked(|token| token.id.clone());
        let query = format!(
            "method={}&url={}&address={}",
            method.get_untracked(),
            encode(url.get_untracked().trim()),
            encode(address.get_untracked().trim())
        );
        spawn_local(async move {
            let outcome = api.explain(&id, &query).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(explanation) => told.set(Some(explanation)),
                Err(Failure::Invalid(wrong, other)) => {
                    problems.set(wrong);
                    problem.set((!other.is_empty()).then(|| sentences(&other)));
                    request_animation_frame(|| focus::first(".try [aria-invalid=true]"));
                }
                Err(failure) => problem.set(Some(failure.message())),
            }
        });
    };
    view! {
        <section class="try">
            <h2 class="section-title">{texts.try_request}</h2>
            <form class="try__form" on:submit=submit novalidate>
                <Select label=texts.method name="method" value=method
                    options=Signal::stored(METHODS.map(|it| (it.to_owned(), it.to_owned())).to_vec())
                    on_choose=move |it: String| method.set(it) />
                <TextField label="URL" name="url" text=url problem=of("url") hint=texts.try_hint />
                <TextField label=texts.client_address name="address" text=address problem=of("address") />
                <Button submit=true busy=busy>{texts.try_it}</Button>
            </form>
            <Note problem=problem />
            <div role="status">{dynamic(move || told.get().map(outcome))}</div>
        </section>
    }
    .into_any()
}

fn outcome(told: Explanation) -> AnyView {
    let texts = &t().details;
    let (class, icon) = if told.allowed {
        ("note note--success", icondata_lu::LuCircleCheck)
    } else {
        ("note note--warning", icondata_lu::LuTriangleAlert)
    };
    let status = told.status.to_string();
    let verdict = if told.allowed { texts.would_pass.to_owned() } else { texts.would_be_refused.with([&status]) };
    let reason = reason(&told);
    let rules = told.rules.into_iter().map(|rule| {
        // What is public is held by nobody.
        let held = rule.name.is_some().then(|| format!(" · {}", if rule.held { texts.enabled } else { texts.disabled }));
        view! { <li><span class="mono">{rule.rule}</span> " · " {rule.name.unwrap_or_else(|| texts.public.to_owned())} {held}</li> }
    });
    view! {
        <div class=class>
            <Icon icon=icon />
            <div><p class="breakable"><strong>{verdict}</strong> " " {reason}</p><ul class="try__rules">{rules.collect_view()}</ul></div>
        </div>
    }
    .into_any()
}

/// Why, in the user's language as far as it has words for it.
fn reason(told: &Explanation) -> String {
    let texts = &t().details;
    let words = match told.reason.as_str() {
        "allowed" => texts.try_allowed,
        "public" => texts.try_public,
        "module" if told.rules.is_empty() => texts.try_no_rule,
        "module" if told.rules.len() == 1 => texts.try_module_one,
        "module" => texts.try_module,
        other => match why_refused(other) {
            Some(words) => words,
            None => return told.text.clone(),
        },
    };
    if told.observed && !told.allowed { format!("{words} {}", texts.try_observed) } else { words.to_owned() }
}

/// A reason for which a request is refused, if there are words for it that need no more than the reason.
#[must_use]
pub fn why_refused(reason: &str) -> Option<&'static str> {
    let texts = &t().details;
    Some(match reason {
        "api" => texts.try_api,
        "disabled" => texts.try_disabled,
        "expired" => texts.try_expired,
        "not_yet" => texts.try_not_yet,
        "deleted" => texts.is_deleted,
        "address" => texts.try_address,
        "limited" => texts.try_limited,
        "missing" => texts.try_missing,
        "form" => texts.try_form,
        "malformed" | "checksum" | "unknown_id" | "wrong_secret" => texts.try_invalid,
        "replaced" => texts.try_replaced,
        "path" => texts.try_path,
        _ => return None,
    })
}
