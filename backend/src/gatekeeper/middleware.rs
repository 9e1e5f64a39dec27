//! The middleware around every route: rate-limit headers of the response, and usage of the token.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{
    Credential, Decision, Denied, Gatekeeper, Verb, headers,
    usage::{Call, KeyUse},
};

/// The decision about a request. In the request and not in the response, which a handler that fails or takes too long
/// does not make.
#[derive(Debug, Clone, Default)]
struct DecisionSlot(Arc<OnceLock<Decision<'static>>>);

/// Keeps the decision about a request in its extensions, for [`record_usage`].
pub fn set_decision(extensions: &Extensions, decision: Decision<'static>) {
    if let Some(DecisionSlot(slot)) = extensions.get() {
        // There is one decision about a request.
        let _ = slot.set(decision);
    }
}

/// Adds rate-limit headers to the response of a request with a key, and records the call. On a route that needs no key
/// the key is authenticated for this alone.
pub async fn record_usage(State(keeper): State<Arc<Gatekeeper>>, mut request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let address = peer.and_then(|peer| keeper.client(peer, request.headers()));
    let program = request.headers().get(header::USER_AGENT).cloned();
    let verb = Verb::of(request.method().as_str());
    let credentials = request.headers().get_all(header::AUTHORIZATION);
    let shown: HeaderMap = credentials.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
    let slot = DecisionSlot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    let credential = Credential::Header(&shown);
    let decision = match slot.0.get() {
        Some(decision) => decision.clone(),
        None if credential.is_key() => match keeper.authenticate_silently(credential, address).await {
            // The route needs no key, so the response says nothing about an invalid one.
            Decision { result: Err(Denied::Key(_)), .. } => return response,
            decision => decision,
        },
        None => return response,
    };
    let status = response.status();
    record_call(&keeper, &decision, verb, status, address, program.as_ref());
    if headers::add_client_headers(response.headers_mut(), &decision) {
        // It is for the holder of the key, not for a shared cache.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Records a call with the status of its response. It counts as a use of the token if its key was allowed.
pub(super) fn record_call(
    keeper: &Gatekeeper,
    decision: &Decision<'_>,
    verb: Verb,
    status: StatusCode,
    address: Option<IpAddr>,
    program: Option<&HeaderValue>,
) {
    if let Some(token) = &decision.token {
        let program = program.map(HeaderValue::as_bytes);
        let Decision { module, rule, at, .. } = *decision;
        let call = Call { module, rule, verb, status: status.as_u16(), address, program, at };
        keeper.usage.note(token, &call, KeyUse::of(decision));
    }
}
