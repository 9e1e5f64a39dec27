//! `POST /auth/tokens/{id}/renew` and `…/rotate`: a new secret for a token that keeps everything else.
//!
//! *Renew* leaves the old secret alone: it works until its own end. *Rotate* ends it, at once or after the overlap
//! that was asked for, and replaces the handle of a token that is used by handle: with the old handle one could get
//! the new secret. There are never more than two: a token that still has two is rotated, not renewed again. The
//! end of the token ends both.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use latchkey_shared::{Problem, ReplacedToken, Replacement, ReplacementBody, RevealedToken, Timestamp};
use serde_json::{Value, json};

use super::{
    WithEtag, exchange,
    idempotency::{IdempotencyKey, record_reveal},
    own, previous_works, reveal, rules, secret,
    vault::{self, Place, Secrets},
};
use crate::{
    auth,
    events::{self, Action},
    http::{Caller, Error, Id, Identity, OptionalBody},
    state::AppState,
    store::{TokenRow, Tx},
};

/// The ways to replace a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    Renew,
    Rotate,
    /// By the key itself.
    Own,
}

impl Rotation {
    fn word(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Rotate | Self::Own => "rotate",
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Renew => Action::TokenRenewed,
            Self::Rotate | Self::Own => Action::TokenRotated,
        }
    }
}

/// The body of `renew`, for the API document: that of `rotate` without the overlap.
#[derive(Debug, utoipa::ToSchema)]
pub struct RenewalBody {
    /// When the new secret ends; null for never. Left out, the end stays as it is.
    pub expiration_date: Option<Timestamp>,
}

/// `renew`.
#[utoipa::path(post, path = "/auth/tokens/{id}/renew", operation_id = "renew_token", tag = "Tokens", 
    request_body(content = Option<RenewalBody>, example = json!({"expiration_date": "2040-01-31T00:00:00+00:00"})),
    responses((status = 200, description = "The token, and once its new secret", body = ReplacedToken)))]
pub async fn renew(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<ReplacementBody>,
) -> Result<WithEtag<ReplacedToken>, Error> {
    if body.overlap.is_some() {
        return Err(Error::field("overlap", "is for rotate: after renew the old secret works until its own end"));
    }
    replace(&app, &caller, &id, &headers, body, Rotation::Renew).await
}

/// `rotate`.
#[utoipa::path(post, path = "/auth/tokens/{id}/rotate", operation_id = "rotate_token", tag = "Tokens", 
    request_body(
        content = Option<ReplacementBody>,
        example = json!({"expiration_date": "2040-01-31T00:00:00+00:00", "overlap": 3600})
    ),
    responses((status = 200, description = "The token, and once its new secret", body = ReplacedToken)))]
pub async fn rotate(
    State(app): State<AppState>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<ReplacementBody>,
) -> Result<WithEtag<ReplacedToken>, Error> {
    replace(&app, &caller, &id, &headers, body, Rotation::Rotate).await
}

/// Denies a key that was replaced and works for a while: who has it must not take the token over.
fn check_is_not_replaced(caller: &Caller, row: &TokenRow) -> Result<(), Error> {
    match &caller.identity {
        Identity::Token { digest, .. } if caller.actor.id == row.token.id && row.token.digest != digest => {
            Err(Error::Forbidden(Problem::new(
                "replaced_key",
                "This key was replaced: only the new one may replace it again.",
            )))
        }
        _ => Ok(()),
    }
}

