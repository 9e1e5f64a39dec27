//! The status of a token, which follows from its state, its dates and the clock.

use latchkey_shared::{Timestamp, TokenStatus};

use crate::store::entities::token;

/// The status of a token at `now`: deleted before expired, expired before disabled. The store has the same rule in SQL, for
/// filters.
#[must_use]
pub fn status(token: &token::Model, now: Timestamp) -> TokenStatus {
    let ends_by = |moment: i64| token.expires_at.is_some_and(|end| end <= moment);
    match TokenStatus::from_word(&token.state) {
        Some(TokenStatus::Active | TokenStatus::Inactive) if ends_by(now.unix()) => TokenStatus::Expired,
        Some(TokenStatus::Active) if previous_works(token, now) => TokenStatus::Revitalised,
        Some(TokenStatus::Active) if ends_by(now.unix() + TokenStatus::EXPIRING_WINDOW) => TokenStatus::Expiring,
        Some(status @ (TokenStatus::Active | TokenStatus::Inactive)) => status,
        // A word that this version does not know opens nothing.
        _ => TokenStatus::Deleted,
    }
}

/// Whether the previous secret still works at `now`.
#[must_use]
pub fn previous_works(token: &token::Model, now: Timestamp) -> bool {
    token.previous_digest.is_some() && token.previous_expires_at.is_none_or(|end| end > now.unix())
}
