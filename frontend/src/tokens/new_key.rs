//! A key that was just made: shown masked, copied, and ready to use.

use latchkey_shared::{Credential, SampleCall, TokenId};
use leptos::prelude::*;

use crate::{
    browser::page,
    texts::t,
    tokens::details::credential::{MASK, Shown, key_text},
    ui::{CodeBlock, CopyButton, credential_name, dynamic},
};

/// The key or handle, masked until *View* is pressed, with a ready `curl` line. The secret lives as long as this
/// is shown.
#[component]
pub fn NewKey(
    /// The token.
    id: TokenId,
    /// What `secret` is.
    kind: Credential,
    /// The whole value of the header, or the handle.
    secret: String,
    /// A call that the key opens, once it is known.
    #[prop(into)]
    sample: Signal<Option<SampleCall>>,
) -> impl IntoView {
    let texts = &t().settings;
    let shown = Shown::new();
    let secret = StoredValue::new(secret);
    on_cleanup(move || secret.set_value(String::new()));
    let copied = Signal::derive(move || secret.get_value());
    let visible = move || if shown.get() { secret.with_value(|secret| key_text(secret)) } else { MASK.into_any() };
    let curl = move |key: &str| {
        let pair = key.strip_prefix("ApiKey ").unwrap_or(key);
        sample.with(|call| call.as_ref().map(|call| call.curl(&page::origin(), key, pair)).unwrap_or_default())
    };
    // A handle is traded for a key by its extension; there is nothing to put into a header.
    let has_key = kind == Credential::ApiKey;
    let masked = format!("ApiKey {id}:{}", "•".repeat(8));
    let curl_shown = Signal::derive(move || if shown.get() { curl(&secret.get_value()) } else { curl(&masked) });
    let curl_copied = Signal::derive(move || curl(&secret.get_value()));
    view! {
        <div class="secret">
            <span class="secret__label">{credential_name(kind)}</span>
            <code class="secret__value" id="created-secret">{dynamic(visible)}</code>
            <button type="button" class="button" on:click=move |_| shown.toggle()>
                {dynamic(move || if shown.get() { texts.hide } else { texts.view })}
            </button>
            <CopyButton text=copied what=credential_name(kind) shown_in="created-secret" with_word=true primary=true
                unmask=move |()| shown.show() />
        </div>
        {dynamic(move || (has_key && sample.with(Option::is_some)).then(|| view! {
            <CodeBlock id="created-curl" what=texts.curl_command shown=curl_shown copied=curl_copied unmask=move |()| shown.show() />
        }))}
    }
    .into_any()
}
