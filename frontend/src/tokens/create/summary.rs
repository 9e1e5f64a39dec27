//! The last step: what was created, its key, and how to use it.

use latchkey_shared::{CreatedToken, Credential, ModuleId};
use leptos::prelude::*;

use super::first_call::FirstCall;
use crate::{
    api::Catalogue,
    browser::dates,
    routes::{self, HOME},
    texts::t,
    tokens::{
        actions::{ActionDialogs, Actions, Kind, Target},
        details::samples::sample_of,
        details::{credential::credential_text, facts::rules},
        new_key::NewKey,
    },
    ui::{Button, Icon, Time},
};

/// The whole configuration, the key or handle (masked until *View* is pressed), and a ready `curl` line. The
/// secret lives as long as this step is shown.
#[component]
pub fn Summary(
    /// What the server answered.
    created: CreatedToken,
    /// For the names of extension and modules.
    catalogue: Catalogue,
) -> impl IntoView {
    let (texts, settings) = (&t().create, &t().settings);
    let token = created.info.clone();
    let (actions, handed) = (Actions::new(Callback::new(|_| ())), token.clone());
    let extension = catalogue.extension(&token.extension.id).cloned();
    let kind = extension.as_ref().map_or(Credential::ApiKey, |it| it.credential);
    let secret = credential_text(kind, &token.id, &created.token, &created.handle);
    let is_for_later = token.not_before.is_some_and(|at| at > dates::now());
    let is_created = if is_for_later { texts.is_created_for_later } else { texts.is_created };
    let modules: Vec<String> = token
        .permissions
        .iter()
        .filter_map(|permission| permission.object.id.parse::<ModuleId>().ok())
        .map(|id| catalogue.module_name(&id))
        .collect();
    let opens = match modules.as_slice() {
        [] => texts.key_opens_nothing.to_owned(),
        modules => texts.key_opens.with([&modules.join(", ")]),
    };
    let until = token
        .expiration_date
        .map_or_else(|| texts.key_until_stopped.to_owned(), |at| texts.key_until.with([&dates::day_and_time(at)]));
    let from = match token.allowed_addresses.as_slice() {
        [] => texts.key_from_anywhere.to_owned(),
        addresses => texts.key_from.with([&addresses.join(", ")]),
    };
    let none = || view! { <span class="muted">{t().common.none}</span> }.into_any();
    let or_none = |text: Option<String>| text.map_or_else(none, IntoAny::into_any);
    view! {
        <section class="wizard__form">
            <h2 class="wizard__title" id="step-title" tabindex="-1">{texts.summary}</h2>
            <div class="note note--success" role="status">
                <Icon icon=icondata_lu::LuCircleCheck />
                <p>{texts.is_created_before} <strong class="breakable">{token.name.clone()}</strong> {is_created}</p>
            </div>
            <div class="wizard__body">
                <p>{texts.key.with([&opens, &until, &from])}</p>
                <NewKey id=token.id.clone() kind=kind secret=secret sample=sample_of(token.id.to_string()) />
                {(kind == Credential::ApiKey).then(|| view! { <FirstCall id=token.id.clone() /> })}
                <dl class="facts">
                    <dt>{settings.id}</dt><dd class="mono">{token.id.to_string()}</dd>
                    <dt>{settings.name}</dt><dd class="breakable">{token.name.clone()}</dd>
                    <dt>{settings.external_id}</dt><dd class="breakable">{or_none(token.external_id.clone())}</dd>
                    <dt>{settings.description}</dt><dd class="breakable">{or_none(token.description.clone())}</dd>
                    <dt>{settings.expiration}</dt>
                    <dd>{token.expiration_date.map_or_else(none, |at| view! { <Time at=at with_time=true /> }.into_any())}</dd>
                    {rules(token.not_before, &token.allowed_addresses, token.calls_per_minute)}
                    <dt>{settings.extension}</dt><dd>{catalogue.extension_title(&token)}</dd>
                    <dt>{settings.permissions}</dt>
                    <dd>{or_none((!modules.is_empty()).then(|| modules.join(", ")))}</dd>
                </dl>
            </div>
            <div class="wizard__actions">
                <span class="spacer"></span>
                <Button on_press=move |()| actions.ask(Kind::HandOver, Target::Tokens(vec![handed.clone()]))>{t().hand_over.ask}</Button>
                <a class="button" href=HOME>{t().common.close}</a>
                <a class="button" href=routes::token(token.id.as_str(), "general")>{texts.go_to_details}</a>
            </div>
            <ActionDialogs actions=actions />
        </section>
    }
    .into_any()
}
