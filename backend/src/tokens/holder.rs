//! `POST /auth/hand_over…`: who has the link of a [hand-over](super::hand_over) sees what its key is for and takes it,
//! once. With *may rotate* they get a page of their own, under another secret, so that the link, which may stand in
//! many mailboxes, opens nothing.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use latchkey_shared::{
    Credential, DayCalls, HandedOver, HolderBody, LastUsed, LinkSecret, ModuleId, Problem, Reference, Replacement,
    ReplacementBody, TakenKey, Timestamp, TokenStatus,
};
use serde_json::{Value, json};

use super::{
    exchange,
    hand_over::digest,
    previous_works, reveal,
    rotate::{self, Rotation},
    rules, sample, status,
    usage::date,
};
use crate::{
    events::Action,
    http::{Body, ClientInfo, Error},
    state::AppState,
    store::{NewEvent, TokenRow, Tx, entities::hand_over},
};

/// Days of calls on the holder's page.
const DAYS: i32 = 30;
/// For how many seconds a key is given once more to a client that the answer has not reached.
const AGAIN: i64 = 600;

/// Shows what is handed over; on the holder's page, how it is used.
#[utoipa::path(post, path = "/auth/hand_over", operation_id = "open_hand_over", tag = "Hand-over",
    request_body(content = HolderBody, example = json!({"secret": "0707"})),
    responses((status = 200, description = "What is handed over, without the key", body = HandedOver),
        (status = 404, description = "The link is not known, has expired, was used or withdrawn", body = latchkey_shared::ErrorBody)))]
pub async fn open(
    State(app): State<AppState>,
    client_info: ClientInfo,
    Body(body): Body<HolderBody>,
) -> Result<Json<HandedOver>, Error> {
    let (link, row) = find(&app, &client_info, &body.secret).await?;
    if link.opened_at.is_none() {
        let tx = app.store.begin().await?;
        if tx.note_opened(&link.id, app.clock.now().unix()).await? {
            record(&app, &tx, &client_info, &row, Action::HandOverOpened, json!({})).await?;
        }
        tx.commit().await?;
    }
    Ok(Json(present(&app, &link, &row).await?))
}

/// Takes the key. The link ends; with *may rotate* the answer has the secret of the holder's page.
#[utoipa::path(post, path = "/auth/hand_over/take", operation_id = "take_hand_over", tag = "Hand-over",
    request_body(content = HolderBody, example = json!({"secret": "0707"})),
    responses((status = 200, description = "The key, once", body = TakenKey),
        (status = 404, description = "As for open_hand_over", body = latchkey_shared::ErrorBody)))]
pub async fn take(
    State(app): State<AppState>,
    client_info: ClientInfo,
    Body(body): Body<HolderBody>,
) -> Result<Json<TakenKey>, Error> {
    let page = body.page.map(checked).transpose()?;
    let (tx, link, row) = match (begin(&app, &client_info, &body.secret).await, page.clone()) {
        (Err(Error::NotFound(_)), Some(page)) => return again(&app, page).await,
        (begun, _) => begun?,
    };
    if link.taken_at.is_some() {
        return Err(unknown());
    }
    let now = app.clock.now();
    let page = page.unwrap_or_else(|| LinkSecret(app.rng.hex::<32>()));
    let taken = hand_over::Model {
        // Without a page nobody knows the secret, and the row tells the account when and from where it was taken.
        id: digest(&app, &page),
        taken_at: Some(now.unix()),
        taken_from: client_info.address.clone(),
        opened_at: link.opened_at.or(Some(now.unix())),
        ..link
    };
    let page = taken.may_rotate.then_some(page);
    tx.insert_hand_over(taken).await?;
    record(&app, &tx, &client_info, &row, Action::HandOverTaken, json!({ "may_rotate": page.is_some() })).await?;
    tx.commit().await?;
    key(&app, &row, page)
}

/// A secret as a client may make it.
fn checked(page: LinkSecret) -> Result<LinkSecret, Error> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if page.0.len() == 64 && page.0.bytes().all(is_hex) {
        Ok(page)
    } else {
        Err(Error::field("page", "must be 64 lower-case hex digits"))
    }
}

/// The key that was taken with this secret, if the token has not changed since, nor in the same second.
async fn again(app: &AppState, page: LinkSecret) -> Result<Json<TakenKey>, Error> {
    let since = app.clock.now().unix() - AGAIN;
    let found = app.store.hand_over(&digest(app, &page)).await?;
    let found = found.filter(|(link, row)| {
        link.taken_at.is_some_and(|at| at >= since && row.token.updated_at < at)
            && row.token.state == TokenStatus::Active.as_str()
    });
    let (link, row) = found.ok_or_else(unknown)?;
    key(app, &row, link.may_rotate.then_some(page))
}

/// Rotates the key from the holder's page.
#[utoipa::path(post, path = "/auth/hand_over/rotate", operation_id = "rotate_handed_over", tag = "Hand-over",
    request_body(content = HolderBody, example = json!({"secret": "0707", "overlap": 3600})),
    responses((status = 200, description = "The new key, once", body = TakenKey),
        (status = 404, description = "The page is not known, or was withdrawn", body = latchkey_shared::ErrorBody)))]
pub async fn rotate(
    State(app): State<AppState>,
    client_info: ClientInfo,
    Body(body): Body<HolderBody>,
) -> Result<Json<TakenKey>, Error> {
    let wanted = Replacement::try_from(ReplacementBody { overlap: body.overlap, expiration_date: None })?;
    let (tx, link, mut row) = begin(&app, &client_info, &body.secret).await?;
    if link.taken_at.is_none() || !link.may_rotate {
        return Err(unknown());
    }
    tx.insert_hand_over(link).await?;
    let now = app.clock.now();
    rotate::apply(&app, &mut row, &wanted, Rotation::Rotate, now)?;
    let holder = Reference { id: row.token.id.clone(), name: row.token.name.clone() };
    rules::stamp_and_save(&tx, &holder, now, &mut row).await?;
    rotate::forget_previous_use(&tx, &mut row).await?;
    let details = rotate::details(&row, now);
    record(&app, &tx, &client_info, &row, Action::TokenRotated, details).await?;
    tx.commit().await?;
    key(&app, &row, None)
}

