//! `Idempotency-Key`: a request that is sent again, because its answer was lost, does nothing a second time.

use axum::http::HeaderMap;
use latchkey_shared::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    http::{Caller, Error},
    store::{StoreError, TokenRow, Tx, entities::idempotency_key},
};

/// How long a request can be repeated: a day, in seconds.
const REPEATABLE: i64 = 24 * 3600;

/// What a request did that comes again.
#[derive(Debug)]
pub struct Done {
    /// The token that it was about.
    pub token_id: String,
    revision: Option<i64>,
}

impl Done {
    /// The token is as the request left it, so that the same answer can be given again.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is not: an answer that says something else would be taken for what was asked for.
    pub fn still_stands(&self, row: &TokenRow) -> Result<(), Error> {
        match self.revision {
            Some(revision) if revision != row.token.revision => Err(Error::Conflict(format!(
                "This request was carried out, and token {} has changed since: read it.",
                self.token_id
            ))),
            _ => Ok(()),
        }
    }
}

/// A request that may come again.
#[derive(Debug)]
pub struct Repeatable {
    key: Option<String>,
    fingerprint: String,
}

impl Repeatable {
    /// The request to do `what` with `body`, under the key of its headers, if it has one.
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

    /// What the same request of the same caller did, when it came before.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the key was used for another request.
    pub async fn before(&self, tx: &Tx, caller: &Caller, now: Timestamp) -> Result<Option<Done>, Error> {
        let Some(key) = &self.key else { return Ok(None) };
        let before = tx.idempotency_key(&caller.account.id, &caller.actor.id, key).await?;
        let before = before.filter(|before| before.created_at >= now.plus(-REPEATABLE).unix());
        match before {
            Some(before) if before.fingerprint != self.fingerprint => {
                Err(Error::Conflict("This Idempotency-Key was used for another request.".to_owned()))
            }
            before => Ok(before.map(|before| Done { token_id: before.token_id, revision: before.revision })),
        }
    }

    /// Remembers the request. `false` when the same one is being carried out elsewhere in this moment: then
    /// nothing must be committed.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub async fn remember(&self, tx: &Tx, caller: &Caller, row: &TokenRow, now: Timestamp) -> Result<bool, Error> {
        let Some(key) = &self.key else { return Ok(true) };
        let key = idempotency_key::Model {
            account_id: caller.account.id.clone(),
            actor_id: caller.actor.id.clone(),
            key: key.clone(),
            fingerprint: self.fingerprint.clone(),
            token_id: row.token.id.clone(),
            created_at: now.unix(),
            revision: Some(row.token.revision),
        };
        match tx.insert_idempotency_key(key, now.plus(-REPEATABLE).unix()).await {
            Ok(()) => Ok(true),
            Err(StoreError::Duplicate) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// As [`remember`](Self::remember), where there is nothing to try again.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the same request is being carried out elsewhere in this moment.
    pub async fn claim(&self, tx: &Tx, caller: &Caller, row: &TokenRow, now: Timestamp) -> Result<(), Error> {
        if self.remember(tx, caller, row, now).await? {
            Ok(())
        } else {
            Err(Error::Conflict("This Idempotency-Key is in use in this moment.".to_owned()))
        }
    }
}
