//! Forward-auth: a proxy asks about every request to the API behind it.
//!
//! - `/gateway/check` for Caddy and Traefik, which pass on the status and body of a denial as they are.
//! - `/gateway/nginx` for nginx, whose `auth_request` knows only 2xx, 401 and 403: every denial but 401 is 403, with
//!   the status that is meant and the body in headers.
//! - `/gateway/envoy/…` for Envoy, which puts the path of the original request behind this one.
//!
//! The first two read the original request from `X-Forwarded-Method`, `-Uri` and `-Host`, or from `X-Original-Method` and
//! `-URI`. The files in `deploy/` show how each proxy is set up.

use std::{borrow::Cow, net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use latchkey_shared::{PresentedKey, Timestamp};

use super::{
    AuthError, Credential, Decision, Denied, Entry, Gatekeeper, Target, Verb,
    apis::{self, ApiGate, Original},
    credentials, headers,
    middleware::record_call,
    observe::{REPLACED, Refused},
};
use crate::{catalogue::rule::is_method, http::Error};

/// For nginx: the status that is meant.
const STATUS: HeaderName = HeaderName::from_static("x-latchkey-status");
/// For nginx: the body that is meant.
const BODY: HeaderName = HeaderName::from_static("x-latchkey-body");

/// What a misconfigured proxy is told.
pub const MISSING_TARGET: &str = "The proxy must send the original request in X-Forwarded-Method and X-Forwarded-Uri, or in \
    X-Original-Method and X-Original-URI.";

/// What a proxy is told that does not say which host a client asked.
pub const MISSING_HOST: &str = "The proxy must send the host of the original request in X-Forwarded-Host.";

/// What stands before the original path when Envoy asks.
const ENVOY: &str = "/gateway/envoy";

const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const ORIGINAL_METHOD: HeaderName = HeaderName::from_static("x-original-method");
const ORIGINAL_URI: HeaderName = HeaderName::from_static("x-original-uri");

/// What every path of a proxy's question begins with.
pub const PREFIX: &str = "/gateway/";

/// Answers a proxy that asks at a path which begins with [`PREFIX`].
pub async fn respond(
    keeper: &Gatekeeper,
    peer: SocketAddr,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response {
    let (request, refuse): (_, fn(&Error) -> Response) = match path {
        "/gateway/check" => (original(headers), Error::to_response),
        "/gateway/nginx" => (original(headers), for_nginx),
        _ => match path.strip_prefix(ENVOY) {
            // It asks with the method and the host of the original request. Without a path behind it, the question is about
            // no path, which is refused.
            Some(path) if path.is_empty() || path.starts_with('/') => {
                let host = single(headers, &header::HOST).map(|host| host.and_then(|it| std::str::from_utf8(it).ok()));
                let method = checked(method.as_str());
                (host.and_then(|host| Ok(Original { host, method: method?, path })), Error::to_response)
            }
            // Never the console's page: a proxy would take its 200 for a permission.
            _ => (Err(Error::NoSuchPath), Error::to_response),
        },
    };
    answer(keeper, peer, headers, request, refuse).await
}

/// Refuses a proxy that asks at the wrong path: it would take the 200 of a page or of a health check for a permission.
pub async fn refuse_misdirected(request: Request, next: Next) -> Result<Response, Error> {
    const ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");
    const REWRITE_URL: HeaderName = HeaderName::from_static("x-rewrite-url");
    let asks = [FORWARDED_METHOD, FORWARDED_URI, ORIGINAL_METHOD, ORIGINAL_URI, ORIGINAL_URL, REWRITE_URL];
    if asks.iter().any(|name| request.headers().contains_key(name)) {
        return Err(Error::MisdirectedProxy);
    }
    Ok(next.run(request).await)
}

/// A header that one program writes.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, Error> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if value.is_empty() => Err(Error::Malformed(format!("{name} is empty."))),
        (Some(value), None) => Ok(Some(value.as_bytes())),
        _ => Err(Error::Malformed(format!("{name} is there twice."))),
    }
}