/// Replaces the secret of the token `id`.
///
/// # Errors
/// As [`rules::begin`]; [`Error::Forbidden`] for a key that may not rotate itself.
pub(crate) async fn replace(
    app: &AppState,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    body: ReplacementBody,
    rotation: Rotation,
) -> Result<WithEtag<ReplacedToken>, Error> {
    let idempotency_key = IdempotencyKey::new(headers, &format!("{rotation:?} {id}"), &body)?;
    let wanted = Replacement::try_from(body)?;
    let now = app.clock.now();
    let (tx, caller, mut row) = rules::begin(app, caller, id).await?;
    auth::check_recent_sign_in(app, &caller)?;
    if rotation == Rotation::Own {
        own::check_may_rotate(app, &caller, tx.may_be_rotated_by_its_holder(&row.token.id).await?)?;
    }
    if let Some(replay) = idempotency_key.find_replay(&tx, &caller, now).await? {
        replay.check_current(&row)?;
        record_reveal(&tx, &caller, &row, rotation.word(), now).await?;
    } else {
        check_is_not_replaced(&caller, &row)?;
        rules::check_revision(headers, &row)?;
        apply(app, &mut row, &wanted, rotation, now)?;
        rules::save(app, &tx, &caller, &mut row).await?;
        forget_previous_use(&tx, &mut row).await?;
        idempotency_key.store_or_conflict(&tx, &caller, &row, now).await?;
        let object = (row.token.id.as_str(), row.token.name.as_str());
        events::record(&tx, &caller, now, rotation.action(), object, details(&row, now)).await?;
    }
    tx.commit().await?;
    let RevealedToken { token: secret, handle, .. } = reveal::open(app, &row)?;
    let handle = (rotation != Rotation::Renew && exchange::shows_a_handle(app, &row)).then_some(handle);
    let has_two = previous_works(&row.token, now);
    let replaced = |info| ReplacedToken { info, renewed_token: has_two.then(|| secret.clone()), token: secret, handle };
    WithEtag::of(app, &caller, &row, StatusCode::OK, replaced)
}

/// The previous secret is another one now, which nobody has used yet.
pub(super) async fn forget_previous_use(tx: &Tx, row: &mut TokenRow) -> Result<(), Error> {
    row.previous_use = None;
    Ok(tx.delete_previous_use(&row.token.id).await?)
}

/// What the event of a replacement says.
pub(super) fn details(row: &TokenRow, now: Timestamp) -> Value {
    let works_on = previous_works(&row.token, now);
    let end = |end: Option<i64>| end.map(Timestamp::from_unix);
    json!({
        "expiration_date": end(row.token.expires_at),
        "previous_works_on": works_on,
        "previous_expiration_date": end(row.token.previous_expires_at.filter(|_| works_on)),
    })
}

/// Puts a new secret into the row.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Conflict`].
pub(super) fn apply(
    app: &AppState,
    row: &mut TokenRow,
    wanted: &Replacement,
    rotation: Rotation,
    now: Timestamp,
) -> Result<(), Error> {
    let handle = reveal::open(app, row)?.handle;
    let replaces_handle = rotation != Rotation::Renew && exchange::shows_a_handle(app, row);
    let token = &mut row.token;
    let old_end = token.expires_at;
    let end = wanted.expiration_date.unwrap_or(old_end.map(Timestamp::from_unix));
    rules::check_expiration(end, now)?;
    if rotation == Rotation::Renew && previous_works(token, now) {
        return Err(Error::Conflict(Problem::with(
            "renewed_already",
            "Token {} was renewed already, and its old secret still works. Rotate it to end both.",
            &[&token.id],
        )));
    }
    let overlap = now.plus(wanted.overlap).unix();
    let previous_expires_at = match rotation {
        Rotation::Renew => old_end,
        Rotation::Rotate | Rotation::Own => Some(old_end.map_or(overlap, |end| end.min(overlap))),
    };
    // Kept when it ends at once, too: its use is told from that of a wrong secret.
    token.previous_digest = Some(token.digest.clone());
    token.previous_expires_at = previous_expires_at;
    token.expires_at = end.map(Timestamp::unix);

    let id = token.id.parse().map_err(|_| Error::Internal(format!("token {:?} is damaged", token.id)))?;
    let handle = if replaces_handle { secret::generate(&app.rng, &id) } else { handle };
    let secrets = Secrets { secret: secret::generate(&app.rng, &id), handle };
    token.handle_digest = secret::handle_digest(&app.keys.pepper, &secrets.handle).to_vec();
    token.secret_version += 1;
    let place = Place {
        installation: &app.installation,
        account: &token.account_id,
        token: &token.id,
        secret_version: token.secret_version,
    };
    let sealed = vault::seal(&app.keys.sealing, &app.rng, place, &secrets)?;
    token.digest = secret::digest(&app.keys.pepper, &id, &secrets.secret).to_vec();
    token.sealed = Some(sealed);
    Ok(())
}
