//! The decision about a key, without I/O.

use latchkey_shared::{ApiKey, KeyError, Timestamp, TokenStatus};
use subtle::ConstantTimeEq as _;

use crate::{
    keys::Key,
    store::TokenRow,
    tokens::{previous_works, secret, status},
};

/// Why a key is worth nothing. For the log: the caller gets one answer for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Not the shape of a key.
    Malformed,
    /// The checksum is wrong.
    Checksum,
    /// No token has this id.
    UnknownId,
    /// The secret is not the token's.
    WrongSecret,
    /// Switched off.
    Disabled,
    /// Past its end.
    Expired,
    /// Gone.
    Deleted,
}

impl Denial {
    /// The word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Checksum => "checksum",
            Self::UnknownId => "unknown_id",
            Self::WrongSecret => "wrong_secret",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }
}

impl From<KeyError> for Denial {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Malformed => Self::Malformed,
            KeyError::Checksum => Self::Checksum,
        }
    }
}

/// Decides about a well-formed key, given the token that has its id. An unknown id costs the same digest and
/// comparison as a wrong secret.
///
/// # Errors
/// [`Denial`].
pub fn decide(row: Option<TokenRow>, key: &ApiKey, pepper: &Key, now: Timestamp) -> Result<TokenRow, Denial> {
    const NOBODY: [u8; 32] = [0; 32];
    let presented = secret::digest(pepper, &key.id, &key.secret);
    let kept = row.as_ref().map_or(NOBODY.as_slice(), |row| row.token.digest.as_slice());
    // Of a renewed token the secret before the last one counts, too. Both are compared in any case.
    let previous = row.as_ref().filter(|row| previous_works(&row.token, now));
    let previous = previous.and_then(|row| row.token.previous_digest.as_deref()).unwrap_or(&NOBODY);
    let proven: bool = (presented.as_slice().ct_eq(kept) | presented.as_slice().ct_eq(previous)).into();
    let row = row.ok_or(Denial::UnknownId)?;
    if !proven {
        return Err(Denial::WrongSecret);
    }
    match status(&row.token, now) {
        TokenStatus::Active | TokenStatus::Expiring | TokenStatus::Revitalised => Ok(row),
        TokenStatus::Inactive => Err(Denial::Disabled),
        TokenStatus::Expired => Err(Denial::Expired),
        TokenStatus::Deleted => Err(Denial::Deleted),
    }
}
