//! `POST /auth/tokens`: a token with its permissions, all at once. The answer carries the secret and the
//! handle. A request that is repeated under the same `Idempotency-Key` gets the same token again. The same
//! address trades a handle for its key: see [`super::exchange`].

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use latchkey_shared::{
    CreatedToken, ExchangedToken, Extension, ModuleId, NewToken, NewTokenBody, Problem, Timestamp, TokenId, TokenStatus,
};
use serde_json::json;

use super::{
    WithEtag, exchange,
    idempotency::{IdempotencyKey, Replay, record_reveal},
    reveal, rules, secret,
    vault::{self, Place, Secrets},
};
use crate::{
    auth,
    events::{self, Action},
    http::{Access, Bytes, Caller, Error, read_json},
    keys,
    state::AppState,
    store::{TokenRow, Tx, entities::token},
};

/// The body of this address, for the API document.
#[derive(Debug, utoipa::ToSchema)]
#[serde(untagged)]
pub enum NewTokenOrHandle {
    /// A token to create.
    New(Box<NewTokenBody>),
    /// A handle to trade.
    Handle(exchange::HandleBody),
}

/// Creates a token, or trades a handle.
#[utoipa::path(
    post,
    path = "/auth/tokens",
    operation_id = "create_token",
    tag = "Tokens",
    request_body(
        content = NewTokenOrHandle,
        examples(
            ("A token for scripts" = (value = json!({
                "name": "Billing export",
                "extension": {"name": "custom"},
                "permissions": [{"object": {"id": "MD-0001"}}],
                "expiration_date": "2040-01-31T00:00:00+00:00"
            }))),
            ("Handle, traded by a program with its own key" = (value = json!({
                "handle": "0000000000000000000000000000000000000000"
            })))
        )
    ),
    responses(
        (status = 201, description = "The token, and once its secret and handle", body = CreatedToken),
        (status = 200, description = "The key that a handle was traded for", body = ExchangedToken)
    )
)]
pub async fn handler(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Bytes(bytes): Bytes,
) -> Result<Response, Error> {
    if let Some(handle) = exchange::handle_in(&bytes) {
        return Ok(exchange::exchange(&app, &caller, &handle).await?.into_response());
    }
    let caller = caller.require(&app, Access::Write)?;
    Ok(create(&app, &caller, &headers, read_json(&headers, &bytes)?).await?.into_response())
}

async fn create(
    app: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    body: NewTokenBody,
) -> Result<WithEtag<CreatedToken>, Error> {
    let idempotency_key = IdempotencyKey::new(headers, "create", &body)?;
    let new = NewToken::try_from(body)?;
    if new.owner.as_ref().is_some_and(|owner| *owner != caller.account.id) {
        return Err(Error::field("owner", format!("must be {}, the account that you act for", caller.account.id)));
    }
    let request = Request { new: &new, idempotency_key };
    let row = match try_create(app, caller, &request).await? {
        Some(row) => row,
        // The same request was under way elsewhere and has just been carried out: its token is the answer.
        None => {
            let again = try_create(app, caller, &request).await?;
            again.ok_or_else(|| Error::Internal("create lost twice".to_owned()))?
        }
    };
    let secrets = reveal::open(app, &row)?;
    let created = |info| CreatedToken { info, token: secrets.token, handle: secrets.handle };
    WithEtag::of(app, caller, &row, StatusCode::CREATED, created)
}

struct Request<'a> {
    new: &'a NewToken,
    idempotency_key: IdempotencyKey,
}

/// `None` when somebody else used the same `Idempotency-Key` in the same moment, and won.
async fn try_create(app: &AppState, caller: &Caller, request: &Request<'_>) -> Result<Option<TokenRow>, Error> {
    let now = app.clock.now();
    let (tx, caller) = auth::begin(app, caller).await?;
    auth::check_recent_sign_in(app, &caller)?;
    if let Some(replay) = request.idempotency_key.find_replay(&tx, &caller, now).await? {
        let row = repeated(app, &tx, &caller, &replay, now).await?;
        tx.commit().await?;
        return Ok(Some(row));
    }
    let row = insert(app, &tx, &caller, request.new, now).await?;
    if !request.idempotency_key.store(&tx, &caller, &row, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(row))
}

/// What became of a token that is to be there once.
pub(crate) enum Once {
    /// It was created.
    Created(Box<CreatedToken>),
    /// The account has one with this external id, which is not deleted.
    There(Box<TokenRow>),
}

