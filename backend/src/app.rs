//! The whole HTTP surface on one page: what there is, and what each route asks of its caller.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, delete, get, options, post, put},
};
use tower::Layer as _;
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::{CsrfLayer, ProtectionError},
    trace::TraceLayer,
};

use crate::{
    accounts,
    catalogue::{self, Catalogue},
    clock::Clock,
    collections,
    config::Config,
    gatekeeper::{Gatekeeper, answers::settle, forward_auth::refuse_misdirected},
    http::{
        Error, Id, ListQuery, Needs, Origin, authorize, conditional, headers,
        listen::Service,
        openapi, paths, reference,
        site::{self, Site},
    },
    keys::Keys,
    rng::Rng,
    sessions::{self, password::Passwords, throttle::Throttle},
    statistics,
    store::Store,
    tokens,
};

/// No request takes longer.
const LONGEST: Duration = Duration::from_secs(30);

/// The database answers within this time, or the server is not ready.
const LONGEST_PROBE: Duration = Duration::from_secs(2);

/// Everything that a handler can reach. Cloning shares it.
pub type App = Arc<Parts>;

/// The parts of a running server.
#[derive(Debug)]
pub struct Parts {
    /// What the operator chose.
    pub config: Config,
    /// Modules and extensions.
    pub catalogue: Catalogue,
    /// The database.
    pub store: Store,
    /// Decides about keys.
    pub gatekeeper: Arc<Gatekeeper>,
    /// The children of the master key.
    pub keys: Keys,
    /// The id of this installation.
    pub installation: String,
    /// The clock.
    pub clock: Clock,
    /// Randomness.
    pub rng: Rng,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Limits on attempts.
    pub throttle: Throttle,
    /// The console's policy.
    pub site: Site,
    /// The API document, made when it is first asked for.
    pub document: OnceLock<Bytes>,
}

/// One route of the API.
#[derive(Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below the base path, with `{…}` for what varies.
    pub path: String,
    /// What it asks of its caller.
    pub needs: Needs,
    handler: MethodRouter<App>,
}

/// Every route of the API. A route cannot be written without saying what it needs.
#[must_use]
pub fn routes(examples: bool) -> Vec<Route> {
    let route = |method, path: &str, needs, handler| Route { method, path: path.to_owned(), needs, handler };
    let mut routes = vec![
        route(Method::POST, "/auth/login", Needs::Nothing, post(sessions::sign_in::handler)),
        route(Method::POST, "/auth/logout", Needs::Session, post(sessions::sign_out::handler)),
        route(Method::GET, "/auth/context", Needs::Session, get(sessions::context::handler)),
        route(Method::GET, "/auth/tokens", Needs::Reading, get(tokens::list::handler)),
        route(Method::POST, "/auth/tokens", Needs::ChangingOrExchanging, post(tokens::create::handler)),
        route(Method::GET, "/auth/tokens/{id}", Needs::Reading, get(tokens::get::handler)),
        route(Method::PUT, "/auth/tokens/{id}", Needs::Changing, put(tokens::update::handler)),
        route(Method::DELETE, "/auth/tokens/{id}", Needs::Changing, delete(tokens::delete::handler)),
        route(Method::POST, "/auth/tokens/{id}/activate", Needs::Changing, post(tokens::activate::handler)),
        route(Method::POST, "/auth/tokens/{id}/deactivate", Needs::Changing, post(tokens::deactivate::handler)),
        route(Method::POST, "/auth/tokens/{id}/renew", Needs::Changing, post(tokens::replace::renew)),
        route(Method::POST, "/auth/tokens/{id}/rotate", Needs::Changing, post(tokens::replace::rotate)),
        route(Method::POST, "/auth/tokens/{id}/reveal", Needs::Revealing, post(tokens::reveal::handler)),
        route(Method::GET, "/auth/tokens/{id}/permissions", Needs::Reading, get(tokens::permissions::list)),
        route(Method::POST, "/auth/tokens/{id}/permissions", Needs::Changing, post(tokens::permissions::grant)),
        route(Method::DELETE, "/auth/tokens/{id}/permissions", Needs::Changing, delete(tokens::permissions::withdraw)),
        route(Method::GET, "/statistics/tokens/{id}/aggregates", Needs::Reading, get(statistics::aggregates)),
        route(Method::GET, "/statistics/tokens/{id}/summary", Needs::Reading, get(statistics::summary)),
        route(Method::GET, "/accounts", Needs::Identity, get(accounts::list::handler)),
        route(Method::GET, "/accounts/{id}", Needs::Identity, get(accounts::list::one)),
        route(Method::GET, "/modules", Needs::Identity, get(catalogue::list::modules)),
        route(Method::GET, "/modules/{id}", Needs::Identity, get(catalogue::list::module)),
        route(Method::GET, "/extensions", Needs::Identity, get(catalogue::list::extensions)),
        route(Method::GET, "/extensions/{id}", Needs::Identity, get(catalogue::list::extension)),
        route(Method::GET, "/openapi.json", Needs::Nothing, get(openapi::handler)),
    ];
    for collection in collections::ALL.iter().filter(|_| examples) {
        let list = get(async |query: ListQuery| collection.list(query));
        let one = get(async |id: Id| collection.get(&id));
        routes.push(route(Method::GET, collection.path, Needs::Reading, list));
        routes.push(route(Method::GET, &format!("{}/{{id}}", collection.path), Needs::Reading, one));
    }
    routes
}

