//! What goes with every answer to a key: its headers, and a note of the call.

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

use super::{Credential, Decision, Gatekeeper, Refusal, headers, usage::Call};

/// Where the decision about a request is kept for [`settle`]: not in the answer, which may be one of its own when a handler
/// fails or takes too long.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<OnceLock<Decision<'static>>>);

/// Keeps what was decided about the key of a request, given the extensions of that request.
pub fn keep(extensions: &Extensions, decision: Decision<'static>) {
    if let Some(Kept(place)) = extensions.get() {
        // A request is decided about once.
        let _ = place.set(decision);
    }
}

/// Stands around routes. Whoever shows a key is told where it stands, and the call is noted, whatever the answer: by the
/// [`Decision`] that was [`keep`]t, or else by one that is made for this alone, since nobody needs a key where there is
/// nothing, for example.
pub async fn settle(State(keeper): State<Arc<Gatekeeper>>, mut request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let address = peer.and_then(|peer| keeper.client(peer, request.headers()));
    let program = request.headers().get(header::USER_AGENT).cloned();
    let credentials = request.headers().get_all(header::AUTHORIZATION);
    let shown: HeaderMap = credentials.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
    let kept = Kept::default();
    request.extensions_mut().insert(kept.clone());
    let mut response = next.run(request).await;
    let credential = Credential::Header(&shown);
    let decision = match kept.0.get() {
        Some(decision) => decision.clone(),
        None if credential.is_key() => match keeper.check_uncounted(credential, address).await {
            // Nobody asked whether the key is good, so the answer says nothing about it.
            Decision { answer: Err(Refusal::Key(_)), .. } => return response,
            decision => decision,
        },
        None => return response,
    };
    let status = response.status();
    note(&keeper, &decision, status, address, program.as_ref());
    if headers::tell(response.headers_mut(), &decision) {
        // It is for the holder of the key alone: not for a cache that others ask as well.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Notes a call that was answered with `status`. It counts as a use when its key was let pass.
pub(super) fn note(
    keeper: &Gatekeeper,
    decision: &Decision<'_>,
    status: StatusCode,
    address: Option<IpAddr>,
    program: Option<&HeaderValue>,
) {
    if let Some(token) = &decision.token {
        let program = program.map(HeaderValue::as_bytes);
        let call = Call { module: decision.module, status: status.as_u16(), address, program, at: decision.at };
        keeper.usage.note(token, &call, decision.answer.is_ok());
    }
}
