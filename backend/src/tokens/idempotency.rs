//! `Idempotency-Key`: a request that is replayed, because its response was lost, changes nothing a second time.

use axum::http::HeaderMap;
use latchkey_shared::{Problem, Timestamp};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    events::{self, Action},
    http::{Caller, Error},
    store::{StoreError, TokenRow, Tx, entities::idempotency_key},
};

/// How long a request can be replayed, in seconds.
const REPLAY_WINDOW: i64 = 24 * 3600;

/// A request that was carried out before.
#[derive(Debug)]
pub struct Replay {
    /// The token that it created or changed.
    pub token_id: String,
    revision: i64,
}

impl Replay {
    /// The token has not changed since, so that the response is the same.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it has: the response would say something else than the request asked for.
    pub fn check_current(&self, row: &TokenRow) -> Result<(), Error> {
        if self.revision == row.token.revision {
            return Ok(());
        }
        let id = &self.token_id;
        Err(Error::Conflict(Problem::with(
            "changed_since",
            "This request was carried out, and token {} has changed since: read it.",
            &[id],
        )))
    }
}

/// Records that a secret leaves once more, in the response to a replayed `operation`.
///
/// # Errors
/// [`StoreError`].
pub async fn record_reveal(
    tx: &Tx,
    caller: &Caller,
    row: &TokenRow,
    operation: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = (row.token.id.as_str(), row.token.name.as_str());
    events::record(tx, caller, now, Action::TokenRevealed, object, json!({ "repeated": operation })).await
}

/// The idempotency key of a request, if it has one.
#[derive(Debug)]
pub struct IdempotencyKey {
    key: Option<String>,
    fingerprint: String,
}

impl IdempotencyKey {
    /// Reads the key from the headers of a request to do `what` with `body`.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a key that is not 1 to 255 visible ASCII characters.
    pub fn new(headers: &HeaderMap, what: &str, body: &impl Serialize) -> Result<Self, Error> {
        let key = match headers.get("idempotency-key").map(|value| value.to_str()) {
            None => None,
            Some(Ok(key)) if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some(key.to_owned())
            }
            Some(_) => {
                return Err(Error::Malformed(
                    "Idempotency-Key must have 1 to 255 visible ASCII characters.".to_owned(),
                ));
            }
        };
        let mut digest = Sha256::new_with_prefix(what);
        digest.update(serde_json::to_vec(body).unwrap_or_default());
        Ok(Self { key, fingerprint: crate::hex(&digest.finalize()) })
    }

    /// The same request of the same caller, if it was carried out before.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the key was used for another request.
    pub async fn find_replay(&self, tx: &Tx, caller: &Caller, now: Timestamp) -> Result<Option<Replay>, Error> {
        let Some(key) = &self.key else { return Ok(None) };
        let stored = tx.idempotency_key(&caller.account.id, &caller.actor.id, key).await?;
        let stored = stored.filter(|stored| stored.created_at >= now.plus(-REPLAY_WINDOW).unix());
        match stored {
            Some(stored) if stored.fingerprint != self.fingerprint => {
                Err(Error::Conflict("This Idempotency-Key was used for another request.".into()))
            }
            stored => Ok(stored.map(|stored| Replay { token_id: stored.token_id, revision: stored.revision })),
        }
    }

    /// Stores the key. Returns `false` if the same request is being carried out concurrently: then nothing may be
    /// committed.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub async fn store(&self, tx: &Tx, caller: &Caller, row: &TokenRow, now: Timestamp) -> Result<bool, Error> {
        let Some(key) = &self.key else { return Ok(true) };
        let key = idempotency_key::Model {
            account_id: caller.account.id.clone(),
            actor_id: caller.actor.id.clone(),
            key: key.clone(),
            fingerprint: self.fingerprint.clone(),
            token_id: row.token.id.clone(),
            created_at: now.unix(),
            revision: row.token.revision,
        };
        match tx.insert_idempotency_key(key, now.plus(-REPLAY_WINDOW).unix()).await {
            Ok(()) => Ok(true),
            Err(StoreError::Duplicate) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// As [`store`](Self::store), for a request that is not tried again.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the same request is being carried out concurrently.
    pub async fn store_or_conflict(
        &self,
        tx: &Tx,
        caller: &Caller,
        row: &TokenRow,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.store(tx, caller, row, now).await? {
            Ok(())
        } else {
            Err(Error::Conflict(Problem::new(
                "in_progress",
                "A request with this Idempotency-Key is in progress. Send it again in a moment.",
            )))
        }
    }
}
