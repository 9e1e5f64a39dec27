//! The HTTP surface on one page: what there is, and what each route asks of its caller. Four answer outside of the
//! table: `/.well-known/jwks.json`,  `/gateway/…` in [`crate::gatekeeper::forward_auth`], `/oauth2/introspect` in
//! [`crate::gatekeeper::introspect`], and `/metrics` in [`crate::http::metrics`].

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request},
    http::{HeaderValue, Method, StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{delete, get, options, post, put},
};
use tokio::sync::Mutex;
use tower::{Layer as _, ServiceExt as _};
use tower_http::{
    csrf::{CsrfLayer, ProtectionError},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};

use crate::{
    accounts,
    auth::{self, authorize},
    catalogue,
    clock::Clock,
    collections, events,
    gatekeeper::{
        Gatekeeper,
        forward_auth::{self, refuse_misdirected},
        introspect,
        middleware::record_usage,
    },
    http::{
        Access, ClientInfo, Error, Id, ListQuery, Route, compression, conditional, csp,
        guard::{self, guarded},
        headers,
        openapi::{self, Text},
        paths, reference, site,
    },
    sessions,
    state::AppState,
    statistics,
    store::Store,
    tokens,
};

/// The database answers within this time, or the server is not ready.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer about readiness is reused: anybody may ask, and it costs a change of the database.
const PROBE_TTL: Duration = Duration::from_secs(1);

/// Every route of the API, with what it requires of its caller.
#[must_use]
pub fn routes(examples: bool) -> Vec<Route<AppState>> {
    let route = |method, path: &str, access, handler| Route { method, path: path.to_owned(), access, handler };
    let mut routes = vec![
        route(Method::POST, "/auth/login", Access::Public, post(sessions::sign_in::handler)),
        route(Method::POST, "/auth/logout", Access::Session, post(sessions::sign_out::handler)),
        route(Method::GET, "/auth/context", Access::Session, get(sessions::context::handler)),
        route(Method::GET, "/auth/sessions", Access::Session, get(sessions::own::list)),
        route(Method::DELETE, "/auth/sessions/{id}", Access::Session, delete(sessions::own::end)),
        route(Method::POST, "/auth/password", Access::Session, post(sessions::own::change_password)),
        route(Method::POST, "/auth/invitation", Access::Public, post(accounts::invitation::handler)),
        route(Method::GET, "/auth/users", Access::Admin, get(accounts::users::list)),
        route(Method::POST, "/auth/users", Access::Admin, post(accounts::users::invite)),
        route(Method::PUT, "/auth/users/{id}", Access::Admin, put(accounts::users::update)),
        route(Method::POST, "/auth/users/{id}/invite", Access::Admin, post(accounts::users::invite_again)),
        route(Method::POST, "/auth/users/{id}/sign_out", Access::Admin, post(accounts::users::sign_out)),
        route(Method::GET, "/auth/tokens", Access::Read, get(tokens::list::handler)),
        route(Method::POST, "/auth/tokens", Access::WriteOrExchange, post(tokens::create::handler)),
        route(Method::POST, "/auth/tokens/bulk", Access::Write, post(tokens::bulk::handler)),
        route(Method::GET, "/auth/tokens/export.csv", Access::Read, get(tokens::export::handler)),
        route(Method::GET, "/auth/tokens/self", Access::Key, get(tokens::own::show)),
        route(Method::POST, "/auth/tokens/self/rotate", Access::Key, post(tokens::own::rotate)),
        route(Method::GET, "/auth/tokens/{id}", Access::Read, get(tokens::get::handler)),
        route(Method::PUT, "/auth/tokens/{id}", Access::Write, put(tokens::update::handler)),
        route(Method::DELETE, "/auth/tokens/{id}", Access::Write, delete(tokens::delete::handler)),
        route(Method::POST, "/auth/tokens/{id}/activate", Access::Write, post(tokens::activate::handler)),
        route(Method::POST, "/auth/tokens/{id}/deactivate", Access::Write, post(tokens::deactivate::handler)),
        route(Method::POST, "/auth/tokens/{id}/renew", Access::Write, post(tokens::rotate::renew)),
        route(Method::POST, "/auth/tokens/{id}/rotate", Access::Write, post(tokens::rotate::rotate)),
        route(Method::POST, "/auth/tokens/{id}/overlap", Access::Write, post(tokens::overlap::handler)),
        route(Method::POST, "/auth/tokens/{id}/reveal", Access::Reveal, post(tokens::reveal::handler)),
        route(Method::GET, "/auth/tokens/{id}/permissions", Access::Read, get(tokens::permissions::list)),
        route(Method::POST, "/auth/tokens/{id}/permissions", Access::Write, post(tokens::permissions::grant)),
        route(Method::DELETE, "/auth/tokens/{id}/permissions", Access::Write, delete(tokens::permissions::withdraw)),
        route(Method::GET, "/auth/tokens/{id}/explain", Access::Read, get(tokens::explain::handler)),
        route(Method::GET, "/auth/tokens/{id}/sample", Access::Read, get(tokens::sample::handler)),
        route(Method::GET, "/auth/tokens/{id}/usage", Access::Read, get(tokens::usage::handler)),
        route(Method::GET, "/auth/tokens/{id}/hand_over", Access::Read, get(tokens::hand_over::show)),
        route(Method::POST, "/auth/tokens/{id}/hand_over", Access::Reveal, post(tokens::hand_over::make)),
        route(Method::DELETE, "/auth/tokens/{id}/hand_over", Access::Reveal, delete(tokens::hand_over::withdraw)),
        route(Method::POST, "/auth/hand_over", Access::Public, post(tokens::holder::open)),
        route(Method::POST, "/auth/hand_over/take", Access::Public, post(tokens::holder::take)),
        route(Method::POST, "/auth/hand_over/rotate", Access::Public, post(tokens::holder::rotate)),
        route(Method::GET, "/auth/observed", Access::Read, get(tokens::observed::list)),
        route(Method::GET, "/auth/events", Access::Session, get(events::list::handler)),
        route(Method::GET, "/auth/events/export.csv", Access::Session, get(events::list::export_csv)),
        route(Method::GET, "/auth/events/export.jsonl", Access::Session, get(events::list::export_json)),
        route(Method::GET, "/auth/events/live", Access::Session, get(events::live::handler)),
        route(Method::GET, "/statistics/tokens/{id}/aggregates", Access::Read, get(statistics::aggregates)),
        route(Method::GET, "/statistics/tokens/{id}/summary", Access::Read, get(statistics::summary)),
        route(Method::GET, "/accounts", Access::Authenticated, get(accounts::list::handler)),
        route(Method::GET, "/accounts/{id}", Access::Authenticated, get(accounts::list::one)),
        route(Method::GET, "/apis", Access::Authenticated, get(catalogue::list::apis)),
        route(Method::GET, "/modules", Access::Authenticated, get(catalogue::list::modules)),
        route(Method::GET, "/modules/{id}", Access::Authenticated, get(catalogue::list::module)),
        route(Method::GET, "/extensions", Access::Authenticated, get(catalogue::list::extensions)),
        route(Method::GET, "/extensions/{id}", Access::Authenticated, get(catalogue::list::extension)),
        route(Method::GET, "/openapi.json", Access::Public, get(openapi::handler)),
    ];
    for collection in collections::ALL.iter().filter(|_| examples) {
        let list = get(async |query: ListQuery| collection.list(query));
        let one = get(async |id: Id| collection.get(&id));
        routes.push(route(Method::GET, collection.path, Access::Read, list));
        routes.push(route(Method::GET, &format!("{}/{{id}}", collection.path), Access::Read, one));
    }
    routes
}