/// What is answered where there is nothing but the gatekeeper.
pub fn gateway(keeper: &Arc<Gatekeeper>, store: &Store) -> Service {
    let probe = store.clone();
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async move || ready(&probe).await))
        .fallback(async || Error::NoSuchPath)
        .layer(middleware::from_fn(refuse_misdirected))
        .layer(middleware::from_fn_with_state(Arc::clone(keeper), settle));
    Service::new(Some(Arc::clone(keeper)), bounded(keeper.routes()).merge(router))
}

/// The router of a server: API, health and console.
pub fn router(app: &App) -> Router {
    let mut api = Router::new();
    let mut methods = BTreeMap::<String, Vec<Method>>::new();
    for route in routes(app.config.has_examples()) {
        let authorized = middleware::from_fn_with_state((app.clone(), route.needs), authorize);
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
    let api = api
        .fallback(async || Error::NoSuchPath)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(middleware::from_fn(headers::no_store))
        .layer(middleware::from_fn(headers::version))
        .layer(csrf)
        .layer(DefaultBodyLimit::max(crate::http::MAX_BODY));
    let router = Router::new()
        .nest(paths::BASE, api)
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async |State(app): State<App>| ready(&app.store).await))
        .route("/api-reference", get(reference::page))
        .route("/api-reference/{file}", get(reference::file))
        .fallback(site::serve)
        .with_state(app.clone());
    let router = bounded(router)
        .layer(middleware::from_fn(refuse_misdirected))
        .layer(middleware::from_fn_with_state(Arc::clone(&app.gatekeeper), settle))
        .layer(middleware::from_fn_with_state(app.clone(), headers::secure))
        // Paths only: a query may hold what somebody searches for.
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id = request.extensions().get::<Origin>().map(|origin| origin.request_id.clone());
            tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
        }))
        .layer(middleware::from_fn_with_state(app.clone(), Origin::note));
    // Rewriting an address must happen before routing, so it stands around the whole router.
    let router = middleware::map_request(async |request: Request| paths::tidy(request)).layer(router);
    if !app.config.has_gateway() {
        return Router::new().fallback_service(router);
    }
    // Proxies ask here about every request: nothing stands before the decision.
    bounded(app.gatekeeper.routes()).fallback_service(router)
}

/// Routes that answer within a bounded time, whatever happens in them.
fn bounded(router: Router) -> Router {
    router
        .layer(middleware::from_fn(limit_time))
        .layer(CatchPanicLayer::custom(|_| Error::Internal("a handler panicked".to_owned()).into_response()))
}

async fn limit_time(request: Request, next: Next) -> Result<Response, Error> {
    let answer = tokio::time::timeout(LONGEST, next.run(request)).await;
    answer.map_err(|_| Error::Internal("the request took too long".to_owned()))
}

async fn ready(store: &Store) -> Result<&'static str, Error> {
    // Whoever probes gives up after a few seconds; the pool would wait longer for a connection.
    match tokio::time::timeout(LONGEST_PROBE, store.ping()).await {
        Ok(answer) => answer?,
        Err(_) => return Err(Error::Internal("the database does not answer".to_owned())),
    }
    Ok("ok\n")
}