/// The original request. Two headers that disagree, or one that is there twice, were not written by one proxy alone.
fn original(headers: &HeaderMap) -> Result<Original<'_>, Error> {
    let single = |name: &HeaderName| single(headers, name);
    let (forwarded, original) = (single(&FORWARDED_URI)?, single(&ORIGINAL_URI)?);
    // Also without their methods.
    if let (Some(forwarded), Some(original)) = (forwarded, original)
        && forwarded != original
    {
        return Err(Error::Malformed(
            "X-Forwarded-Uri and X-Original-URI disagree: the proxy must remove the one that it does not set."
                .to_owned(),
        ));
    }
    let pairs = [(single(&FORWARDED_METHOD)?, forwarded), (single(&ORIGINAL_METHOD)?, original)];
    let mut pairs = pairs.into_iter().filter_map(|(method, target)| method.zip(target));
    let (method, target) = pairs.next().ok_or_else(|| Error::Malformed(MISSING_TARGET.to_owned()))?;
    if pairs.next().is_some_and(|(other, _)| other != method) {
        return Err(Error::Malformed(
            "X-Forwarded-Method and X-Original-Method disagree: the proxy must remove the one that it does not set."
                .to_owned(),
        ));
    }
    // The query has no say in a decision, so it may have any bytes.
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let path = std::str::from_utf8(path);
    let path = path.map_err(|_| Error::Malformed("The path is not encoded properly.".to_owned()))?;
    let host = single(&FORWARDED_HOST)?.and_then(|host| std::str::from_utf8(host).ok());
    Ok(Original { host, method: checked(std::str::from_utf8(method).unwrap_or_default())?, path })
}

/// A method as programs write them.
fn checked(method: &str) -> Result<&str, Error> {
    if is_method(method) { Ok(method) } else { Err(Error::Malformed("The method must be in upper case.".to_owned())) }
}

/// The answer; a denial as `refuse` has it. A question that names no path is refused in any case, but the key with it
/// is looked at like any other: its holder is told where it stands.
async fn answer(
    keeper: &Gatekeeper,
    peer: SocketAddr,
    headers: &HeaderMap,
    request: Result<Original<'_>, Error>,
    refuse: fn(&Error) -> Response,
) -> Response {
    let address = keeper.client(peer.ip(), headers);
    let modules = keeper.modules();
    let all = &modules.apis;
    let (api, found) = match &request {
        Ok(request) => all.find(*request),
        Err(_) => (all.first(), Err(Denied::MissingTarget)),
    };
    let mut buffer = credentials::BUFFER;
    let key = credentials::read(&api.api.credentials, headers, &mut buffer);
    let is_public = found.is_ok_and(|openers| openers.is_public());
    let needs_no_key = match (&request, found) {
        (Ok(request), Ok(_)) => {
            let is_anonymous = api.api.anonymous && key == Ok(None);
            is_public || is_anonymous || api.lets_preflight_pass(request.method, headers)
        }
        _ => false,
    };
    // A key that the API would be given is refused in any case.
    let needs_no_key = needs_no_key && key != Err(AuthError::Form);
    if needs_no_key && !matches!(key, Ok(Some(_))) {
        return pass(None, None);
    }
    let key = key.and_then(|key| key.ok_or_else(|| credentials::nothing_shown(&api.api.credentials, headers)));
    let reply = |decision: Decision<'_>| {
        let (request, malformed) = match request {
            Ok(request) => (Some(request), None),
            Err(error) => (None, Some(error)),
        };
        let error = match (malformed, decision.result, &decision.token) {
            (Some(error), ..) => Some(error),
            // Whatever the key is worth, the request is as good as one without it.
            (None, Err(_), _) if needs_no_key => return pass(None, None),
            (None, Ok(()), Some(_)) => None,
            (None, Err(denial), _) => Some(keeper.error(&decision, denial)),
            // Nothing passes without a token, whatever a later change of the rule may forget.
            (None, Ok(()), None) => Some(Error::Unauthorized),
        };
        // The request as it is noted, where its API is in observe mode.
        let observed = request.filter(|request| all.observe_request((api, found), request.host));
        let host = request.and_then(|request| apis::plain_host(request.host?));
        let asked = Asked { keeper, api, host, at: decision.at };
        let mut response = match (&error, decision.result, observed) {
            (None, ..) => pass(Some(&asked), decision.token.as_deref()),
            (Some(_), Err(why), Some(request)) => {
                // Whoever has a key that is good for nothing, or good elsewhere, is nobody, and so is who asks for no API.
                let is_valid = matches!(why, Denied::Module(_) | Denied::Limited);
                let token = decision.token.as_deref().filter(|_| is_valid);
                let program = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
                let number = decision.token.as_ref().map(|token| token.number);
                let why = if decision.is_previous && matches!(why, Denied::Key(_)) { REPLACED } else { why.as_str() };
                let refused = Refused { api, request, found, token: number, why, address, program, at: decision.at };
                keeper.observe(&refused, shown(key, api, headers).as_deref(), headers);
                pass(Some(&asked), token)
            }
            (Some(error), ..) => {
                if let Err(denial) = decision.result {
                    keeper.log(shown(key, api, headers).as_deref(), headers, denial, address);
                }
                refusal(error, api, headers, refuse)
            }
        };
        let verb = request.map_or(Verb::Other, |request| Verb::of(request.method));
        let status = match (&error, observed) {
            (Some(error), None) => error.status(),
            _ => StatusCode::OK,
        };
        record_call(keeper, &decision, verb, status, address, headers.get(header::USER_AGENT));
        headers::add_client_headers(response.headers_mut(), &decision);
        response
    };
    keeper.authorize_with(Credential::Read(key), Target::from(found), address, reply).await
}

