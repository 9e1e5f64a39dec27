//! `PUT /auth/tokens/{id}`: everything that a person enters for a token but its extension, in one transaction.
//! `If-Match` protects against overwriting what somebody else has just changed.

use axum::{extract::State, http::HeaderMap};
use latchkey_shared::{Timestamp, Token, TokenUpdate, TokenUpdateBody};
use serde_json::{Map, Value, json};

use super::{WithEtag, rules};
use crate::{
    auth,
    events::{self, Action},
    http::{Body, Caller, Error, Id},
    state::AppState,
    store::{TokenRow, Tx},
};

/// Changes the token.
#[utoipa::path(put, path = "/auth/tokens/{id}", operation_id = "update_token", tag = "Tokens", 
    request_body(content = TokenUpdateBody, example = json!({"name": "Billing export", "description": null})),
    responses((status = 200, description = "The token as it is now", body = Token)))]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    Body(body): Body<TokenUpdateBody>,
) -> Result<WithEtag<Token>, Error> {
    let update = TokenUpdate::try_from(body)?;
    let (tx, caller, mut row) = rules::for_change(&app, &caller, &id, &headers).await?;
    if change(&app, &tx, &caller, &mut row, update).await? {
        tx.commit().await?;
    }
    WithEtag::ok(&app, &caller, &row)
}

/// Changes a token within a transaction. Returns whether there was anything to change.
///
/// # Errors
/// As the rules of the fields say; then the transaction must not be committed.
pub(super) async fn change(
    app: &AppState,
    tx: &Tx,
    caller: &Caller,
    row: &mut TokenRow,
    update: TokenUpdate,
) -> Result<bool, Error> {
    let before = row.clone();
    apply(app, caller, row, update)?;
    rules::check_scope(app, caller, row)?;
    let changes = changes(&before, row);
    if changes.is_empty() {
        return Ok(false);
    }
    if widens(&before, row)? {
        auth::check_recent_sign_in(app, caller)?;
    }
    rules::save(app, tx, caller, row).await?;
    let action = if changes.keys().eq(["permissions"]) { Action::PermissionsChanged } else { Action::TokenUpdated };
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(tx, caller, app.clock.now(), action, object, changes.into()).await?;
    Ok(true)
}

fn apply(app: &AppState, caller: &Caller, row: &mut TokenRow, update: TokenUpdate) -> Result<(), Error> {
    let token = &mut row.token;
    let catalogue = app.catalogue();
    let extension = catalogue.extension_by_id(&token.extension_id);
    if update.extension.is_some_and(|named| catalogue.extension(&named) != extension) {
        return Err(Error::field("extension", "cannot be changed: create another token"));
    }
    if let Some(name) = update.name {
        token.name = name.into();
    }
    if let Some(external_id) = update.external_id {
        token.external_id = external_id.map(Into::into);
    }
    if let Some(description) = update.description {
        token.description = description.map(Into::into);
    }
    if let Some(end) = update.expiration_date {
        // An end that has passed may stay, so that an expired token can still be renamed.
        if end.map(Timestamp::unix) != token.expires_at {
            rules::check_expiration(end, app.clock.now())?;
        }
        token.expires_at = end.map(Timestamp::unix);
    }
    if let Some(beginning) = update.not_before {
        token.not_before = beginning.map(Timestamp::unix);
    }
    rules::check_beginning(token.not_before.map(Timestamp::from_unix), token.expires_at.map(Timestamp::from_unix))?;
    if let Some(addresses) = update.allowed_addresses {
        token.allowed_addresses = rules::encode_addresses(addresses.as_ref());
    }
    if let Some(calls) = update.calls_per_minute {
        token.calls_per_minute = rules::encode_calls(calls);
    }
    if let Some(modules) = update.permissions.filter(|modules| *modules != row.modules) {
        row.modules = rules::check_modules(app, caller, extension, &row.modules, Some(modules))?;
    }
    Ok(())
}

/// Whether a token may do more, from more places, more often or for longer than before.
fn widens(before: &TokenRow, after: &TokenRow) -> Result<bool, Error> {
    let (b, a) = (&before.token, &after.token);
    let gains_module = after.modules.iter().any(|module| !before.modules.contains(module));
    let lasts_longer = b.expires_at.is_some_and(|before| a.expires_at.is_none_or(|after| after > before));
    let begins_earlier = b.not_before.is_some_and(|before| a.not_before.is_none_or(|after| after < before));
    let calls_more = b.calls_per_minute.is_some_and(|before| a.calls_per_minute.is_none_or(|after| after > before));
    let (from, to) = (rules::addresses(b)?, rules::addresses(a)?);
    let reaches_farther = from.is_some_and(|from| to.is_none_or(|to| !from.covers(&to)));
    Ok(gains_module || lasts_longer || begins_earlier || calls_more || reaches_farther)
}

/// What is different, as `{"field": [before, after]}`.
fn changes(before: &TokenRow, after: &TokenRow) -> Map<String, Value> {
    let (b, a) = (&before.token, &after.token);
    let fields = [
        ("name", json!(b.name), json!(a.name)),
        ("external_id", json!(b.external_id), json!(a.external_id)),
        ("description", json!(b.description), json!(a.description)),
        (
            "expiration_date",
            json!(b.expires_at.map(Timestamp::from_unix)),
            json!(a.expires_at.map(Timestamp::from_unix)),
        ),
        ("not_before", json!(b.not_before.map(Timestamp::from_unix)), json!(a.not_before.map(Timestamp::from_unix))),
        ("allowed_addresses", json!(b.allowed_addresses), json!(a.allowed_addresses)),
        ("calls_per_minute", json!(b.calls_per_minute), json!(a.calls_per_minute)),
        ("permissions", json!(before.modules), json!(after.modules)),
    ];
    let different = fields.into_iter().filter(|(_, before, after)| before != after);
    different.map(|(field, before, after)| (field.to_owned(), json!([before, after]))).collect()
}
