//! The form.

use latchkey_shared::{Module, ModuleId, Problem, Problems, Token, TokenStatus};
use leptos::{prelude::*, task::spawn_local};

use super::{changes::merged, conflict::ConflictDialog, would_break::WouldBreak};
use crate::{
    activity::words::TOKEN_DELETED,
    api::{Api, Catalogue, Failure, sentences, tokens::Versioned},
    browser::focus,
    live::{Live, News},
    routes::{self, HOME, Navigator},
    session::Session,
    texts::t,
    tokens::{
        create::{extension_cards::picture, step::Step},
        draft::{Clock, Draft},
        general_fields::{Fields, GeneralFields},
        permissions_editor::PermissionsEditor,
    },
    ui::{Button, EmptyState, Heading, Icon, LeaveGuard, Load, LoadError, Loaded, Note, Toasts, Variant, dynamic},
};

/// Changes a token's properties and permissions; its extension is fixed.
#[component]
pub fn EditToken(
    /// The id as it stands in the address.
    id: String,
) -> impl IntoView {
    let texts = &t().edit;
    let (api, session) = (expect_context::<Api>(), expect_context::<Session>());
    let catalogue = expect_context::<Load<Catalogue>>();
    let details = routes::token(&id, "general");
    let load = Load::new(move || id.clone(), move |id| async move { api.token(&id).await });
    let both = Memo::new(move |_| match (load.state.get(), catalogue.state.get()) {
        (Loaded::Failed(failure), _) | (_, Loaded::Failed(failure)) => Loaded::Failed(failure),
        (Loaded::Ready(token), Loaded::Ready(catalogue)) => Loaded::Ready((token, catalogue)),
        _ => Loaded::Waiting,
    });
    let name = Memo::new(move |_| both.with(|both| both.ready().map(|(version, _)| version.token.name.clone())));
    let retry = move |()| {
        load.again();
        catalogue.again();
    };
    // A memo: signing in again must not build the form anew and lose what is typed.
    let manages = Memo::new(move |_| session.manages_tokens());
    let closed = move |title: &'static str, text: &'static str| {
        view! {
            <EmptyState icon=icondata_lu::LuSearchX title=title text=text><a class="button" href=HOME>{t().frame.go_to_tokens}</a></EmptyState>
        }
        .into_any()
    };
    view! {
        <nav class="breadcrumb" aria-label=t().details.breadcrumb>
            <a href=HOME>{t().frame.tokens}</a> <Icon icon=icondata_lu::LuChevronRight />
            <a class="breakable" href=details>{dynamic(move || name.get().unwrap_or_else(|| texts.details.to_owned()))}</a>
        </nav>
        <div class="wizard">
            <Heading title=Signal::derive(move || {
                name.get().map_or_else(|| texts.edit_token.to_owned(), |name| texts.edit_name.with([&name]))
            }) />
            {dynamic(move || match both.get() {
                Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
                Loaded::Failed(Failure::NotFound) => {
                    closed(t().details.no_such_token, t().common.failure_not_found)
                }
                Loaded::Failed(failure) => {
                    view! { <LoadError what=t().details.not_loaded failure=failure on_retry=retry /> }.into_any()
                }
                Loaded::Ready((version, _)) if version.token.status == TokenStatus::Deleted => {
                    closed(texts.is_deleted, texts.is_deleted_text)
                }
                Loaded::Ready(_) if !manages.get() => {
                    closed(texts.may_not_edit, t().settings.viewers_read)
                }
                Loaded::Ready((version, catalogue)) => view! { <Form version=version catalogue=catalogue /> }.into_any(),
            })}
        </div>
    }
    .into_any()
}