/// The id of the key of a request; of what is no key, or has a form that the API does not take, the id that it claims.
fn shown<'a>(key: Result<PresentedKey<'a>, AuthError>, api: &ApiGate, headers: &HeaderMap) -> Option<Cow<'a, str>> {
    match key {
        Ok(key) => Some(key.id.into()),
        Err(_) => credentials::claimed_id(&api.api.credentials, headers).map(|id| String::from(id).into()),
    }
}

/// Who signs what an API is told of the token of a request.
struct Asked<'a> {
    keeper: &'a Gatekeeper,
    api: &'a ApiGate,
    host: Option<&'a str>,
    at: Timestamp,
}

/// Lets a request pass, with the token that it comes from or without one.
fn pass(asked: Option<&Asked<'_>>, token: Option<&Arc<Entry>>) -> Response {
    let mut response = Response::new(Body::empty());
    let assertion = asked.filter(|asked| asked.api.api.assertion).zip(token).and_then(|(asked, token)| {
        let signer = asked.keeper.signer.as_ref()?;
        signer.assertion(token, asked.api, asked.host, asked.at)
    });
    headers::add_identity_headers(response.headers_mut(), token, assertion);
    response
}

/// Refuses a request, in the words of its API.
fn refusal(error: &Error, api: &ApiGate, request: &HeaderMap, refuse: fn(&Error) -> Response) -> Response {
    let mut response = refuse(error);
    let headers = response.headers_mut();
    if error.status() == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, api.challenge.clone());
    }
    api.add_cors_headers(request, headers);
    response
}

/// nginx makes 500 of everything but 2xx, 401 and 403. Its configuration reads what is meant from the headers.
fn for_nginx(error: &Error) -> Response {
    let mut response = error.to_response();
    let meant = error.status();
    if meant != StatusCode::UNAUTHORIZED {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    let headers = response.headers_mut();
    headers.insert(STATUS, HeaderValue::from(meant.as_u16()));
    if let Ok(body) = HeaderValue::try_from(ascii(&error.body())) {
        headers.insert(BODY, body);
    }
    response
}

/// JSON with every letter beyond ASCII escaped, so that it fits into a header.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(headers: &[(&'static str, &'static str)]) -> Result<String, String> {
        let headers: HeaderMap = headers.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(*name, HeaderValue::from_static(value));
            map
        });
        original(&headers).map(|it| format!("{} {}", it.method, it.path)).map_err(|error| error.body())
    }

    #[test]
    fn original_request_is_named_by_one_pair_of_headers() {
        let forwarded = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a?b=1")];
        let original = [("x-original-method", "GET"), ("x-original-uri", "/a?b=1")];
        assert_eq!(target(&forwarded).unwrap(), "GET /a");
        assert_eq!(target(&original).unwrap(), "GET /a");
        assert_eq!(target(&[forwarded, original].concat()).unwrap(), "GET /a");
    }

    #[test]
    fn headers_of_two_proxies_are_refused() {
        let refused = |headers: &[(&'static str, &'static str)], part: &str| {
            let error = target(headers).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        refused(&[], "must send the original request");
        refused(&[("x-forwarded-uri", "/a")], "must send the original request");
        refused(&[("x-forwarded-method", "GET"), ("x-forwarded-uri", "")], "x-forwarded-uri is empty");
        let twice = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a"), ("x-forwarded-uri", "/a")];
        refused(&twice, "x-forwarded-uri is there twice");
        let two = [
            ("x-forwarded-method", "GET"),
            ("x-forwarded-uri", "/a"),
            ("x-original-method", "GET"),
            ("x-original-uri", "/b"),
        ];
        refused(&two, "disagree");
        refused(&[&two[..2], &two[3..]].concat(), "disagree");
        refused(&two[1..], "disagree");
        let methods = [("x-original-method", "POST"), ("x-original-uri", "/a")];
        refused(&[&two[..2], &methods[..]].concat(), "X-Original-Method disagree");
        refused(&[("x-forwarded-method", "get"), ("x-forwarded-uri", "/a")], "must be in upper case");
    }

    #[test]
    fn body_fits_into_a_header() {
        assert_eq!(ascii("{\"a\": \"\u{fc}\u{1f511}\"}"), "{\"a\": \"\\u00fc\\ud83d\\udd11\"}");
    }
}
