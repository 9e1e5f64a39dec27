//! What goes with every answer to a key: its headers, and a note of the call.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{Credential, Decision, Gatekeeper, headers, usage::Call};

/// Stands around routes. Whoever shows a key is told where it stands, and the call is noted, whatever the answer: by the
/// [`Decision`] that a handler has put into the extensions of its answer, or else by one that is made for this alone,
/// since nobody needs a key where there is nothing, for example.
pub async fn settle(State(keeper): State<Arc<Gatekeeper>>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let address = peer.and_then(|peer| keeper.client(peer, request.headers()));
    let program = request.headers().get(header::USER_AGENT).cloned();
    let credentials = request.headers().get_all(header::AUTHORIZATION);
    let shown: HeaderMap = credentials.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
    let mut response = next.run(request).await;
    let credential = Credential::Header(&shown);
    let decision = match response.extensions_mut().remove() {
        Some(decision) => decision,
        None if credential.is_key() => keeper.check(credential, None, address).await,
        None => return response,
    };
    let allowed = decision.answer.is_ok();
    settle_one(&keeper, &decision, allowed, address, program.as_ref(), &mut response);
    response
}

/// Tells the holder of a key where it stands, and notes the call. `allowed` says whether it counts as a use.
pub(super) fn settle_one(
    keeper: &Gatekeeper,
    decision: &Decision,
    allowed: bool,
    address: Option<IpAddr>,
    program: Option<&HeaderValue>,
    response: &mut Response,
) {
    if let Some(token) = &decision.token {
        let call = Call {
            module: decision.module,
            status: response.status().as_u16(),
            address,
            program: program.map(HeaderValue::as_bytes),
            at: decision.at,
        };
        keeper.usage.note(token, &call, allowed);
    }
    headers::tell(response.headers_mut(), decision);
}
