//! Accepting connections. As `axum::serve`, with bounds: on how many connections there are at once, and on how
//! long a client may take to send its headers, or to say nothing on a connection that it keeps open.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt as _;

use crate::gatekeeper::{Gatekeeper, forward_auth};

/// Connections at once; more wait until one of these has ended.
const CONNECTIONS: usize = 4096;
/// How long a client may take for its headers.
const HEADERS: Duration = Duration::from_secs(30);
/// How long to wait when the system has no file descriptor left, instead of asking it again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// What a listener answers: proxies at once, when it has a gatekeeper, and everything else by its router.
#[derive(Debug, Clone)]
pub struct Service {
    gatekeeper: Option<Arc<Gatekeeper>>,
    router: Router,
}

impl Service {
    /// Answers by the router, and proxies as its routes would.
    #[must_use]
    pub fn new(gatekeeper: Option<Arc<Gatekeeper>>, router: Router) -> Self {
        Self { gatekeeper, router }
    }

    async fn answer(self, peer: SocketAddr, mut request: Request<Incoming>) -> Result<Response, Infallible> {
        if let Some(keeper) = &self.gatekeeper
            && request.uri().path().starts_with(forward_auth::PREFIX)
        {
            return Ok(forward_auth::respond(keeper, peer, request.uri().path(), request.headers()).await);
        }
        request.extensions_mut().insert(ConnectInfo(peer));
        // In a box, so that the way of the proxies' questions does not carry its weight.
        Box::pin(self.router.oneshot(request.map(Body::new))).await
    }
}

/// Serves until `stop`, then lets the requests under way finish, for as long as `drain`. Says whether they did.
pub async fn serve(listener: TcpListener, service: Service, stop: impl Future<Output = ()>, drain: Duration) -> bool {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            // Never closed, so there is always a permit in the end.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accept => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::warn!(%error, "accepting connections");
                    tokio::time::sleep(PAUSE).await;
                }
                continue;
            }
        };
        let service = service.clone();
        let service = service_fn(move |request| service.clone().answer(peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // An error is a client that went away, or one that did not speak HTTP.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    tokio::time::timeout(drain, graceful.shutdown()).await.is_ok()
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}