/// What is served on one address.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Answers proxies, ahead of routing, which alone would cost as much as the decision.
    forward_auth: Option<Arc<Gatekeeper>>,
    router: Router,
}

impl From<Router> for Surface {
    fn from(router: Router) -> Self {
        Self { forward_auth: None, router }
    }
}

impl Surface {
    /// The response to a request of `peer`.
    pub async fn respond(&self, peer: SocketAddr, mut request: Request) -> Response {
        let path = request.uri().path();
        match &self.forward_auth {
            Some(keeper) if path.starts_with(forward_auth::PREFIX) => {
                guarded(forward_auth::respond(keeper, peer, request.method(), path, request.headers())).await
            }
            _ => {
                request.extensions_mut().insert(ConnectInfo(peer));
                // Boxed to keep the future of a decision small.
                let Ok(response) = Box::pin(self.router.clone().oneshot(request)).await;
                response
            }
        }
    }
}

/// A gatekeeper: forward-auth, introspection and health.
pub fn gateway(keeper: &Arc<Gatekeeper>, store: &Store) -> Surface {
    let router = Router::new()
        .merge(health(store, Clock::system(), false))
        .merge(jwks(keeper))
        .fallback(async || Error::NoSuchPath)
        .layer(middleware::from_fn(refuse_misdirected))
        .layer(middleware::from_fn_with_state(Arc::clone(keeper), record_usage));
    Surface { forward_auth: Some(Arc::clone(keeper)), router: introspection(keeper).merge(router) }
}

