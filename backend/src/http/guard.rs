//! A bound on what a handler may do: its time, and panics.

use std::{panic::AssertUnwindSafe, pin::pin, task::Poll, time::Duration};

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use futures_util::{FutureExt as _, poll};

use super::Error;

/// No request takes longer.
const LONGEST: Duration = Duration::from_secs(30);

/// Guards every route of a router.
pub fn layer(router: Router) -> Router {
    router.layer(middleware::from_fn(async |request: Request, next: Next| guarded(next.run(request)).await))
}

/// The response, or [`Error::Internal`] if it takes too long or the handler panics.
pub async fn guarded(response: impl Future<Output = Response>) -> Response {
    // Whatever a panic leaves half-changed is either the request's own or behind a lock that copes with it.
    let mut response = pin!(AssertUnwindSafe(response).catch_unwind());
    // Most decisions are made at once, and need no timer.
    let answer = match poll!(&mut response) {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Box::pin(tokio::time::timeout(LONGEST, response)).await,
    };
    match answer {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Error::Internal("a handler panicked".to_owned()).into_response(),
        Err(_) => Error::Internal("the request took too long".to_owned()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn response_that_takes_too_long_and_a_panic_are_503() {
        assert_eq!(guarded(std::future::pending()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        let panics = async { panic!("as a bug would") };
        assert_eq!(guarded(panics).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(guarded(async { Response::default() }).await.status(), StatusCode::OK);
    }
}
