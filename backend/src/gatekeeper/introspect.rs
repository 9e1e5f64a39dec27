//! Introspection (RFC 7662): a resource server asks what a key is worth that somebody has shown it.
//!
//! The caller shows a key of its own that holds the module *Introspection*: in `Authorization: ApiKey` or `Bearer`, or as
//! client id and secret, by HTTP Basic or in the form, which is what OAuth libraries send. Besides `token` it may give
//! `host`, `method`, `path` and `client_address`: then the answer is for such a request from that address. Without the
//! address, a key that works from some addresses alone is not active.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, FromRequest as _, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::{
    Credential, Decision, Denied, Entry, Gatekeeper, Target, Verb,
    apis::Original,
    middleware::{record_call, record_usage, set_decision},
};
use crate::{
    catalogue::rule::is_method,
    http::{self, Error, MAX_BODY},
};

/// The route.
pub fn routes(keeper: Arc<Gatekeeper>) -> Router {
    Router::new()
        .route("/oauth2/introspect", post(introspect).fallback(async || Error::MethodNotAllowed))
        .route("/oauth2/introspect/", post(introspect).fallback(async || Error::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&keeper), record_usage))
        .with_state(keeper)
}

/// What a key is worth. Nothing but `active` is said of one that is worth nothing.
#[derive(Debug, Default, Serialize)]
struct Introspection {
    active: bool,
    /// The ids of the modules, separated by blanks.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
}

impl Introspection {
    fn of(token: &Entry, decision: &Decision<'_>) -> Self {
        let id: String = token.id().into();
        let modules: Vec<&str> = token.modules.ids.iter().map(latchkey_shared::ModuleId::as_str).collect();
        Self {
            active: true,
            scope: Some(modules.join(" ")),
            client_id: Some(id.clone()),
            sub: Some(id),
            username: Some(token.name()),
            token_type: Some("ApiKey"),
            exp: decision.expires_at,
            account_id: Some(token.account.id.clone()),
            external_id: token.external_id(),
            extension: Some(token.extension.to_string()),
        }
    }
}

async fn introspect(
    State(keeper): State<Arc<Gatekeeper>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (sent, extensions) = (request.headers().clone(), request.extensions().clone());
    let address = keeper.client(peer.ip(), &sent);
    // The body first: it may name the caller, and one who is revoked while it is on its way learns nothing.
    let form = match http::Bytes::from_request(request, &()).await {
        Ok(http::Bytes(bytes)) => Form::read(&sent, &bytes),
        Err(error) => return error.into_response(),
    };
    let shown = credential(&sent, form.as_ref().ok());
    let by_header = sent.contains_key(header::AUTHORIZATION);
    let credential = shown.as_deref().map_or(Credential::Header(&sent), Credential::Pair);
    let introspection = keeper.modules().introspection();
    let caller = keeper.authorize(credential, Target::Module(introspection), address).await;
    set_decision(&extensions, caller.clone());
    let answer = match (caller.result, form) {
        (Err(denial), _) => {
            keeper.log(credential.id(), &sent, denial, address);
            Err(keeper.error(&caller, denial))
        }
        (Ok(()), Err(error)) => Err(error),
        // RFC 6749, 2.3: one method in each request.
        (Ok(()), Ok(form)) if by_header && form.client_secret.is_some() => {
            Err(Error::field("client_secret", "is there beside an Authorization header"))
        }
        (Ok(()), Ok(form)) => answer(&keeper, form).await,
    };
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let (Err(Denied::Key(_)), true) = (caller.result, shown.is_some() || !by_header) {
        headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Latchkey\""));
    }
    response
}

/// The parameters of the request; others are passed over.
#[derive(Debug, Default)]
struct Form {
    token: Option<String>,
    host: Option<String>,
    method: Option<String>,
    path: Option<String>,
    client_address: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Form {
    fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Error> {
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Err(Error::Malformed(
                "The body must be a form: Content-Type: application/x-www-form-urlencoded.".into(),
            ));
        }
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match name.as_ref() {
                "token" => &mut form.token,
                "host" => &mut form.host,
                "method" => &mut form.method,
                "path" => &mut form.path,
                "client_address" => &mut form.client_address,
                "client_id" => &mut form.client_id,
                "client_secret" => &mut form.client_secret,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(Error::field(&name, "is there twice"));
            }
        }
        Ok(form)
    }
}

async fn answer(keeper: &Gatekeeper, form: Form) -> Result<Json<Introspection>, Error> {
    let token = form.token.ok_or_else(|| Error::field("token", "is required"))?;
    let address = match form.client_address {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Error::field("client_address", "must be an IP address"))?),
    };
    // As the header has it, or without the scheme, as a client of OAuth shows it.
    let pair = match token.split_once(' ') {
        Some((scheme, pair)) if ["ApiKey", "Bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => pair,
        _ => &token,
    };
    let modules = keeper.modules();
    let apis = &modules.apis;
    let target = match &form.path {
        None => Target::Any,
        Some(path) => {
            let method = match form.method.as_deref() {
                Some(method) if !is_method(method) => return Err(Error::field("method", "must be in upper case")),
                None if apis.have_methods() => {
                    return Err(Error::field(
                        "method",
                        "is required with path, because rules of the catalogue have methods",
                    ));
                }
                method => method.unwrap_or("GET"),
            };
            if form.host.is_none() && apis.have_hosts() {
                return Err(Error::field("host", "is required with path, because APIs of the catalogue have hosts"));
            }
            apis.find(Original { host: form.host.as_deref(), method, path }).1.into()
        }
    };
    let decision = keeper.authorize(Credential::Pair(pair), target, address).await;
    let verb = form.method.as_deref().map_or(Verb::Get, Verb::of);
    match decision.result {
        Ok(()) => record_call(keeper, &decision, verb, StatusCode::OK, address, None),
        // Of an ended key: somebody still has it.
        Err(Denied::Key(_)) => record_call(keeper, &decision, verb, StatusCode::UNAUTHORIZED, address, None),
        Err(_) => {}
    }
    match (decision.result, &decision.token) {
        (Ok(()), Some(token)) => Ok(Json(Introspection::of(token, &decision))),
        // To say "not active" because nobody knows would be a lie.
        (Err(Denied::Unavailable), _) => Err(keeper.error(&decision, Denied::Unavailable)),
        (Err(Denied::Path(error)), _) => Err(Error::field("path", error.to_string())),
        _ => Ok(Json(Introspection::default())),
    }
}

/// The id and secret of the caller, where they are not in `Authorization: ApiKey`: HTTP Basic and the form
/// (RFC 6749, 2.3.1), or a bearer token (RFC 7662, 2.1).
fn credential(headers: &HeaderMap, form: Option<&Form>) -> Option<String> {
    if headers.contains_key(header::AUTHORIZATION) {
        return basic(headers).or_else(|| bearer(headers));
    }
    let form = form?;
    Some(format!("{}:{}", form.client_id.as_ref()?, form.client_secret.as_ref()?))
}

/// The pair behind `Bearer`.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, pair) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| pair.trim().to_owned())
}

/// The id and secret of HTTP Basic, each of which may be form-encoded (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") || encoded.len() > 256 {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    Some(percent_encoding::percent_decode_str(&pair).decode_utf8().ok()?.into_owned())
}
