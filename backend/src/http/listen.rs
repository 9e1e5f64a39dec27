//! Accepting connections. As `axum::serve`, with bounds: on how many connections there are at once, and on how
//! long a client may take to send its headers, or to say nothing on a connection that it keeps open.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
};
use tower::ServiceExt as _;

use super::{stream::Stream, timer::ConnectionTimer};
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

    async fn answer(&self, peer: SocketAddr, mut request: Request<Incoming>) -> Result<Response, Infallible> {
        if let Some(keeper) = &self.gatekeeper
            && request.uri().path().starts_with(forward_auth::PREFIX)
        {
            return Ok(forward_auth::respond(keeper, peer, request.uri().path(), request.headers()).await);
        }
        request.extensions_mut().insert(ConnectInfo(peer));
        // In a box, so that the way of the proxies' questions does not carry its weight.
        Box::pin(self.router.clone().oneshot(request.map(Body::new))).await
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
        let connection = converse(stream, peer, service.clone());
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

/// A connection: one request after the other, until somebody has enough.
fn converse<S>(stream: S, peer: SocketAddr, service: Service) -> impl GracefulConnection<Error = hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    // Cores contend for what all connections count; this count is the connection's own.
    let service = Arc::new(service);
    let service = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { service.answer(peer, request).await }
    });
    http1::Builder::new()
        .timer(ConnectionTimer::new(HEADERS))
        .header_read_timeout(HEADERS)
        .serve_connection(Stream::new(stream), service)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::{Instant, sleep},
    };

    use super::*;

    const ALMOST: Duration = Duration::from_secs(HEADERS.as_secs() - 1);

    fn client() -> DuplexStream {
        let (client, server) = duplex(4096);
        let service = Service::new(None, Router::new().route("/", get(async || "hello")));
        let peer = "192.0.2.7:4000".parse().unwrap();
        tokio::spawn(async move { converse(server, peer, service).await });
        client
    }

    async fn is_answered(client: &mut DuplexStream) -> bool {
        let mut buffer = [0; 1024];
        let read = client.read(&mut buffer).await.unwrap();
        buffer[..read].ends_with(b"hello")
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_has_its_own_time() {
        let mut client = client();
        for round in 1..=5 {
            client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
            sleep(ALMOST).await;
            client.write_all(b"\r\n").await.unwrap();
            assert!(is_answered(&mut client).await, "request {round}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_for_too_long_is_cut_off() {
        // At once, between two requests, and in the middle of one.
        for (first, second) in [(false, ""), (true, ""), (true, "GET / HTTP/1.1\r\nX-Slow: "), (false, "GET")] {
            let (mut client, begun) = (client(), Instant::now());
            if first {
                client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
                assert!(is_answered(&mut client).await);
            }
            sleep(ALMOST).await;
            client.write_all(second.as_bytes()).await.unwrap();
            assert!(!is_answered(&mut client).await);
            assert_eq!(begun.elapsed().as_secs(), HEADERS.as_secs(), "{first} {second:?}");
        }
    }
}
