//! Rules that several operations share.

use axum::http::{HeaderMap, header};
use latchkey_shared::{
    AllowedAddresses, CallsPerMinute, Extension, ModuleId, Problem, Problems, Reference, Timestamp, TokenStatus,
    problem,
};

use crate::{
    auth,
    http::{Caller, Error, Identity},
    rql::normalize_for_search,
    state::AppState,
    store::{StoreError, TokenRow, Tx, entities::token},
};

/// The token `id` of the caller's account, locked for a change.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when the token is deleted, which is final.
pub async fn find_for_update(tx: &Tx, caller: &Caller, id: &str) -> Result<TokenRow, Error> {
    let row = tx.token(&caller.account.id, id).await?.ok_or_else(|| Error::not_found(id))?;
    if row.token.state == TokenStatus::Deleted.as_str() {
        return Err(Error::Conflict(deleted(id)));
    }
    Ok(row)
}

/// Why nothing more happens to the token `id`.
#[must_use]
pub fn deleted(id: &str) -> Problem {
    Problem::with("token_deleted", "Token {} is deleted, which is final.", &[&id])
}

/// Begins a change of the token `id`, which a key may only make where it has no more access than the key itself.
/// Returns the caller as they are now: see [`auth`].
///
/// # Errors
/// As [`auth::begin`], [`find_for_update`] and [`check_scope`].
pub async fn begin(app: &AppState, caller: &Caller, id: &str) -> Result<(Tx, Caller, TokenRow), Error> {
    let (tx, caller) = auth::begin_on_token(app, caller, id).await?;
    let row = find_for_update(&tx, &caller, id).await?;
    check_scope(app, &caller, &row)?;
    Ok((tx, caller, row))
}

/// As [`begin`], when the token is still as the caller read it.
///
/// # Errors
/// As [`begin`]; [`Error::Changed`] when `If-Match` names another revision.
pub async fn for_change(
    app: &AppState,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
) -> Result<(Tx, Caller, TokenRow), Error> {
    let (tx, caller, row) = begin(app, caller, id).await?;
    check_revision(headers, &row)?;
    Ok((tx, caller, row))
}

/// Stores `row` as changed by `caller` now.
///
/// # Errors
/// [`Error::Internal`].
pub async fn save(app: &AppState, tx: &Tx, caller: &Caller, row: &mut TokenRow) -> Result<(), Error> {
    Ok(stamp_and_save(tx, &caller.actor, app.clock.now(), row).await?)
}

/// Stores `row` as changed by `actor` at `now`.
///
/// # Errors
/// [`StoreError`].
pub async fn stamp_and_save(tx: &Tx, actor: &Reference, now: Timestamp, row: &mut TokenRow) -> Result<(), StoreError> {
    let token = &mut row.token;
    token.revision += 1;
    token.updated_at = now.unix();
    token.updated_by_id.clone_from(&actor.id);
    token.updated_by_name.clone_from(&actor.name);
    token.search = search_text(&token.name, &token.id, token.external_id.as_deref(), token.description.as_deref());
    tx.update_token(row).await
}

/// The text that a search looks at.
pub fn search_text(name: &str, id: &str, external_id: Option<&str>, description: Option<&str>) -> String {
    normalize_for_search(&[name, id, external_id.unwrap_or_default(), description.unwrap_or_default()].join("\n"))
}

/// Denies a change if `If-Match` names another revision.
///
/// # Errors
/// [`Error::Changed`].
pub fn check_revision(headers: &HeaderMap, row: &TokenRow) -> Result<(), Error> {
    let Some(wanted) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let current = row.token.revision.to_string();
    let wanted = wanted.to_str().unwrap_or_default();
    // What stands behind the revision changes with the clock and with use, and not by anybody's hand.
    // Nor does it matter whether a proxy that compresses has made the tag a weak one.
    let revision = |tag: &str| {
        tag.trim_start_matches("W/").trim_matches('"').split('-').next().is_some_and(|revision| revision == current)
    };
    let matches = wanted.split(',').map(str::trim).any(|tag| tag == "*" || revision(tag));
    if matches { Ok(()) } else { Err(Error::Changed) }
}

/// An expiry must be in the future.
///
/// # Errors
/// The problem of the field `expiration_date`.
pub fn check_expiration(end: Option<Timestamp>, now: Timestamp) -> Result<(), Problems> {
    match end {
        Some(end) if end <= now => Err(Problems::one("expiration_date", problem::IN_THE_PAST)),
        _ => Ok(()),
    }
}

