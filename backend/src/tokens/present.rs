//! From a row to what the API answers.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use latchkey_shared::{Events, LastUsed, ModuleId, Occurrence, Permission, Reference, Timestamp, Token};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::status::{previous_works, status};
use crate::{
    http::{Caller, Error},
    state::AppState,
    store::{StoreError, TokenRow},
};

/// The id of the permission that grants `module` to `token`: the digits of both.
pub(super) fn permission_id(token_id: &str, module: &ModuleId) -> String {
    format!("TP{}{}", token_id.trim_start_matches("SU"), module.as_str().trim_start_matches("MD"))
}

/// The granted modules with their names.
pub(super) fn permissions(app: &AppState, row: &TokenRow) -> Vec<Permission> {
    let permission = |module: &ModuleId| Permission {
        id: permission_id(&row.token.id, module),
        object: Reference {
            id: module.to_string(),
            name: app.catalogue().module(module).map_or_else(|| module.to_string(), |module| module.name.clone()),
        },
    };
    row.modules.iter().map(permission).collect()
}

/// The token as the API answers it, without any secret.
///
/// # Errors
/// [`Error::Internal`] when the row is damaged.
pub fn present(app: &AppState, caller: &Caller, row: &TokenRow) -> Result<Token, Error> {
    let token = &row.token;
    let now = app.clock.now();
    let end = token.expires_at.map(Timestamp::from_unix);
    let has_two = previous_works(token, now);
    let addresses = token.allowed_addresses.as_deref().unwrap_or_default();
    let occurrence = |at, id: &String, name: &String| Occurrence {
        at: Timestamp::from_unix(at),
        by: Reference { id: id.clone(), name: name.clone() },
    };
    Ok(Token {
        id: token.id.parse().map_err(|_| StoreError::Damaged(format!("token {:?}", token.id)))?,
        name: token.name.clone(),
        description: token.description.clone(),
        external_id: token.external_id.clone(),
        owner: Reference { id: caller.account.id.clone(), name: caller.account.name.clone() },
        status: status(token, now),
        extension: Reference { id: token.extension_id.clone(), name: token.extension_name.clone() },
        permissions: permissions(app, row),
        expiration_date: end,
        renewed_expiration_date: end.filter(|_| has_two),
        // The end of the token is the end of both.
        previous_expiration_date: token
            .previous_expires_at
            .into_iter()
            .chain(token.expires_at)
            .min()
            .filter(|_| has_two)
            .map(Timestamp::from_unix),
        not_before: token.not_before.map(Timestamp::from_unix),
        allowed_addresses: addresses.split(',').filter(|network| !network.is_empty()).map(str::to_owned).collect(),
        calls_per_minute: token.calls_per_minute.and_then(|calls| u32::try_from(calls).ok()),
        previous_last_used: row.previous_use.as_ref().filter(|_| has_two).map(|last| LastUsed {
            at: Timestamp::from_unix(last.at),
            address: last.address.clone(),
            program: last.program.clone(),
        }),
        last_used: row.last_use.as_ref().map(|last| LastUsed {
            at: Timestamp::from_unix(last.at),
            address: last.address.clone(),
            program: last.program.clone(),
        }),
        events: Events {
            created: occurrence(token.created_at, &token.created_by_id, &token.created_by_name),
            updated: occurrence(token.updated_at, &token.updated_by_id, &token.updated_by_name),
        },
    })
}

/// An answer about one token, with the `ETag` that a later change can name. The tag is the revision, and behind it a
/// digest of all that is said, since the clock and the use of the key change some of it without a revision.
#[derive(Debug)]
pub struct WithEtag<T> {
    /// 200, or 201 for a new one.
    pub status: StatusCode,
    /// The `ETag`, in quotes.
    pub tag: String,
    /// The body.
    pub body: T,
}

/// The `ETag` of a token.
fn tag(row: &TokenRow, info: &Token) -> String {
    let said = Sha256::digest(serde_json::to_vec(info).unwrap_or_default());
    format!("\"{}-{}\"", row.token.revision, crate::hex(&said[..8]))
}

impl WithEtag<Token> {
    /// 200 with the token as it is now.
    ///
    /// # Errors
    /// [`Error::Internal`] when the row is damaged.
    pub fn ok(app: &AppState, caller: &Caller, row: &TokenRow) -> Result<Self, Error> {
        Self::of(app, caller, row, StatusCode::OK, |info| info)
    }
}

impl<T> WithEtag<T> {
    /// What `body` makes of the token as it is now.
    ///
    /// # Errors
    /// [`Error::Internal`] when the row is damaged.
    pub fn of(
        app: &AppState,
        caller: &Caller,
        row: &TokenRow,
        status: StatusCode,
        body: impl FnOnce(Token) -> T,
    ) -> Result<Self, Error> {
        let info = present(app, caller, row)?;
        Ok(Self { status, tag: tag(row, &info), body: body(info) })
    }
}

impl<T: Serialize> IntoResponse for WithEtag<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}