#[component]
fn Form(version: Versioned, catalogue: Catalogue) -> impl IntoView {
    let (texts, settings) = (&t().edit, &t().settings);
    let (api, navigator, guard) =
        (expect_context::<Api>(), expect_context::<Navigator>(), expect_context::<LeaveGuard>());
    let toasts = expect_context::<Toasts>();
    let id = version.token.id.clone();
    let address = routes::token(id.as_str(), "general");
    let extension = catalogue.extension(&version.token.extension.id).cloned();
    let title = catalogue.extension_title(&version.token);
    let fixed = extension.as_ref().is_some_and(|it| it.permissions.fixed().is_some());
    let granted = granted_names(&version.token, &catalogue);
    let modules_to_choose = modules_to_choose(&version.token, &catalogue);
    let catalogue = StoredValue::new(catalogue);

    let original = RwSignal::new(Draft::of(&version.token, Clock::browser()));
    let etag = StoredValue::new(version.etag);
    let fields = Fields::of(original.get_untracked());
    let modules = RwSignal::new(original.with_untracked(|it| it.modules.clone()));
    let theirs = RwSignal::new(None::<Versioned>);
    let meanwhile = changed_by_others(id.to_string());
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let draft = move || Draft { modules: modules.get(), ..fields.draft() };
    guard.watch(move || draft() != original.get());

    let save = {
        let (id, address) = (id.clone(), address.clone());
        move || {
            if busy.get_untracked() {
                return;
            }
            let body = match untrack(draft).to_update(!fixed, Clock::browser()) {
                Ok(body) => body,
                Err(problems) => {
                    fields.problems.set(problems);
                    request_animation_frame(|| focus::first(".wizard [aria-invalid=true]"));
                    return;
                }
            };
            busy.set(true);
            problem.set(None);
            fields.problems.set(Problems::default());
            let (id, address, sent) = (id.clone(), address.clone(), untrack(draft));
            spawn_local(async move {
                let outcome = api.update_token(&id, &etag.get_value(), &body).await;
                // The user has left the form: nothing may take them away from where they are.
                let is_left = busy.try_get_untracked().is_none();
                match outcome {
                    Ok(saved) => {
                        toasts.say(texts.saved.with([&saved.token.name]));
                        if is_left {
                            return;
                        }
                        if untrack(draft) != sent {
                            // Typed on meanwhile: the form stays, on top of what is saved.
                            original.set(sent);
                            etag.set_value(saved.etag);
                        } else {
                            guard.release();
                            navigator.to(&address);
                        }
                    }
                    Err(_) if is_left => {}
                    Err(Failure::Changed) => match api.token(id.as_str()).await {
                        // An answer that got lost was a success, when the token is as it was sent.
                        Ok(version) if Draft::of(&version.token, Clock::browser()).says_the_same(&sent) => {
                            toasts.say(texts.saved.with([&version.token.name]));
                            guard.release();
                            navigator.to(&address);
                        }
                        Ok(version) => theirs.set(Some(version)),
                        Err(failure) => problem.set(Some(texts.not_saved.with([&failure.message()]))),
                    },
                    Err(Failure::Invalid(problems, other)) => {
                        let (placed, unplaced): (Vec<_>, Vec<_>) =
                            problems.0.into_iter().partition(|it| Step::of_field(&it.field) == Some(Step::General));
                        let rest: Vec<Problem> = unplaced.into_iter().chain(other).collect();
                        fields.problems.set(Problems(placed));
                        problem.set((!rest.is_empty()).then(|| sentences(&rest)));
                        request_animation_frame(|| focus::first(".wizard [aria-invalid=true]"));
                    }
                    Err(Failure::Offline) => {
                        problem.set(Some(texts.saved_is_unknown.to_owned()));
                    }
                    Err(failure) => problem.set(Some(texts.not_saved.with([&failure.message()]))),
                }
                busy.try_set(false);
            });
        }
    };
    let save = StoredValue::new_local(save);
    let on_keep = Callback::new(move |version: Versioned| {
        let theirs = Draft::of(&version.token, Clock::browser());
        meanwhile.set(None);
        let mine = merged(&original.get_untracked(), &untrack(draft), &theirs);
        modules.set(mine.modules.clone());
        fields.fill(mine);
        original.set(theirs);
        etag.set_value(version.etag);
        save.with_value(|save| save());
    });
    let on_take = Callback::new(move |version: Versioned| {
        let draft = Draft::of(&version.token, Clock::browser());
        meanwhile.set(None);
        etag.set_value(version.etag);
        modules.set(draft.modules.clone());
        fields.fill(draft.clone());
        original.set(draft);
    });
    view! {
        <div role="status" class="meanwhile">
            {dynamic(move || meanwhile.get().map(|(sentence, is_deleted)| view! {
                <div class="note note--warning">
                    <Icon icon=icondata_lu::LuInfo />
                    <p class="breakable">{sentence} ". " {if is_deleted { texts.is_deleted_text } else { texts.changed_meanwhile }}</p>
                </div>
            }))}
        </div>
        <form class="wizard__form" novalidate on:submit=move |event| { event.prevent_default(); save.with_value(|save| save()) }>
            <h2 class="section-title">{settings.general}</h2>
            <GeneralFields fields=fields />
            <h2 class="section-title">{settings.extension}</h2>
            <p class="fixed">
                <Icon icon=picture(extension.as_ref().map_or("", |it| it.icon.as_str())) />
                <span class="strong">{title}</span>
                <span class="muted">{texts.extension_stays}</span>
            </p>
            <h2 class="section-title">{settings.permissions}</h2>
            {if fixed {
                view! {
                    <p class="muted">{texts.modules_are_fixed}</p>
                    <ul class="plain-list">{granted.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul>
                }
                .into_any()
            } else {
                view! { <PermissionsEditor modules=modules_to_choose chosen=modules own=Some(id.clone()) /> }.into_any()
            }}
            <WouldBreak id=id draft=Signal::derive(draft) catalogue=catalogue />
            <Note problem=problem />
            <div class="wizard__actions">
                <span class="spacer"></span>
                <a class="button" href=address>{t().common.cancel}</a>
                <Button variant=Variant::Primary submit=true busy=busy>{texts.save}</Button>
            </div>
        </form>
        <ConflictDialog theirs=theirs base=original mine=Signal::derive(draft) catalogue=catalogue on_keep=on_keep on_take=on_take />
    }
    .into_any()
}

/// What others have done to the token since the form was filled, as a sentence; and whether they have deleted it.
fn changed_by_others(id: String) -> RwSignal<Option<(String, bool)>> {
    let live = expect_context::<Live>();
    let sentence = RwSignal::new(None);
    live.on_news(move |news| {
        let events: Vec<_> = news.events.into_iter().filter(|event| event.object.id == id).collect();
        let is_deleted = events.iter().any(|event| event.action == TOKEN_DELETED);
        if let Some(news) = live.sentence(&News { events, is_partial: false }) {
            sentence.set(Some((news, is_deleted)));
        }
    });
    sentence
}

/// The catalogue's modules, and those that the token holds although they have left it: they can be taken away.
fn modules_to_choose(token: &Token, catalogue: &Catalogue) -> Vec<Module> {
    let gone = token.permissions.iter().filter_map(|it| it.object.id.parse::<ModuleId>().ok());
    let gone = gone.filter(|id| !id.is_all() && !catalogue.modules.iter().any(|module| module.id == *id));
    let named = |id: ModuleId| Module {
        name: id.to_string(),
        id,
        description: t().edit.module_is_gone.to_owned(),
        paths: Vec::new(),
        api: None,
        in_all: true,
    };
    catalogue.modules.iter().cloned().chain(gone.map(named)).collect()
}

fn granted_names(token: &Token, catalogue: &Catalogue) -> Vec<String> {
    token.permissions.iter().filter_map(|it| it.object.id.parse().ok()).map(|id| catalogue.module_name(&id)).collect()
}
