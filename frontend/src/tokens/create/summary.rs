//! The last step: what was created, its key, and how to use it.

use latchkey_shared::{CreatedToken, Credential, ModuleId};
use leptos::prelude::*;

use super::first_call::FirstCall;
use crate::{
    api::Catalogue,
    browser::dates,
    routes::{self, HOME},
    tokens::{
        details::{credential::credential_text, facts::rules},
        new_key::NewKey,
    },
    ui::{Icon, Time},
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
    let token = created.info.clone();
    let extension = catalogue.extension(&token.extension.id).cloned();
    let kind = extension.as_ref().map_or(Credential::ApiKey, |it| it.credential);
    let secret = credential_text(kind, &token.id, &created.token, &created.handle);
    let works = if token.not_before.is_some_and(|at| at > dates::now()) {
        " is created. It does not work yet: see below from when."
    } else {
        " is created and works at once."
    };
    let modules: Vec<String> = token
        .permissions
        .iter()
        .filter_map(|permission| permission.object.id.parse::<ModuleId>().ok())
        .map(|id| catalogue.module_name(&id))
        .collect();
    let until = token.expiration_date.map_or_else(
        || "until it is disabled or deleted".to_owned(),
        |at| format!("until {}", dates::day_and_time(at)),
    );
    let from = match token.allowed_addresses.as_slice() {
        [] => "from any address".to_owned(),
        addresses => format!("from {}", addresses.join(", ")),
    };
    let what = if modules.is_empty() { "opens nothing".to_owned() } else { format!("opens {}", modules.join(", ")) };
    let sentence = format!("The key {what}, {until}, {from}.");
    let or_none = |text: Option<String>| {
        text.map_or_else(|| view! { <span class="muted">"None"</span> }.into_any(), IntoAny::into_any)
    };
    view! {
        <section class="wizard__form">
            <h2 class="wizard__title" id="step-title" tabindex="-1">"Summary"</h2>
            <div class="note note--success" role="status">
                <Icon icon=icondata_lu::LuCircleCheck />
                <p>"The token " <strong class="breakable">{token.name.clone()}</strong> {works}</p>
            </div>
            <div class="wizard__body">
                <p>{sentence}</p>
                <NewKey id=token.id.clone() kind=kind secret=secret />
                {(kind == Credential::ApiKey).then(|| view! { <FirstCall id=token.id.clone() /> })}
                <dl class="facts">
                    <dt>"ID"</dt><dd class="mono">{token.id.to_string()}</dd>
                    <dt>"Name"</dt><dd class="breakable">{token.name.clone()}</dd>
                    <dt>"External ID"</dt><dd class="breakable">{or_none(token.external_id.clone())}</dd>
                    <dt>"Description"</dt><dd class="breakable">{or_none(token.description.clone())}</dd>
                    <dt>"Expiration"</dt>
                    <dd>{token.expiration_date.map_or_else(
                        || view! { <span class="muted">"None"</span> }.into_any(),
                        |at| view! { <Time at=at with_time=true /> }.into_any(),
                    )}</dd>
                    {rules(&token)}
                    <dt>"Extension"</dt><dd>{catalogue.extension_title(&token)}</dd>
                    <dt>"Permissions"</dt>
                    <dd>{or_none((!modules.is_empty()).then(|| modules.join(", ")))}</dd>
                </dl>
            </div>
            <div class="wizard__actions">
                <span class="spacer"></span>
                <a class="button" href=HOME>"Close"</a>
                <a class="button" href=routes::token(token.id.as_str(), "general")>"Go to Details"</a>
            </div>
        </section>
    }
    .into_any()
}
