//! The status of a token, and the words for what a token is used by.

use latchkey_shared::{Credential, TokenStatus};
use leptos::prelude::*;

use super::dynamic;
use crate::texts::t;

/// The word for a status.
#[must_use]
pub fn status_name(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Active => t().common.status_active,
        TokenStatus::Inactive => t().common.status_inactive,
        TokenStatus::Expiring => t().common.status_expiring,
        TokenStatus::Expired => t().common.status_expired,
        TokenStatus::Revitalised => t().common.status_revitalised,
        TokenStatus::Deleted => t().common.status_deleted,
    }
}

/// The word for a credential.
#[must_use]
pub fn credential_name(credential: Credential) -> &'static str {
    match credential {
        Credential::ApiKey => t().common.credential_api_key,
        Credential::Handle => t().common.credential_handle,
    }
}

/// A dot and a word: the colour never speaks alone.
#[must_use]
pub fn status_chip(status: TokenStatus) -> AnyView {
    view! {
        <span class="chip" data-status=status.as_str()>
            <span class="chip__dot" aria-hidden="true"></span>
            {status_name(status)}
        </span>
    }
    .into_any()
}

/// The same for a status that changes.
#[component]
pub fn StatusChip(
    /// What it says.
    #[prop(into)]
    status: Signal<TokenStatus>,
) -> impl IntoView {
    dynamic(move || status_chip(status.get()))
}
