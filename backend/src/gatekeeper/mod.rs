//! The gatekeeper: whether a key opens a path.
//!
//! The order is fixed, and each step only runs when the one before let the key pass: shape and checksum,
//! secret, status, expiry, module. Only who proved the secret can learn anything but "no". Nothing is written
//! on this path.

mod decide;
mod modules;

pub use decide::{Denial, decide};
pub use modules::{module_of, opens};

use latchkey_shared::ApiKey;

use crate::{
    app::App,
    store::{StoreError, TokenRow},
};

/// Checks an `Authorization` header. The outer error is the database's.
///
/// # Errors
/// [`StoreError`] when the database does not answer; [`Denial`] when the key is not worth anything.
pub async fn check(app: &App, header: &[u8]) -> Result<Result<TokenRow, Denial>, StoreError> {
    let key = match std::str::from_utf8(header)
        .map_err(|_| Denial::Malformed)
        .and_then(|header| Ok(ApiKey::parse(header)?))
    {
        Ok(key) => key,
        Err(denial) => return Ok(Err(denial)),
    };
    let row = app.store.token_for_check(key.id.as_str()).await?;
    Ok(decide(row, &key, &app.keys.pepper, app.clock.now()))
}
