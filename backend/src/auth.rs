//! Changes on behalf of a caller.
//!
//! A request is authorised when its head has arrived. After that its body may be on its way for seconds, and it may wait for
//! the writer of the database. So every change begins here: its transaction reads the caller again, and a key or a session
//! that was revoked meanwhile changes nothing. On PostgreSQL what was read stays locked against a revocation until the
//! change is committed; on SQLite the transaction holds the only writer.

use std::sync::Arc;

use latchkey_shared::Reference;
use sea_orm::sea_query::LockType;

use crate::{
    app::App,
    http::{Caller, Error, Identity},
    sessions,
    store::Tx,
};

/// Begins a change. Returns its transaction, and the caller as they are now.
///
/// # Errors
/// As [`crate::http::authorize`], when the caller would no longer be let in; [`Error::Internal`].
pub async fn begin(app: &App, caller: &Caller) -> Result<(Tx, Caller), Error> {
    let tx = app.store.begin().await?;
    let caller = read_again(app, &tx, caller, LockType::Share).await?;
    Ok((tx, caller))
}

/// As [`begin`], for a change of the token `id`.
///
/// # Errors
/// As [`begin`].
pub async fn begin_on_token(app: &App, caller: &Caller, id: &str) -> Result<(Tx, Caller), Error> {
    let tx = app.store.begin().await?;
    // Two requests of a token that change the token itself would wait for each other, if both could lock it for reading.
    let lock = if caller.actor.id == id { LockType::NoKeyUpdate } else { LockType::Share };
    let caller = read_again(app, &tx, caller, lock).await?;
    Ok((tx, caller))
}

/// Refuses a person whose last sign-in is too long ago for what answers with a secret, gives more access or manages users:
/// they may have left their browser open. A key is shown anew with each request.
///
/// # Errors
/// [`Error::ConfirmPassword`].
pub fn check_recent_sign_in(app: &App, caller: &Caller) -> Result<(), Error> {
    match &caller.identity {
        Identity::User { confirmed_at, .. } if app.clock.now() > sessions::confirmed_until(app, *confirmed_at) => {
            Err(Error::ConfirmPassword)
        }
        _ => Ok(()),
    }
}

/// The caller as they are now, when they still may do what they were let in for.
async fn read_again(app: &App, tx: &Tx, caller: &Caller, lock: LockType) -> Result<Caller, Error> {
    let caller = match &caller.identity {
        Identity::User { session_id, .. } => {
            let found = tx.session(session_id).await?.ok_or(Error::Unauthorized)?;
            let now = app.clock.now();
            let found = sessions::caller(found, caller.origin.clone(), now)?.ok_or(Error::Unauthorized)?;
            Caller { access: caller.access.clone(), ..found }
        }
        Identity::Token { entry, digest } => {
            let row = tx.lock_credential(&entry.id(), lock).await?.ok_or(Error::Unauthorized)?;
            let entry = app.gatekeeper.confirm(&row, digest, caller.origin.client)?;
            Caller {
                account: row.account(),
                actor: Reference { id: row.id, name: row.name },
                identity: Identity::Token { entry: Arc::new(entry), digest: *digest },
                ..caller.clone()
            }
        }
    };
    caller.check_access(app)?;
    Ok(caller)
}
