//! The questions before something is done to tokens, its progress, and what became of it.

use latchkey_shared::BulkBody;
use leptos::{prelude::*, task::spawn_local};

use super::{
    Actions, Kind,
    expiration::ExpirationChoice,
    hand_over,
    last_use::LastUse,
    old_key, rotate,
    run::{Pending, Target},
};
use crate::{
    api::{Api, BulkResult, Stream, sentences},
    browser::{dates, focus, text},
    texts::t,
    ui::{Button, CopyButton, Dialog, Note, TextField, Variant, dynamic},
};

/// What could not be done without a dialog, as *Enable*. It stays in view however far the page is scrolled.
#[component]
pub fn ActionProblem(
    /// The actions.
    actions: Actions,
) -> impl IntoView {
    let alone = Signal::derive(move || actions.problem.get().filter(|_| actions.pending.with(Option::is_none)));
    view! { <div class="floating"><Note problem=alone on_dismiss=move |()| actions.problem.set(None) /></div> }
        .into_any()
}

/// The dialogs of a screen's [`Actions`].
#[component]
pub fn ActionDialogs(
    /// The actions.
    actions: Actions,
) -> impl IntoView {
    let pending = actions.pending;
    let open = Signal::derive(move || pending.with(Option::is_some));
    let title = Signal::derive(move || {
        pending.with(|pending| {
            let Some(Pending { kind, target }) = pending else { return String::new() };
            let texts = &t().actions;
            let title = match kind {
                Kind::Enable => &texts.enable_title,
                Kind::Disable => &texts.disable_title,
                Kind::Delete => &texts.delete_title,
                Kind::SetExpiration => &texts.set_expiration_title,
                Kind::Rotate => &texts.rotate_title,
                Kind::Rotated => &texts.rotated_title,
                Kind::Overlap => &texts.overlap_title,
                Kind::HandOver => &t().hand_over.title,
                Kind::Withdraw => &t().hand_over.withdraw_title,
            };
            title.with([&target.name()])
        })
    });
    // Esc would hide what goes on.
    let idle = Signal::derive(move || actions.stream.with(Option::is_none));
    view! {
        <Dialog open=open on_close=move |()| actions.forget() title=title dismissable=idle>
            {dynamic(move || {
                let Some(Pending { kind, target }) = pending.get() else { return ().into_any() };
                if let Some(result) = actions.result.get() {
                    return outcome(actions, kind, result);
                }
                match kind {
                    Kind::Rotate => target.tokens().first().map(|token| rotate::question(actions, token.clone())).into_any(),
                    Kind::Overlap => target.tokens().first().map(|token| old_key::question(actions, token.clone())).into_any(),
                    Kind::Rotated => target.tokens().first().map(|token| rotate::outcome(actions, token)).into_any(),
                    Kind::HandOver => target.tokens().first().map(|token| hand_over::question(actions, token.clone())).into_any(),
                    Kind::Withdraw => {
                        target.tokens().first().map(|token| hand_over::withdraw_question(actions, token.clone())).into_any()
                    }
                    Kind::Delete => view! { <Delete actions=actions target=target /> }.into_any(),
                    _ => view! { <Change actions=actions kind=kind target=target /> }.into_any(),
                }
            })}
        </Dialog>
    }
    .into_any()
}

/// Asks before tokens are enabled, disabled or get another end.
#[component]
fn Change(actions: Actions, kind: Kind, target: Target) -> impl IntoView {
    let texts = &t().actions;
    let one = target.count() == 1;
    let text = match kind {
        Kind::Enable if one => texts.enable_text_one,
        Kind::Enable => texts.enable_text_other,
        Kind::Disable if one => texts.disable_text_one,
        Kind::Disable => texts.disable_text_other,
        _ => texts.set_expiration_text,
    };
    let (verb, variant) = match kind {
        Kind::Enable => (texts.enable, Variant::Primary),
        Kind::Disable => (texts.disable, Variant::Danger),
        _ => (texts.set_expiration, Variant::Primary),
    };
    let stops = kind == Kind::Disable;
    let unchosen = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if kind == Kind::SetExpiration && actions.end.with_untracked(Option::is_none) {
            unchosen.set(Some(texts.expiration_missing.to_owned()));
            focus::first("dialog[open] select, dialog[open] input");
            return;
        }
        actions.confirm();
    };
    view! {
        <form class="stack" on:submit=submit novalidate>
            <p>{text}</p>
            {stops.then(|| last_use(&target))}
            {(kind == Kind::SetExpiration).then(|| view! { <ExpirationChoice end=actions.end problem=unchosen /> })}
            {preview(kind, &target)}
            {names(&target)}
            <Note problem=actions.problem />
            <Buttons actions=actions words=verb variant=variant total=target.count() />
        </form>
    }
    .into_any()
}

