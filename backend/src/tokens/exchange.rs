//! `POST /auth/tokens` with `{"handle": …}`: an extension trades the handle that a person pasted into it for the
//! key of the token (the Connect API). The caller shows a key of its own, of any account and with
//! any modules: who holds the handle was given it by the token's owner.

use axum::http::StatusCode;
use latchkey_shared::{ExchangedToken, Secret, key::SECRET_LENGTH};
use serde_json::json;

use super::{WithEtag, reveal, secret, status};
use crate::{
    auth,
    events::{self, Action},
    http::{Caller, Error, Identity, is_list},
    state::AppState,
    store::TokenRow,
};

/// A handle to trade.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub struct HandleBody {
    #[schema(value_type = Secret)]
    handle: String,
}

/// The handle in a body, if it has one. Clients send what was pasted, which may be
/// `handle@https://host/public/v1`.
pub(super) fn handle_in(bytes: &[u8]) -> Option<String> {
    // serde would take the first member of a list for the handle.
    if is_list(bytes) {
        return None;
    }
    let exchange: HandleBody = serde_json::from_slice(bytes).ok()?;
    Some(exchange.handle.split('@').next().unwrap_or_default().trim().to_owned())
}

/// Answers with the key. The event, in the trail of the token's owner, is committed before the secret leaves.
pub(super) async fn exchange(app: &AppState, caller: &Caller, handle: &str) -> Result<WithEtag<ExchangedToken>, Error> {
    if !matches!(caller.identity, Identity::Token { .. }) {
        return Err(Error::Forbidden("A handle is traded by a program with its own key, not by a person.".into()));
    }
    app.throttle.exchange(&caller.actor.id)?;
    let unknown = || Error::field("handle", "is not the handle of a token that can be used");
    if handle.len() != SECRET_LENGTH {
        return Err(unknown());
    }
    let digest = secret::handle_digest(&app.keys.pepper, &Secret::from_trusted(handle.to_owned()));
    let (tx, mut caller) = auth::begin(app, caller).await?;
    let row = tx.token_by_handle(&digest).await?.ok_or_else(unknown)?;
    let now = app.clock.now();
    if !shows_a_handle(app, &row) || !status(&row.token, now).is_usable() {
        return Err(unknown());
    }
    let owner = tx.account(&row.token.account_id).await?.ok_or_else(unknown)?;
    let secrets = reveal::open(app, &row)?;
    let partner = std::mem::replace(&mut caller.account, owner);
    let object = (row.token.id.as_str(), row.token.name.as_str());
    let details = json!({ "account": partner.id });
    events::record(&tx, &caller, now, Action::HandleExchanged, object, details).await?;
    tx.commit().await?;
    WithEtag::of(app, &caller, &row, StatusCode::OK, |info| ExchangedToken { info, token: secrets.token })
}

/// Whether people use this token by its handle.
pub(super) fn shows_a_handle(app: &AppState, row: &TokenRow) -> bool {
    let catalogue = app.catalogue();
    let extension = catalogue.extension_by_id(&row.token.extension_id);
    extension.is_some_and(|extension| extension.credential == latchkey_shared::Credential::Handle)
}
