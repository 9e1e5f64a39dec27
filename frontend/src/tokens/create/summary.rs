//! The last step: what was created, its key, and how to use it.

use latchkey_shared::{CreatedToken, Credential, ModuleId};
use leptos::prelude::*;

use crate::{
    api::Catalogue,
    browser::page,
    routes,
    session::next::HOME,
    tokens::details::credential::{MASK, Shown, credential_text},
    ui::{CodeBlock, CopyButton, Icon, Moment, live},
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
    let shown = Shown::new();
    let secret = StoredValue::new(credential_text(kind, &created.info.id, &created.token, &created.handle));
    on_cleanup(move || secret.set_value(String::new()));
    let copied = Signal::derive(move || secret.get_value());
    let visible = Signal::derive(move || if shown.get() { secret.get_value() } else { MASK.to_owned() });
    let curl = move |authorization: &str| {
        format!("curl -H \"Authorization: {authorization}\" {}/public/v1/agreements/", page::origin())
    };
    // A handle is traded for a key by its extension; there is nothing to put into a header.
    let has_key = kind == Credential::ApiKey;
    let id = token.id.clone();
    let masked = format!("ApiKey {id}:{}", "•".repeat(8));
    let curl_shown = Signal::derive(move || if shown.get() { curl(&secret.get_value()) } else { curl(&masked) });
    let curl_copied = Signal::derive(move || curl(&secret.get_value()));
    let modules: Vec<String> = token
        .permissions
        .iter()
        .filter_map(|permission| permission.object.id.parse::<ModuleId>().ok())
        .map(|id| catalogue.module_name(&id))
        .collect();
    let or_none = |text: Option<String>| {
        text.map_or_else(|| view! { <span class="muted">"None"</span> }.into_any(), IntoAny::into_any)
    };
    view! {
        <section class="wizard__form">
            <h2 class="wizard__title" id="step-title" tabindex="-1">"Summary"</h2>
            <div class="note note--success" role="status">
                <Icon icon=icondata_lu::LuCircleCheck />
                <p>"The token " <strong class="breakable">{token.name.clone()}</strong> " is created and works at once."</p>
            </div>
            <div class="wizard__body">
                <div class="secret">
                    <span class="secret__label">{kind.label()}</span>
                    <code class="secret__value" id="created-secret">{visible}</code>
                    <button type="button" class="button" on:click=move |_| shown.toggle()>
                        {live(move || if shown.get() { "Hide" } else { "View" })}
                    </button>
                    <CopyButton text=copied what=kind.label() shown_in="created-secret" with_word=true />
                </div>
                {has_key.then(|| view! {
                    <CodeBlock id="created-curl" what="curl command" shown=curl_shown copied=curl_copied />
                })}
                <dl class="facts">
                    <dt>"ID"</dt><dd class="mono">{token.id.to_string()}</dd>
                    <dt>"Name"</dt><dd class="breakable">{token.name.clone()}</dd>
                    <dt>"External ID"</dt><dd class="breakable">{or_none(token.external_id.clone())}</dd>
                    <dt>"Description"</dt><dd class="breakable">{or_none(token.description.clone())}</dd>
                    <dt>"Expiration"</dt>
                    <dd>{token.expiration_date.map_or_else(
                        || view! { <span class="muted">"None"</span> }.into_any(),
                        |at| view! { <Moment at=at with_time=true /> }.into_any(),
                    )}</dd>
                    <dt>"Extension"</dt><dd>{catalogue.extension_title(&token)}</dd>
                    <dt>"Permissions"</dt>
                    <dd>{or_none((!modules.is_empty()).then(|| modules.join(", ")))}</dd>
                </dl>
            </div>
            <div class="wizard__actions">
                <span class="spacer"></span>
                <a class="button" href=HOME>"Close"</a>
                <a class="button button--primary" href=routes::token(token.id.as_str(), "general")>"Go to Details"</a>
            </div>
        </section>
    }
    .into_any()
}