/// Creates a token unless the account has one with its external id.
///
/// # Errors
/// As [`handler`].
pub(crate) async fn create_once(app: &AppState, caller: &Caller, body: NewTokenBody) -> Result<Once, Error> {
    let new = NewToken::try_from(body)?;
    let now = app.clock.now();
    let (tx, caller) = auth::begin(app, caller).await?;
    if let Some(external_id) = &new.external_id
        && let Some(row) = tx.lock_external_id(&caller.account.id, external_id.as_str()).await?
    {
        return Ok(Once::There(Box::new(row)));
    }
    let row = insert(app, &tx, &caller, &new, now).await?;
    tx.commit().await?;
    let secrets = reveal::open(app, &row)?;
    let info = super::present(app, &caller, &row)?;
    Ok(Once::Created(Box::new(CreatedToken { info, token: secrets.token, handle: secrets.handle })))
}

/// Inserts a token with its event.
async fn insert(app: &AppState, tx: &Tx, caller: &Caller, new: &NewToken, now: Timestamp) -> Result<TokenRow, Error> {
    rules::check_expiration(new.expiration_date, now)?;
    rules::check_beginning(new.not_before, new.expiration_date)?;
    let catalogue = app.catalogue();
    let extension = catalogue.extension(&new.extension);
    let extension = extension
        .ok_or_else(|| Error::field("extension", Problem::new("not_in_catalogue", "is not in the catalogue")))?;
    let modules = rules::check_modules(app, caller, Some(extension), &[], new.permissions.clone())?;
    check_limit(tx, caller, extension).await?;
    let id = unused_id(app, tx).await?;
    let row = new_row(app, caller, new, extension, modules, &id, now)?;
    rules::check_scope(app, caller, &row)?;
    tx.insert_token(&row).await?;
    let details = json!({ "extension": row.token.extension_id, "permissions": row.modules });
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(tx, caller, now, Action::TokenCreated, object, details).await?;
    Ok(row)
}

/// The token that the same request made before.
async fn repeated(
    app: &AppState,
    tx: &Tx,
    caller: &Caller,
    replay: &Replay,
    now: Timestamp,
) -> Result<TokenRow, Error> {
    let row = rules::find_for_update(tx, caller, &replay.token_id).await?;
    replay.check_current(&row)?;
    rules::check_scope(app, caller, &row)?;
    record_reveal(tx, caller, &row, "create", now).await?;
    Ok(row)
}

/// An extension can say how many tokens of it an account may have.
async fn check_limit(tx: &Tx, caller: &Caller, extension: &Extension) -> Result<(), Error> {
    let Some(limit) = extension.constraints.account.tokens else { return Ok(()) };
    if tx.count_tokens(&caller.account.id, extension.id.as_str()).await? < u64::from(limit) {
        return Ok(());
    }
    Err(Error::Conflict(Problem::with(
        "too_many_of_extension",
        "An account can have {} tokens of the extension {}. Delete one that is no longer used.",
        &[&limit, &extension.title],
    )))
}

/// An id that no token of any account has or had.
async fn unused_id(app: &AppState, tx: &Tx) -> Result<TokenId, Error> {
    for _ in 0..32 {
        let id = app.rng.verbose_id("SU", 3);
        if !tx.token_exists(&id).await? {
            return id.parse().map_err(|_| Error::Internal(format!("{id} is not an id")));
        }
    }
    Err(Error::Internal("no token id is left".to_owned()))
}

fn new_row(
    app: &AppState,
    caller: &Caller,
    new: &NewToken,
    extension: &Extension,
    modules: Vec<ModuleId>,
    id: &TokenId,
    now: Timestamp,
) -> Result<TokenRow, Error> {
    let secrets = Secrets { secret: secret::generate(&app.rng, id), handle: secret::generate(&app.rng, id) };
    let place =
        Place { installation: &app.installation, account: &caller.account.id, token: id.as_str(), secret_version: 1 };
    let external_id = new.external_id.clone().map(String::from);
    let description = new.description.clone().map(String::from);
    let token = token::Model {
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
        not_before: new.not_before.map(Timestamp::unix),
        allowed_addresses: rules::encode_addresses(new.allowed_addresses.as_ref()),
        calls_per_minute: rules::encode_calls(new.calls_per_minute),
        digest: secret::digest(&app.keys.pepper, id, &secrets.secret).to_vec(),
        previous_digest: None,
        previous_expires_at: None,
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
    Ok(TokenRow { token, modules, last_use: None, previous_use: None })
}
