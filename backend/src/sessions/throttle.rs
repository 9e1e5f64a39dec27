//! Limits on what can be tried again and again: signing in, and looking at keys. Kept in memory, for each
//! process by itself.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use crate::http::Error;

/// Above so many keys those that are back at rest are forgotten.
const REMEMBERED: usize = 10_000;

/// The limits of this process.
#[derive(Debug)]
pub struct Throttle {
    by_email: Limit,
    by_address: Limit,
    reveals: Limit,
    exchanges: Limit,
}

#[derive(Debug)]
struct Limit(DefaultKeyedRateLimiter<String>);

impl Limit {
    /// `burst` at once, and one more each `period`.
    fn new(burst: u32, period: Duration) -> Self {
        let quota = Quota::with_period(period).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
        Self(RateLimiter::keyed(quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))))
    }

    fn check(&self, key: &str) -> Result<(), Error> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        self.0.check_key(&key.to_owned()).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Error::Throttled { seconds: wait.as_secs() + 1 }
        })
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            // Ten typing errors, then a try a minute: 1,440 guesses a day, too few against twelve characters.
            by_email: Limit::new(10, Duration::from_secs(60)),
            // An office behind one address signs in on a Monday morning; a list of stolen passwords does not.
            by_address: Limit::new(50, Duration::from_secs(5)),
            reveals: Limit::new(30, Duration::from_secs(60)),
            // An integration's server trades the handles of all its customers with one key of its own.
            exchanges: Limit::new(60, Duration::from_secs(1)),
        }
    }
}

impl Throttle {
    /// Counts an attempt to sign in.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub fn sign_in(&self, email: &str, address: &str) -> Result<(), Error> {
        self.by_address.check(address)?;
        self.by_email.check(email)
    }

    /// Counts a look at a key by `user`.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub fn reveal(&self, user: &str) -> Result<(), Error> {
        self.reveals.check(user)
    }

    /// Counts an exchange of a handle by the key of `token`, whether the handle is right or not.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub fn exchange(&self, token: &str) -> Result<(), Error> {
        self.exchanges.check(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_tried_too_often_must_wait_and_others_need_not() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            throttle.sign_in("a@example.com", "127.0.0.1").unwrap();
        }
        let Err(Error::Throttled { seconds }) = throttle.sign_in("a@example.com", "127.0.0.2") else { panic!() };
        assert!((1..=61).contains(&seconds), "{seconds}");
        throttle.sign_in("b@example.com", "127.0.0.1").unwrap();
    }

    #[test]
    fn a_place_that_tries_many_addresses_must_wait() {
        let throttle = Throttle::default();
        let refused = (0..60).filter(|n| throttle.sign_in(&format!("{n}@example.com"), "127.0.0.1").is_err()).count();
        assert!(refused >= 9, "{refused}");
    }
}