/// What resource servers ask.
fn introspection(keeper: &Arc<Gatekeeper>) -> Router {
    guard::layer(introspect::routes(Arc::clone(keeper)))
}

/// The public key of assertions, for the APIs behind the proxies.
fn jwks(keeper: &Arc<Gatekeeper>) -> Router {
    let jwks = keeper.jwks();
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    Router::new().route("/.well-known/jwks.json", get(async move || (headers, jwks.to_string())))
}

/// Health checks. A process that changes the database is ready when that accepts a change.
fn health(store: &Store, clock: Clock, changes: bool) -> Router {
    let (store, last) = (store.clone(), Arc::new(Mutex::<Option<(Instant, bool)>>::default()));
    let ready = async move || {
        let mut last = last.lock().await;
        let is_ready = match *last {
            Some((at, is_ready)) if at.elapsed() < PROBE_TTL => is_ready,
            _ => {
                let is_ready = is_ready(&store, &clock, changes).await;
                *last = Some((Instant::now(), is_ready));
                is_ready
            }
        };
        if is_ready { Ok("ok\n") } else { Err(Error::Unavailable) }
    };
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

/// A server: API, health and console, and a gatekeeper unless that has an address of its own.
pub fn server(app: &AppState) -> Surface {
    let routes = routes(app.config.has_examples());
    let document = Text::of(&openapi::document(&routes));
    let mut api = Router::new();
    let mut methods = BTreeMap::<String, Vec<Method>>::new();
    for route in routes {
        let authorized = middleware::from_fn_with_state((app.clone(), route.access), authorize);
        let tagged = middleware::from_fn(conditional::tag);
        api = api.route(&route.path, route.handler.layer(tagged).layer(authorized));
        methods.entry(route.path).or_default().push(route.method);
    }
    for (path, methods) in methods {
        let allowed = headers::allow(&methods);
        api = api.route(&path, options(async move || (StatusCode::NO_CONTENT, [(header::ALLOW, allowed.clone())])));
    }
    // Refuses changes that another site's page asks a signed-in browser for.
    // Behind a proxy that changes `Host`, the console's own origin is known from its public URL alone.
    let own = app.config.public_url.as_deref().and_then(|url| CsrfLayer::new().add_trusted_origin(url).ok());
    let csrf = own.unwrap_or_default().with_rejection_response(|_: ProtectionError| Error::CrossSite.into_response());
    let no_store = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let api = api
        .fallback(async || Error::NoSuchPath)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(middleware::from_fn(compression::lists))
        .layer(no_store)
        .layer(SetResponseHeaderLayer::overriding(headers::CONNECT_VERSION, headers::VERSION))
        .layer(csrf)
        .layer(middleware::map_request(async |request: Request| paths::plain_host(request)))
        .layer(DefaultBodyLimit::max(crate::http::MAX_BODY))
        .layer(Extension(document));
    let router = Router::new()
        .nest(paths::BASE, api)
        .route("/api-reference", get(reference::page))
        .route("/api-reference/{file}", get(reference::file))
        .fallback(site::serve)
        .with_state(app.clone())
        .merge(health(&app.store, app.clock.clone(), true))
        .merge(jwks(&app.gatekeeper));
    let router = guard::layer(router)
        .layer(middleware::from_fn(refuse_misdirected))
        .layer(middleware::from_fn_with_state(Arc::clone(&app.gatekeeper), record_usage));
    let router = headers::secure(router, csp::console(), app.config.is_behind_tls())
        // Paths only: a query may hold what somebody searches for.
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id = request.extensions().get::<ClientInfo>().map(|origin| origin.request_id.clone());
            tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
        }))
        .layer(middleware::from_fn_with_state(app.clone(), auth::note_client));
    // Rewriting an address must happen before routing, so it stands around the whole router.
    let router = middleware::map_request(async |request: Request| paths::normalize_path(request)).layer(router);
    if !app.config.has_gateway() {
        return Router::new().fallback_service(router).into();
    }
    Surface {
        forward_auth: Some(Arc::clone(&app.gatekeeper)),
        router: introspection(&app.gatekeeper).fallback_service(router),
    }
}

async fn is_ready(store: &Store, clock: &Clock, changes: bool) -> bool {
    let check =
        async { if changes { store.check_writable(clock.now().unix()).await } else { store.check_readable().await } };
    // A probe times out after a few seconds; the pool would wait longer for a connection.
    match tokio::time::timeout(PROBE_TIMEOUT, check).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database is not ready");
            false
        }
        Err(_) => {
            tracing::warn!("the database does not answer");
            false
        }
    }
}
