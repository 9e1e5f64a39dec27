//! The wizard itself.

use std::{cell::Cell, collections::BTreeSet};

use latchkey_shared::{CreatedToken, NewTokenBody, Problem, Problems};
use leptos::{prelude::*, task::spawn_local};

use super::{
    extension_cards::ExtensionCards,
    prefill::{self, Prefill},
    step::Step,
    summary::Summary,
};
use crate::{
    api::{Api, Catalogue, Failure, sentences},
    browser::{events, focus, page, random},
    routes::{self, HOME, NEW_TOKEN, Navigator},
    session::Session,
    texts::{said, t},
    tokens::{
        draft::{Clock, Draft, set_of},
        general_fields::{Fields, GeneralFields},
        permissions_editor::PermissionsEditor,
    },
    ui::{
        Button, CopyButton, EmptyState, Heading, LeaveGuard, Load, LoadError, Loaded, Note, Stepper, Toasts, Variant,
        dynamic,
    },
};

/// Creates a token in four steps, once however often *Create* is pressed.
#[component]
pub fn CreateToken(
    /// The step that the address asks for.
    #[prop(into)]
    step: Signal<Option<String>>,
    /// What it begins with.
    #[prop(optional)]
    prefill: Prefill,
) -> impl IntoView {
    let texts = &t().create;
    let (api, session) = (expect_context::<Api>(), expect_context::<Session>());
    let catalogue = expect_context::<Load<Catalogue>>();
    let Prefill { copy_of, extension, draft } = prefill;
    let begin = Load::new(
        move || (copy_of.clone(), draft.clone()),
        move |(copy_of, draft)| async move {
            match copy_of {
                Some(id) => Ok(prefill::copy_of(&api.token(&id).await?.token, Clock::browser())),
                None => Ok(draft),
            }
        },
    );
    let state = Memo::new(move |_| match (catalogue.state.get(), begin.state.get()) {
        (Loaded::Ready(catalogue), Loaded::Ready(mut draft)) => {
            let named = catalogue.extensions.iter().find(|it| extension.as_ref() == Some(&it.name));
            draft.extension = draft.extension.or_else(|| named.map(|it| it.id.clone()));
            Loaded::Ready((catalogue, draft))
        }
        (Loaded::Failed(failure), _) | (_, Loaded::Failed(failure)) => Loaded::Failed(failure),
        _ => Loaded::Waiting,
    });
    let what = Memo::new(move |_| {
        let is_there = catalogue.state.with(|state| state.ready().is_some());
        if is_there { texts.copied_not_loaded } else { t().settings.catalogue_not_loaded }
    });
    let retry = move |()| {
        catalogue.again();
        begin.again();
    };
    // A memo: signing in again must not build the wizard anew and lose what is typed.
    let manages = Memo::new(move |_| session.manages_tokens());
    view! {
        <div class="wizard">
            <Heading title=texts.create_token />
            {dynamic(move || {
                if !manages.get() {
                    return view! {
                        <EmptyState icon=icondata_lu::LuKeyRound title=texts.may_not_create
                            text=t().settings.viewers_read />
                    }
                    .into_any();
                }
                match state.get() {
                    Loaded::Waiting => view! { <p role="status" class="muted">{texts.loading}</p> }.into_any(),
                    Loaded::Failed(failure) => view! {
                        <LoadError what=what.get_untracked() failure=failure on_retry=retry />
                    }
                    .into_any(),
                    Loaded::Ready((catalogue, draft)) => view! { <Wizard catalogue=catalogue begin=draft step=step /> }.into_any(),
                }
            })}
        </div>
    }
    .into_any()
}

/// What was sent to create a token.
#[derive(Debug, Clone)]
struct Request {
    draft: Draft,
    body: NewTokenBody,
    /// The `Idempotency-Key`: however often the request is sent, there is one token.
    key: String,
}

thread_local! {
    /// Whether the last wizard has created its token.
    static DONE: Cell<bool> = const { Cell::new(false) };
}

