//! Sessions: a person signed in with a browser. Opaque cookies, whose HMAC is all that the database has.

pub mod context;
pub mod cookie;
pub mod own;
pub mod password;
pub mod sign_in;
pub mod sign_out;
pub mod throttle;

use latchkey_shared::{Context, Reference, Role, Timestamp, User};

use crate::{
    accounts,
    http::{Access, Caller, ClientInfo, Endpoint, Error, Identity},
    keys::mac::hmac,
    state::AppState,
    store::{SessionRow, StoreError},
};

/// A session that is not used for so long ends: 12 hours, in seconds.
pub const IDLE: i64 = 12 * 3600;
/// A session ends after so long, however much it is used: 7 days.
const ABSOLUTE: i64 = 7 * 24 * 3600;
/// How exactly the last use is kept: a minute, so that reading does not mean writing.
const TOUCH_EVERY: i64 = 60;
/// Until when a sign-in at `confirmed_at` is recent.
#[must_use]
pub fn confirmed_until(app: &AppState, confirmed_at: Timestamp) -> Timestamp {
    confirmed_at.plus(app.config.recent_sign_in.into())
}

/// Under which id the database knows the session of a cookie.
fn session_id(app: &AppState, cookie: &str) -> String {
    crate::hex(&hmac(&app.keys.session, &[b"latchkey session v1", cookie.as_bytes()]))
}

/// The caller whose cookie this is; `None` when the session has ended.
///
/// # Errors
/// [`Error::Internal`].
pub async fn resume(app: &AppState, cookie: &str, client_info: ClientInfo) -> Result<Option<Caller>, Error> {
    let now = app.clock.now().unix();
    let Some(found) = app.store.session(&session_id(app, cookie)).await? else { return Ok(None) };
    let session = found.0.clone();
    let Some(caller) = caller(found, client_info, app.clock.now())? else { return Ok(None) };
    if now >= session.seen_at + TOUCH_EVERY {
        // A full disk must not keep anybody from reading; the session ends a little sooner then.
        if let Err(error) = app.store.touch_session(&session.id, now).await {
            tracing::warn!(%error, "the last use of a session is not kept");
        }
    }
    Ok(Some(caller))
}

/// The caller whose session was read; `None` when it has ended.
///
/// # Errors
/// [`StoreError::Damaged`].
pub fn caller(
    (session, user, account): SessionRow,
    client_info: ClientInfo,
    now: Timestamp,
) -> Result<Option<Caller>, StoreError> {
    if now.unix() >= session.seen_at + IDLE || now.unix() >= session.created_at + ABSOLUTE {
        return Ok(None);
    }
    let role = Role::from_word(&user.role).ok_or_else(|| StoreError::Damaged(format!("role {:?}", user.role)))?;
    let actor = Reference { id: user.id, name: user.name };
    let confirmed_at = Timestamp::from_unix(session.confirmed_at);
    let identity = Identity::User { role, session_id: session.id, confirmed_at, email: user.email };
    let endpoint = Endpoint { access: Access::Session, path: "".into() };
    Ok(Some(Caller { account, actor, identity, client_info, endpoint }))
}

/// Who is signed in, and where.
///
/// # Errors
/// [`Error::Forbidden`] for a key, which is not signed in.
pub fn context_of(app: &AppState, caller: &Caller) -> Result<Context, Error> {
    let Identity::User { role, confirmed_at, email, .. } = &caller.identity else {
        return Err(Error::Forbidden("A key is not signed in.".into()));
    };
    let id = caller.actor.id.parse().map_err(|_| StoreError::Damaged(format!("user {:?}", caller.actor.id)))?;
    let user = User { id, name: caller.actor.name.clone(), email: email.clone(), role: *role };
    let account = accounts::present(&caller.account)?;
    Ok(Context { user, account, confirmed_until: confirmed_until(app, *confirmed_at) })
}