fn unknown() -> Error {
    Error::not_found("link")
}

/// The link and its token, as they are now.
async fn find(
    app: &AppState,
    client_info: &ClientInfo,
    secret: &LinkSecret,
) -> Result<(hand_over::Model, TokenRow), Error> {
    // Guesses count like wrong passwords; a secret of 256 bits needs no more.
    let attempt = app.throttle.sign_in(None, client_info.ip, false)?;
    let found = app.store.hand_over(&digest(app, secret)).await?;
    let now = app.clock.now().unix();
    let found = found.filter(|(link, row)| {
        let is_open = if link.taken_at.is_some() { link.may_rotate } else { link.expires_at > now };
        is_open && row.token.state != TokenStatus::Deleted.as_str()
    });
    let found = found.ok_or_else(unknown)?;
    attempt.give_back();
    Ok(found)
}

/// Begins a change by the holder. Takes the link out of the database, so that of two requests one fails.
async fn begin(
    app: &AppState,
    client_info: &ClientInfo,
    secret: &LinkSecret,
) -> Result<(Tx, hand_over::Model, TokenRow), Error> {
    let (link, row) = find(app, client_info, secret).await?;
    let tx = app.store.begin().await?;
    // The token first, as everybody locks it.
    let row = tx.token(&row.token.account_id, &row.token.id).await?.ok_or_else(unknown)?;
    if !tx.delete_hand_over(&link.id).await? || row.token.state == TokenStatus::Deleted.as_str() {
        return Err(unknown());
    }
    if row.token.state == TokenStatus::Inactive.as_str() {
        return Err(Error::Conflict(Problem::new(
            "handed_over_disabled",
            "The token is disabled. Ask who sent the link.",
        )));
    }
    Ok((tx, link, row))
}

/// The holder acts as the token, whose key they hold.
async fn record(
    app: &AppState,
    tx: &Tx,
    client_info: &ClientInfo,
    row: &TokenRow,
    action: Action,
    mut details: Value,
) -> Result<(), Error> {
    details["by"] = "hand-over".into();
    tx.record(NewEvent {
        account_id: row.token.account_id.clone(),
        at: app.clock.now().unix(),
        actor_id: row.token.id.clone(),
        actor_name: row.token.name.clone(),
        action: action.as_str(),
        object_id: row.token.id.clone(),
        object_name: row.token.name.clone(),
        address: client_info.address.clone(),
        request_id: client_info.request_id.clone(),
        details: details.to_string(),
    })
    .await?;
    Ok(())
}

fn credential(app: &AppState, row: &TokenRow) -> Credential {
    if exchange::shows_a_handle(app, row) { Credential::Handle } else { Credential::ApiKey }
}

fn key(app: &AppState, row: &TokenRow, page: Option<LinkSecret>) -> Result<Json<TakenKey>, Error> {
    let revealed = reveal::open(app, row)?;
    let credential = credential(app, row);
    let sample = sample::of(app, &row.modules);
    Ok(Json(TakenKey { id: revealed.id, credential, token: revealed.token, handle: revealed.handle, page, sample }))
}

async fn present(app: &AppState, link: &hand_over::Model, row: &TokenRow) -> Result<HandedOver, Error> {
    let token = &row.token;
    let now = app.clock.now();
    let is_taken = link.taken_at.is_some();
    let mut calls = BTreeMap::<i32, i64>::new();
    if is_taken {
        let today = i32::try_from(now.unix().div_euclid(86_400)).unwrap_or_default();
        for row in app.store.calls(&token.id, today - DAYS + 1).await? {
            *calls.entry(row.day).or_default() += row.calls;
        }
    }
    let catalogue = app.catalogue();
    let name =
        |module: &ModuleId| catalogue.module(module).map_or_else(|| module.to_string(), |module| module.name.clone());
    let extension = catalogue.extension_by_id(&token.extension_id);
    let has_two = is_taken && previous_works(token, now);
    Ok(HandedOver {
        account: app.store.account(&token.account_id).await?.map(|account| account.name).unwrap_or_default(),
        from: link.created_by_name.clone(),
        name: token.name.clone(),
        description: token.description.clone(),
        extension: extension.map_or_else(|| token.extension_name.clone(), |extension| extension.title.clone()),
        credential: credential(app, row),
        modules: row.modules.iter().map(name).collect(),
        status: status(token, now),
        expiration_date: token.expires_at.map(Timestamp::from_unix),
        allowed_addresses: rules::addresses(token)?.map(|addresses| addresses.to_texts()).unwrap_or_default(),
        calls_per_minute: token.calls_per_minute.and_then(|calls| u32::try_from(calls).ok()),
        expires_at: Timestamp::from_unix(link.expires_at),
        may_rotate: link.may_rotate,
        taken_at: link.taken_at.map(Timestamp::from_unix),
        last_used: row.last_use.as_ref().filter(|_| is_taken).map(|last| LastUsed {
            at: Timestamp::from_unix(last.at),
            address: last.address.clone(),
            program: last.program.clone(),
        }),
        calls: calls.into_iter().map(|(day, calls)| DayCalls { date: date(day), calls }).collect(),
        previous_expiration_date: token.previous_expires_at.filter(|_| has_two).map(Timestamp::from_unix),
    })
}