#[component]
fn Wizard(catalogue: Catalogue, begin: Draft, step: Signal<Option<String>>) -> impl IntoView {
    let texts = &t().create;
    let (api, navigator, guard) =
        (expect_context::<Api>(), expect_context::<Navigator>(), expect_context::<LeaveGuard>());
    let toasts = expect_context::<Toasts>();
    // Only what this server has; the rest is told.
    let unknown: Vec<String> = begin
        .extension
        .iter()
        .filter(|id| catalogue.extension(id.as_str()).is_none())
        .map(ToString::to_string)
        .chain(begin.modules.iter().filter(|id| !catalogue.has_module(id)).map(ToString::to_string))
        .collect();
    let unknown = (!unknown.is_empty()).then(|| texts.link_names_unknown.with([&unknown.join(", ")]));
    let extension = RwSignal::new(begin.extension.clone().filter(|id| catalogue.extension(id.as_str()).is_some()));
    let modules = RwSignal::new(set_of(begin.modules.iter().filter(|id| catalogue.has_module(id)).cloned()));
    let fields = Fields::of(begin);
    let created = RwSignal::new(None::<CreatedToken>);
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(unknown));
    let catalogue = StoredValue::new(catalogue);
    // An answer that got lost may have been a success, so the same draft is sent again as the very same request.
    // A draft that was changed since is another request: under the old key the server would refuse it.
    let sent = StoredValue::new(None::<Request>);

    let draft = move || Draft { extension: extension.get(), modules: modules.get(), ..fields.draft() };
    let asks = Memo::new(move |_| {
        extension.with(|id| {
            id.as_ref().is_none_or(|id| {
                catalogue.with_value(|it| it.extension(id.as_str()).is_none_or(|it| it.permissions.fixed().is_none()))
            })
        })
    });
    let current = Memo::new(move |_| {
        let problems = draft().problems(Clock::browser());
        step.with(|step| Step::to_show(step.as_deref(), &problems, asks.get(), created.with(Option::is_some)))
    });
    let original = untrack(draft);
    let unchanged = original.clone();
    guard.watch(move || created.with(Option::is_none) && draft() != unchanged);
    let opens_nothing = Memo::new(move |_| asks.get() && modules.with(BTreeSet::is_empty));
    let warned = RwSignal::new(false);
    // Asked anew after a module was chosen in between.
    Effect::new(move |_| {
        if !opens_nothing.get() {
            warned.set(false);
        }
    });

    // After a reload it begins anew with what it began with.
    let begun = StoredValue::new(prefill::address(&original));
    let address = move |step: Step| {
        begun.with_value(|begun| {
            let sign = if begun.contains('?') { '&' } else { '?' };
            format!("{begun}{sign}step={}", step.slug())
        })
    };
    let show = move |step: Step| navigator.to(&address(step));
    if !events::came_back() {
        DONE.set(false);
    }
    let asked = Memo::new(move |_| step.get());
    // The address says what is shown. A wizard that is done is left behind by Back: its steps lead nowhere.
    Effect::new(move |_| {
        let (shown, asked) = (current.get(), asked.get());
        let is_shown = asked.as_deref() == Some(shown.slug()) || (asked.is_none() && shown == Step::General);
        if DONE.get() {
            if events::came_back() && page::path() == NEW_TOKEN && asked.as_deref() != Some(Step::Summary.slug()) {
                page::back();
            }
        } else if !is_shown {
            navigator.replace(&address(shown));
        }
    });
    // The new step's title takes the focus, so that a screen reader starts there.
    Effect::new(move |before: Option<Step>| {
        let step = current.get();
        if before.is_some_and(|before| before != step) {
            request_animation_frame(|| focus::first("#step-title"));
        }
        step
    });
    let focus_first_problem = || request_animation_frame(|| focus::first(".wizard [aria-invalid=true]"));

    let create = move || {
        if busy.get_untracked() {
            return;
        }
        let draft = untrack(draft);
        let request = match sent.get_value().filter(|before| before.draft == draft) {
            Some(before) => before,
            None => match draft.to_new(asks.get_untracked(), Clock::browser()) {
                Ok(body) => Request { draft, body, key: random::uuid() },
                Err(problems) => {
                    let step = Step::first_with(&problems);
                    fields.problems.set(problems);
                    if let Some(step) = step {
                        show(step);
                    }
                    focus_first_problem();
                    return;
                }
            },
        };
        sent.set_value(Some(request.clone()));
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = api.create_token(&request.body, &request.key).await;
            // The user has left the wizard: nothing may take them back, but the token is there.
            if busy.try_set(false).is_some() {
                if let Ok(token) = outcome {
                    let text = texts.created.with([&token.info.name]);
                    toasts.say_with_link(text, routes::token(token.info.id.as_str(), "general"));
                }
                return;
            }
            match outcome {
                Ok(token) => {
                    guard.release();
                    DONE.set(true);
                    let id = token.info.id.clone();
                    created.set(Some(token));
                    navigator.replace(&format!("{NEW_TOKEN}?step={}&id={id}", Step::Summary.slug()));
                }
                Err(Failure::Invalid(problems, other)) => {
                    sent.set_value(None);
                    let step = Step::first_with(&problems);
                    let (placed, unplaced): (Vec<_>, Vec<_>) = problems
                        .0
                        .into_iter()
                        .partition(|it| Step::of_field(&it.field).is_some_and(|it| it < Step::Permissions));
                    let rest: Vec<Problem> = unplaced.into_iter().chain(other).collect();
                    fields.problems.set(Problems(placed));
                    problem.set((!rest.is_empty()).then(|| sentences(&rest)));
                    if let Some(step) = step {
                        show(step);
                        focus_first_problem();
                    }
                }
                Err(failure) => problem.set(Some(texts.not_created.with([&failure.message()]))),
            }
        });
    };
    let is_last = Memo::new(move |_| Step::walked(asks.get()).iter().rev().nth(1) == Some(&current.get()));
    let next = move || {
        let step = current.get_untracked();
        let mut found = untrack(draft).problems(Clock::browser());
        found.0.retain(|problem| Step::of_field(&problem.field).is_some_and(|of| of <= step));
        let fine = found.0.is_empty();
        fields.problems.set(found);
        if !fine {
            focus_first_problem();
        } else if is_last.get_untracked() && opens_nothing.get_untracked() && !warned.get_untracked() {
            warned.set(true);
        } else if is_last.get_untracked() {
            create();
        } else {
            show(if step == Step::General { Step::Extension } else { Step::Permissions });
        }
    };
    let note = Signal::derive(move || {
        let asks_again = warned.get() && current.get() == Step::Permissions;
        problem.get().or_else(|| asks_again.then(|| texts.opens_nothing.to_owned()))
    });
    let back =
        move |()| show(if current.get_untracked() == Step::Permissions { Step::Extension } else { Step::General });
    let position = move || {
        let current = current.get();
        Step::walked(asks.get()).iter().position(|step| *step == current).unwrap_or_default()
    };
    let extension_problem = Signal::derive(move || {
        fields.problems.with(|it| it.of("extension").map(said)).filter(|_| extension.with(Option::is_none))
    });
    view! {
        <Stepper
            steps=Signal::derive(move || Step::walked(asks.get()).into_iter().map(Step::label).collect::<Vec<_>>())
            current=Signal::derive(position)
            can_go_back=Signal::derive(move || created.with(Option::is_none))
            on_go=move |index: usize| if let Some(step) = Step::walked(asks.get_untracked()).get(index) { show(*step) }
        />
        {dynamic(move || match created.get() {
            Some(token) => view! { <Summary created=token catalogue=catalogue.get_value() /> }.into_any(),
            None => view! {
                <form class="wizard__form" novalidate
                    on:submit=move |event| { event.prevent_default(); next() }>
                    <h2 class="wizard__title" id="step-title" tabindex="-1">{dynamic(move || current.get().label())}</h2>
                    // What is typed while the token is created would be lost.
                    <div class="wizard__body" inert=busy>
                        {dynamic(move || match current.get() {
                            Step::Extension => view! {
                                <ExtensionCards extensions=catalogue.with_value(|it| it.extensions.clone())
                                    chosen=extension problem=extension_problem />
                            }
                            .into_any(),
                            Step::Permissions => view! {
                                <PermissionsEditor modules=catalogue.with_value(|it| it.modules.clone()) chosen=modules />
                            }
                            .into_any(),
                            _ => view! { <GeneralFields fields=fields /> }.into_any(),
                        })}
                    </div>
                    <Note problem=note />
                    <div class="wizard__actions">
                        <a class="button button--quiet" href=HOME>{t().common.cancel}</a>
                        {dynamic(move || is_last.get().then(|| view! {
                            <CopyButton what=texts.link_to_form words=texts.copy_link
                                text=Signal::derive(move || format!("{}{}", page::origin(), prefill::address(&draft()))) />
                        }))}
                        <span class="spacer"></span>
                        {dynamic(move || (current.get() != Step::General).then(|| view! { <Button on_press=back>{texts.back}</Button> }))}
                        {dynamic(move || if is_last.get() {
                            view! { <Button variant=Variant::Primary submit=true busy=busy>{texts.create}</Button> }
                        } else {
                            view! { <Button variant=Variant::Primary submit=true>{texts.next}</Button> }
                        })}
                    </div>
                </form>
            }
            .into_any(),
        })}
    }
    .into_any()
}
