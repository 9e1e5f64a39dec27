//! The session's cookie: not readable by scripts, not sent by other sites, only over TLS where there is TLS.

use axum::http::{HeaderMap, header};
use cookie::{Cookie, SameSite, time::Duration};

use super::ABSOLUTE;
use crate::state::AppState;

/// Over TLS; the prefix makes browsers refuse the cookie from anything but this very host.
const SECURE_NAME: &str = "__Host-latchkey";
/// Without TLS, which is for trying things on one's own machine.
const PLAIN_NAME: &str = "latchkey";

/// The value of the session cookie that came with a request. Over TLS the plain name means nothing: a neighbouring
/// host could have set it.
#[must_use]
pub fn read(app: &AppState, headers: &HeaderMap) -> Option<String> {
    // Another program on the same host may set cookies with any bytes; ours has ASCII alone.
    let values = headers.get_all(header::COOKIE).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.into_iter().find_map(|value| {
        let mut cookies = Cookie::split_parse(&*value).filter_map(Result::ok);
        cookies.find(|cookie| cookie.name() == name(app)).map(|cookie| cookie.value().to_owned())
    })
}

/// `Set-Cookie` for a new session.
#[must_use]
pub fn set(app: &AppState, value: &str) -> String {
    build(app, value, Duration::seconds(ABSOLUTE))
}

/// `Set-Cookie` that makes the browser forget.
#[must_use]
pub fn cleared(app: &AppState) -> String {
    build(app, "", Duration::ZERO)
}

fn name(app: &AppState) -> &'static str {
    if app.config.is_behind_tls() { SECURE_NAME } else { PLAIN_NAME }
}

fn build(app: &AppState, value: &str, max_age: Duration) -> String {
    Cookie::build((name(app), value))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config.is_behind_tls())
        .path("/")
        .max_age(max_age)
        .build()
        .to_string()
}
