//! Accepting connections. As `axum::serve`, with bounds: on how many connections there are at once, in all and of one
//! peer, on how long a client may take to send its headers, or to keep an idle connection open, and on how long it may
//! read nothing of an answer.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use futures_util::FutureExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_io_timeout::TimeoutStream;

use super::connections::Connections;

/// How long a connection may be idle, and how long a client may take for its headers. Proxies keep idle connections for
/// 60 (nginx), 90 (Traefik) and 120 seconds (Caddy); one that we close first may be just about to carry a request.
/// Envoy keeps them for an hour: `deploy/envoy` sets less.
const IDLE: Duration = Duration::from_secs(130);
/// How long a client may read nothing of an answer.
const STALLED: Duration = Duration::from_secs(30);
/// Bytes of a request's head that are kept while it arrives.
const MAX_HEAD: usize = 32 * 1024;
/// How long to wait when the system has no file descriptor left, instead of asking it again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, each connection with the service that `service_of` makes for its peer; then lets the requests
/// under way finish, for as long as `drain`. Returns whether they did.
pub async fn serve<S, R>(
    listener: TcpListener,
    service_of: impl Fn(SocketAddr) -> S,
    connections: Connections,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> bool
where
    S: Fn(Request) -> R + Send + 'static,
    R: Future<Output = Response> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let room = connections.room().await;
            (room, listener.accept().await)
        };
        let (room, accepted) = tokio::select! {
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
        let Some(place) = room.and_then(|room| connections.place(room, peer.ip())) else { continue };
        let connection = graceful.watch(connection(stream, service_of(peer)));
        tokio::spawn(async move {
            // An error is a client that went away, or one that did not speak HTTP.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    tokio::time::timeout(drain, graceful.shutdown()).await.is_ok()
}

/// Serves the requests of a connection, one after the other.
fn connection<S, R>(stream: S, respond: impl Fn(Request) -> R) -> impl GracefulConnection<Error = hyper::Error>
where
    S: AsyncRead + AsyncWrite + 'static,
    R: Future<Output = Response>,
{
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(STALLED));
    let service =
        service_fn(move |request: hyper::Request<Incoming>| respond(request.map(Body::new)).map(Ok::<_, Infallible>));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::{Instant, sleep},
    };

    use super::*;

    const ALMOST: Duration = Duration::from_secs(IDLE.as_secs() - 1);

    fn client() -> DuplexStream {
        let (client, server) = duplex(4096);
        tokio::spawn(async move { connection(server, async |_| "hello".into_response()).await });
        client
    }

    async fn is_answered(client: &mut DuplexStream) -> bool {
        let mut buffer = [0; 1024];
        let read = client.read(&mut buffer).await.unwrap();
        buffer[..read].ends_with(b"hello")
    }

    #[tokio::test(start_paused = true)]
    async fn timeout_begins_anew_with_each_request() {
        let mut client = client();
        for round in 1..=5 {
            client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
            sleep(ALMOST).await;
            client.write_all(b"\r\n").await.unwrap();
            assert!(is_answered(&mut client).await, "request {round}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connection_and_slow_head_are_closed_after_the_timeout() {
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
            assert_eq!(begun.elapsed().as_secs(), IDLE.as_secs(), "{first} {second:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn client_that_reads_nothing_is_closed_after_the_write_timeout() {
        let (mut client, server) = duplex(4096);
        let respond = async |_| "x".repeat(1_000_000).into_response();
        let connection = tokio::spawn(async move { connection(server, respond).await });
        let begun = Instant::now();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        // Reads a little now and then, which is progress, and then nothing any more.
        for _ in 0..3 {
            sleep(STALLED - Duration::from_secs(1)).await;
            client.read_exact(&mut [0; 4096]).await.unwrap();
        }
        assert!(connection.await.unwrap().is_err());
        assert_eq!(begun.elapsed(), 4 * STALLED - Duration::from_secs(3));
    }

    #[tokio::test]
    async fn head_beyond_its_limit_is_refused_431() {
        let mut client = client();
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nx: {}\r\n\r\n", "a".repeat(MAX_HEAD));
        // The server closes before it has read all.
        let _ = client.write_all(head.as_bytes()).await;
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 431");
    }
}
