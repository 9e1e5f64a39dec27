//! Time limits for a connection that cost a request next to nothing.
//!
//! hyper asks for a new sleep with each request that it waits for, and drops it when the request is there. A sleep of
//! tokio's own would enter and leave the one wheel that all connections share, under its lock, each time: 0.2 µs a request,
//! and a wait for whichever core holds the lock. Here a connection keeps one sleep, which is moved only when it ends: every
//! sleep that hyper asks for looks whether its own end has come by then.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// The timer of one connection.
#[derive(Debug)]
pub struct ConnectionTimer {
    sleep: Arc<Mutex<Pin<Box<tokio::time::Sleep>>>>,
}

impl ConnectionTimer {
    /// A timer for a connection whose time limits are about as long as `usual`.
    #[must_use]
    pub fn new(usual: Duration) -> Self {
        Self { sleep: Arc::new(Mutex::new(Box::pin(tokio::time::sleep(usual)))) }
    }
}

impl Timer for ConnectionTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until { deadline, sleep: Arc::clone(&self.sleep) })
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        if let Some(mut until) = sleep.as_mut().downcast_mut_pin::<Until>() {
            until.deadline = new_deadline;
        }
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

/// Until a moment, by the sleep of the connection. One is waited for at a time.
#[derive(Debug)]
struct Until {
    deadline: Instant,
    sleep: Arc<Mutex<Pin<Box<tokio::time::Sleep>>>>,
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline.into();
        let mut sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if sleep.deadline() == deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn each_sleep_ends_at_its_own_time() {
        let timer = ConnectionTimer::new(USUAL);
        let begun = timer.now();
        // Asked for and dropped, as by requests that arrive in time.
        for _ in 0..100 {
            let mut sleep = timer.sleep(USUAL);
            assert!(futures_util::poll!(&mut sleep).is_pending());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        timer.sleep(USUAL).await;
        assert_eq!((timer.now() - begun).as_secs(), 130);
        timer.sleep(USUAL).await;
        assert_eq!((timer.now() - begun).as_secs(), 160);
        // Shorter than usual.
        timer.sleep(Duration::from_secs(1)).await;
        assert_eq!((timer.now() - begun).as_secs(), 161);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_is_moved() {
        let timer = ConnectionTimer::new(USUAL);
        let begun = timer.now();
        let mut sleep = timer.sleep(Duration::from_secs(5));
        assert!(futures_util::poll!(&mut sleep).is_pending());
        timer.reset(&mut sleep, begun + Duration::from_secs(50));
        sleep.await;
        assert_eq!((timer.now() - begun).as_secs(), 50);
        let mut sleep = timer.sleep(USUAL);
        timer.reset(&mut sleep, timer.now());
        sleep.await;
        assert_eq!((timer.now() - begun).as_secs(), 50);
    }
}
