//! The tab *General*: the key or handle, and everything that is known about the token.

use latchkey_shared::{Credential, Occurrence, Timestamp, Token, TokenStatus};
use leptos::prelude::*;

use super::{credential::CredentialField, handed_over::handed_over, samples::Samples};
use crate::{
    api::Catalogue,
    session::Session,
    texts::t,
    tokens::actions::{Actions, Kind, Target, last_use::last_use},
    ui::{Button, CopyButton, Time, dynamic},
};

/// Key, facts and code samples. The token's key lives in a part of its own, so that a change of the facts does
/// not hide what is shown.
#[component]
pub fn Facts(
    /// The token as it is now.
    token: Memo<Token>,
    /// For the extension's words.
    catalogue: Catalogue,
    /// What can be done with it. A replaced key hides what is shown of the one before.
    actions: Actions,
) -> impl IntoView {
    let (texts, settings) = (&t().details, &t().settings);
    let catalogue = StoredValue::new(catalogue);
    let session = expect_context::<Session>();
    let manages = Memo::new(move |_| session.manages_tokens());
    let extension = move || token.with(|it| catalogue.with_value(|all| all.extension(&it.extension.id).cloned()));
    let credential = Memo::new(move |_| {
        let kind = extension().map_or(Credential::ApiKey, |extension| extension.credential);
        token.with(|it| (it.status != TokenStatus::Deleted).then(|| (it.id.clone(), kind, actions.rotated.get())))
    });
    view! {
        {dynamic(move || credential.get().map(|(id, kind, _)| view! { <CredentialField id=id kind=kind /> }))}
        <dl class="facts">
            {dynamic(move || {
                let (token, extension) = (token.get(), extension());
                view! {
                    <dt>{settings.id}</dt>
                    <dd><span class="mono" id="fact-id">{token.id.to_string()}</span>
                        <CopyButton text=token.id.to_string() what=settings.id shown_in="fact-id" /></dd>
                    <dt>{settings.external_id}</dt>
                    <dd>{token.external_id.clone().map_or_else(none, |text| view! {
                        <span class="breakable" id="fact-external-id">{text.clone()}</span>
                        <CopyButton text=text what=texts.external_id_to_copy shown_in="fact-external-id" />
                    }.into_any())}</dd>
                    <dt>{settings.description}</dt>
                    <dd>{token.description.clone().map_or_else(none, |text| view! {
                        <span class="breakable pre">{text}</span>
                    }.into_any())}</dd>
                    <dt>{settings.extension}</dt>
                    <dd>{catalogue.with_value(|it| it.extension_title(&token))}
                        {extension.map(|it| view! { <span class="muted facts__more">{it.description}</span> })}</dd>
                    <dt>{texts.owner}</dt>
                    <dd>{token.owner.name.clone()} " " <span class="mono muted">{token.owner.id.clone()}</span></dd>
                    <dt>{settings.expiration}</dt>
                    <dd>{token.expiration_date.map_or_else(none, |at| view! { <Time at=at with_time=true focusable=true /> }.into_any())}</dd>
                    {old_key(&token, actions, manages.get())}
                    {rules(token.not_before, &token.allowed_addresses, token.calls_per_minute)}
                    <dt>{texts.last_used}</dt>
                    <dd>{token.last_used.as_ref().map_or_else(never, last_use)}</dd>
                    <dt>{texts.created}</dt><dd>{occurrence(&token.events.created)}</dd>
                    <dt>{texts.updated}</dt><dd>{occurrence(&token.events.updated)}</dd>
                }
            })}
            {dynamic(move || credential.with(Option::is_some).then(|| handed_over(token, actions)))}
        </dl>
        {dynamic(move || credential.get().filter(|(_, kind, _)| *kind == Credential::ApiKey).map(|(id, ..)| view! { <Samples id=id.to_string() /> }))}
    }
    .into_any()
}

fn none() -> AnyView {
    view! { <span class="muted">{t().common.none}</span> }.into_any()
}

fn never() -> AnyView {
    view! { <span class="muted">{t().details.never}</span> }.into_any()
}

/// When the key before the present one stops, and its use, while it works.
fn old_key(token: &Token, actions: Actions, can_act: bool) -> AnyView {
    let texts = &t().details;
    let stop = match token.previous_expiration_date {
        Some(at) => view! { {texts.works_until} <Time at=at with_time=true focusable=true /> }.into_any(),
        None if token.status == TokenStatus::Revitalised => texts.works_until_rotated.into_any(),
        None => return ().into_any(),
    };
    let used = match &token.previous_last_used {
        Some(last) => view! { {texts.old_key_used} {last_use(last)} }.into_any(),
        None => texts.not_used_since.into_any(),
    };
    let ask = {
        let token = token.clone();
        move |overlap: u32| {
            actions.ask(Kind::Overlap, Target::Tokens(vec![token.clone()]));
            actions.overlap.set(overlap);
        }
    };
    let (end, extend) = (ask.clone(), ask);
    view! {
        <dt>{texts.old_key}</dt>
        <dd>{stop} <span class="muted facts__more">{used}</span>
            {can_act.then(|| view! {
                <span class="facts__actions">
                    <Button on_press=move |()| end(0)>{t().actions.end_old_key_ask}</Button>
                    <Button on_press=move |()| extend(86_400)>{t().actions.extend_old_key_ask}</Button>
                </span>
            })}</dd>
    }
    .into_any()
}

/// The rules on its use, when it has any.
#[must_use]
pub fn rules(not_before: Option<Timestamp>, addresses: &[String], calls_per_minute: Option<u32>) -> AnyView {
    let texts = &t().settings;
    let begins =
        not_before.map(|at| view! { <dt>{texts.not_before}</dt><dd><Time at=at with_time=true focusable=true /></dd> });
    let addresses = (!addresses.is_empty()).then(|| {
        view! { <dt>{texts.allowed_addresses}</dt><dd class="mono breakable">{addresses.join(", ")}</dd> }
    });
    let calls = calls_per_minute.map(|calls| view! { <dt>{texts.calls_per_minute}</dt><dd>{calls}</dd> });
    view! { {begins} {addresses} {calls} }.into_any()
}

fn occurrence(it: &Occurrence) -> impl IntoView + use<> {
    view! { <Time at=it.at with_time=true focusable=true /> {t().details.by} <span class="breakable">{it.by.name.clone()}</span> }
}