/// `not_before` must be before the expiry.
///
/// # Errors
/// The problem of the field `not_before`.
pub fn check_beginning(beginning: Option<Timestamp>, end: Option<Timestamp>) -> Result<(), Problems> {
    match (beginning, end) {
        (Some(beginning), Some(end)) if beginning >= end => {
            Err(Problems::one("not_before", problem::BEGINS_AFTER_ITS_END))
        }
        _ => Ok(()),
    }
}

/// Networks as the database stores them.
pub fn encode_addresses(addresses: Option<&AllowedAddresses>) -> Option<String> {
    addresses.map(|addresses| addresses.to_texts().join(","))
}

/// A rate limit as the database stores it.
pub fn encode_calls(calls: Option<CallsPerMinute>) -> Option<i32> {
    calls.and_then(|calls| i32::try_from(calls.get()).ok())
}

/// The modules that a token of `extension` gets: what the extension fixes, or what was asked for, all of it
/// the caller's to grant, and known to the catalogue unless the token holds it already: a module that has left the
/// catalogue must not stand in the way of other changes.
///
/// # Errors
/// [`Error::Invalid`] for `permissions`; [`Error::Forbidden`] when the caller does not hold a module itself.
pub fn check_modules(
    app: &AppState,
    caller: &Caller,
    extension: Option<&Extension>,
    held: &[ModuleId],
    asked: Option<Vec<ModuleId>>,
) -> Result<Vec<ModuleId>, Error> {
    let fixed = extension.and_then(|extension| extension.permissions.fixed());
    let modules = match (fixed, asked) {
        (None, asked) => asked.unwrap_or_default(),
        (Some(fixed), asked) => {
            let mut fixed = fixed.to_vec();
            fixed.sort();
            if asked.is_some_and(|asked| asked != fixed) {
                return Err(Error::field(
                    "permissions",
                    Problem::new("fixed", "are fixed by the extension and cannot be chosen"),
                ));
            }
            fixed
        }
    };
    let catalogue = app.catalogue();
    if let Some(unknown) = modules.iter().find(|module| !held.contains(module) && catalogue.module(module).is_none()) {
        return Err(Error::field("permissions", Problem::with("unknown_module", "{} is not a module", &[&unknown])));
    }
    check_modules_held(app, caller, &modules)?;
    Ok(modules)
}

/// A key can only manage tokens that have no more access than the key itself: no more modules, addresses or calls.
/// Checked before a change, and after one of modules or rules: otherwise a key could restrict a token, rotate it, and
/// wait until its owner lifts the restriction.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn check_scope(app: &AppState, caller: &Caller, row: &TokenRow) -> Result<(), Error> {
    check_modules_held(app, caller, &row.modules)?;
    let Identity::Token { entry: own, .. } = &caller.identity else { return Ok(()) };
    let networks = addresses(&row.token)?;
    let calls = row.token.calls_per_minute.and_then(|calls| u32::try_from(calls).ok());
    let is_within = own.addresses().is_none_or(|own| networks.is_some_and(|networks| own.covers(&networks)))
        && own.calls_per_minute().is_none_or(|own| calls.is_some_and(|calls| calls <= own));
    if is_within {
        Ok(())
    } else {
        let why = "A key can only manage tokens with allowed_addresses and calls_per_minute within its own.";
        Err(Error::Forbidden(why.into()))
    }
}

/// The networks from which a token may be used; `None` for all.
///
/// # Errors
/// [`Error::Internal`] when the row is damaged.
pub fn addresses(token: &token::Model) -> Result<Option<AllowedAddresses>, Error> {
    let networks: Vec<&str> = token.allowed_addresses.iter().flat_map(|texts| texts.split(',')).collect();
    AllowedAddresses::parse(&networks).map_err(|problem| Error::Internal(problem.to_string()))
}

/// A key can only grant modules that it holds.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn check_modules_held(app: &AppState, caller: &Caller, modules: &[ModuleId]) -> Result<(), Error> {
    let catalogue = app.gatekeeper.modules();
    if modules.iter().all(|module| caller.may_grant(&catalogue, module)) {
        Ok(())
    } else {
        Err(Error::Forbidden("A key can only manage tokens whose modules it holds itself.".into()))
    }
}