/// Asks for the name of the token, or for the word *delete* when there are several.
#[component]
fn Delete(actions: Actions, target: Target) -> impl IntoView {
    let texts = &t().actions;
    let typed = RwSignal::new(String::new());
    let mismatch = RwSignal::new(None::<String>);
    let (words, wanted) = match target.tokens() {
        [token] if target.count() == 1 => (texts.delete_text_one, token.name.clone()),
        _ => (texts.delete_text_other, texts.delete_word.to_owned()),
    };
    let expected = StoredValue::new(text::fold(&wanted));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if expected.with_value(|expected| typed.with_untracked(|typed| text::fold(typed) == *expected)) {
            mismatch.set(None);
            actions.confirm();
        } else {
            mismatch.set(Some(texts.confirmation_differs.to_owned()));
            focus::by_id("field-confirm-delete");
        }
    };
    view! {
        <form class="stack" on:submit=submit novalidate>
            <p>{words}</p>
            {last_use(&target)}
            {preview(Kind::Delete, &target)}
            {names(&target)}
            <p>{texts.to_confirm_type} <code class="breakable" id="confirm-text">{wanted.clone()}</code>
                <CopyButton text=wanted what=texts.the_text shown_in="confirm-text" /></p>
            <TextField label=texts.confirmation name="confirm-delete" text=typed problem=mismatch autofocus=true />
            <Note problem=actions.problem />
            <Buttons actions=actions words=texts.delete variant=Variant::Danger total=target.count() />
        </form>
    }
    .into_any()
}

/// *Cancel*, or *Stop* while it goes on, and the button that does it.
#[component]
fn Buttons(actions: Actions, words: &'static str, variant: Variant, total: usize) -> impl IntoView {
    let running = Memo::new(move |_| actions.stream.with(Option::is_some));
    let progress = move || {
        let stream = actions.stream.get().filter(|_| total > 1)?;
        // The first line is the number of tokens.
        let [done, total] = [stream.lines.get().saturating_sub(1), total].map(dates::number);
        Some(t().actions.progress.with([&done, &total]))
    };
    view! {
        <div class="dialog__actions">
            <span class="dialog__progress" role="status">{dynamic(progress)}</span>
            <Button autofocus=true on_press=move |()| if running.get_untracked() { actions.stop() } else { actions.forget() }>
                {dynamic(move || if running.get() { t().actions.stop } else { t().common.cancel })}
            </Button>
            <Button variant=variant submit=true busy=actions.busy>{words}</Button>
        </div>
    }
    .into_any()
}

/// What was done and what was not, with *Try again* for the rest.
fn outcome(actions: Actions, kind: Kind, result: BulkResult) -> AnyView {
    request_animation_frame(|| focus::by_id("outcome"));
    let texts = &t().actions;
    let done = result.changed.len() + result.unchanged;
    let missing = result.missing();
    let rest = match (result.failed.len(), missing) {
        (failed, 0) => texts.failed.of(failed),
        (0, missing) => texts.not_reached.of(missing),
        (failed, 1) => texts.not_reached_and_failed_one.with([&1, &texts.tokens.of(failed)]),
        (failed, missing) => {
            texts.not_reached_and_failed_other.with([&dates::number(missing), &texts.tokens.of(failed)])
        }
    };
    let line = |line: latchkey_shared::BulkLine| {
        let why = line.told();
        let name = if line.name.is_empty() { line.id } else { line.name };
        view! { <li><strong class="breakable">{name}</strong> " " {sentences(&why)}</li> }
    };
    let failed = result.failed;
    view! {
        <div class="stack">
            <p id="outcome" tabindex="-1">{kind.done(&texts.tokens.of(done))} ". " {rest}</p>
            {(!failed.is_empty()).then(|| view! {
                <ul class="dialog__list">{failed.into_iter().map(line).collect_view()}</ul>
            })}
            <Note problem=actions.problem />
            <div class="dialog__actions">
                <Button on_press=move |()| actions.forget()>{t().common.close}</Button>
                <Button variant=Variant::Primary busy=actions.busy on_press=move |()| actions.try_again()>{t().common.try_again}</Button>
            </div>
        </div>
    }
    .into_any()
}

fn last_use(target: &Target) -> Option<impl IntoView + use<>> {
    let tokens = target.tokens().to_vec();
    (!tokens.is_empty()).then(|| view! { <LastUse tokens=tokens /> })
}

/// The names of several tokens that were chosen row by row.
fn names(target: &Target) -> Option<impl IntoView + use<>> {
    let tokens = target.tokens();
    let names: Vec<String> = tokens.iter().map(|token| token.name.clone()).collect();
    (names.len() > 1).then(|| {
        view! { <ul class="dialog__list">{names.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul> }
    })
}

/// What a change by rule would do, from a dry run.
fn preview(kind: Kind, target: &Target) -> Option<impl IntoView + use<>> {
    let Target::Rule(query, total) = target else { return None };
    let total = *total;
    let texts = &t().actions;
    let api = expect_context::<Api>();
    let found = RwSignal::new(None::<String>);
    let body = BulkBody {
        action: kind.bulk()?,
        ids: None,
        query: Some(query.clone()),
        expected: None,
        expiration_date: None,
        dry_run: true,
    };
    spawn_local(async move {
        // What an expiration would change is known once it is chosen.
        if kind == Kind::SetExpiration {
            found.set(Some(texts.preview_all.of(total)));
            return;
        }
        let text = match api.change_tokens(&body, Stream::new()).await {
            Ok(result) => {
                let mut sentences = vec![texts.preview_all.of(result.total)];
                if result.unchanged > 0 {
                    sentences.push(texts.preview_unchanged.of(result.unchanged));
                }
                if !result.failed.is_empty() {
                    sentences.push(texts.preview_failed.of(result.failed.len()));
                }
                sentences.join(" ")
            }
            Err(failure) => texts.preview_unknown.with([&failure.message()]),
        };
        found.try_set(Some(text));
    });
    Some(view! {
        <p role="status">{dynamic(move || found.get().unwrap_or_else(|| texts.previewing.to_owned()))}</p>
    })
}
