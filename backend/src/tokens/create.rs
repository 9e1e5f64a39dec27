//! `POST /auth/tokens`: a token with its permissions, all at once. The answer carries the secret and the
//! handle. A request that is repeated under the same `Idempotency-Key` gets the same token again.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use latchkey_shared::{CreatedToken, Extension, ModuleId, NewToken, NewTokenBody, Timestamp, TokenId, TokenStatus};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Tagged, present, reveal, rules, secret,
    vault::{self, Place, Secrets},
};
use crate::{
    app::App,
    events::{self, Action},
    http::{Body, Caller, Error},
    keys,
    store::{NewTokenRow, StoreError, TokenRow, Tx, entities::idempotency_key},
};

/// How long a request can be repeated: a day, in seconds.
const REPEATABLE: i64 = 24 * 3600;

/// Creates the token.
pub async fn handler(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<NewTokenBody>,
) -> Result<Tagged<CreatedToken>, Error> {
    let fingerprint = crate::hex(&Sha256::digest(serde_json::to_vec(&body).unwrap_or_default()));
    let new = NewToken::try_from(body)?;
    rules::check_expiration(new.expiration_date, app.clock.now())?;
    let extension =
        app.catalogue.extension(&new.extension).ok_or_else(|| Error::field("extension", "is not in the catalogue"))?;
    let modules = rules::check_modules(&app, &caller, Some(extension), new.permissions.clone())?;
    let request = Request { new: &new, extension, modules, idempotency_key: idempotency_key(&headers)?, fingerprint };
    let row = match create(&app, &caller, &request).await? {
        Some(row) => row,
        // The same request was under way elsewhere and has just been carried out: its token is the answer.
        None => {
            create(&app, &caller, &request).await?.ok_or_else(|| Error::Internal("create lost twice".to_owned()))?
        }
    };
    let secrets = reveal::open(&app, &row)?;
    let info = present(&app, &caller, &row)?;
    let body = CreatedToken { info, token: secrets.token, handle: secrets.handle };
    Ok(Tagged { status: StatusCode::CREATED, revision: row.token.revision, body })
}

struct Request<'a> {
    new: &'a NewToken,
    extension: &'a Extension,
    modules: Vec<ModuleId>,
    idempotency_key: Option<String>,
    fingerprint: String,
}

/// A key of up to 255 visible ASCII characters, chosen by the caller.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Error::Malformed("Idempotency-Key must have 1 to 255 visible ASCII characters.".to_owned())),
    }
}

/// `None` when somebody else used the same `Idempotency-Key` in the same moment, and won.
async fn create(app: &App, caller: &Caller, request: &Request<'_>) -> Result<Option<TokenRow>, Error> {
    let now = app.clock.now();
    let tx = app.store.begin().await?;
    if let Some(row) = created_before(&tx, caller, request).await? {
        return Ok(Some(row));
    }
    let id = unused_id(app, &tx).await?;
    let row = new_row(app, caller, request, &id, now)?;
    tx.insert_token(&row).await?;
    if let Some(key) = &request.idempotency_key {
        let row = idempotency_key::Model {
            account_id: caller.account.id.clone(),
            actor_id: caller.actor.id.clone(),
            key: key.clone(),
            fingerprint: request.fingerprint.clone(),
            token_id: id.to_string(),
            created_at: now.unix(),
        };
        match tx.insert_idempotency_key(row, now.plus(-REPEATABLE).unix()).await {
            Err(StoreError::Duplicate) => return Ok(None),
            other => other?,
        }
    }
    let details = json!({ "extension": row.token.extension_id, "permissions": row.modules });
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(&tx, caller, now, Action::TokenCreated, object, details).await?;
    tx.commit().await?;
    Ok(Some(row))
}

/// The token that the same caller created under the same key, if there is one.
async fn created_before(tx: &Tx, caller: &Caller, request: &Request<'_>) -> Result<Option<TokenRow>, Error> {
    let Some(key) = &request.idempotency_key else { return Ok(None) };
    let Some(before) = tx.idempotency_key(&caller.account.id, &caller.actor.id, key).await? else { return Ok(None) };
    if before.fingerprint != request.fingerprint {
        return Err(Error::Conflict("This Idempotency-Key was used for another request.".to_owned()));
    }
    rules::for_change(tx, caller, &before.token_id).await.map(Some)
}

/// An id that no token of any account has or had.
async fn unused_id(app: &App, tx: &Tx) -> Result<TokenId, Error> {
    for _ in 0..32 {
        let id = app.rng.verbose_id("SU", 3);
        if !tx.token_exists(&id).await? {
            return id.parse().map_err(|_| Error::Internal(format!("{id} is not an id")));
        }
    }
    Err(Error::Internal("no token id is left".to_owned()))
}

fn new_row(app: &App, caller: &Caller, request: &Request<'_>, id: &TokenId, now: Timestamp) -> Result<TokenRow, Error> {
    let Request { new, extension, modules, .. } = request;
    let secrets = Secrets { secret: secret::generate(&app.rng, id), handle: secret::generate(&app.rng, id) };
    let place =
        Place { installation: &app.installation, account: &caller.account.id, token: id.as_str(), secret_version: 1 };
    let external_id = new.external_id.clone().map(String::from);
    let description = new.description.clone().map(String::from);
    let token = NewTokenRow {
        id: id.to_string(),
        account_id: caller.account.id.clone(),
        name: new.name.to_string(),
        search: rules::search_text(new.name.as_str(), id.as_str(), external_id.as_deref(), description.as_deref()),
        external_id,
        description,
        extension_id: extension.id.to_string(),
        extension_name: extension.name.clone(),
        state: TokenStatus::Active.as_str().to_owned(),
        expires_at: new.expiration_date.map(Timestamp::unix),
        digest: secret::digest(&app.keys.pepper, id, &secrets.secret).to_vec(),
        handle_digest: secret::handle_digest(&app.keys.pepper, &secrets.handle).to_vec(),
        sealed: Some(vault::seal(&app.keys.sealing, &app.rng, place, &secrets)?),
        key_version: keys::VERSION,
        secret_version: 1,
        revision: 1,
        created_at: now.unix(),
        created_by_id: caller.actor.id.clone(),
        created_by_name: caller.actor.name.clone(),
        updated_at: now.unix(),
        updated_by_id: caller.actor.id.clone(),
        updated_by_name: caller.actor.name.clone(),
    };
    Ok(TokenRow { token, modules: modules.clone() })
}
