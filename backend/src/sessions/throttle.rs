//! Limits on what can be tried again and again: signing in, looking at keys, trading handles. Kept in memory, for each
//! process by itself; what is remembered of strangers is a digest and a moment, and of so many of them alone.
//!
//! Sign-in counts failures: an attempt is counted when it begins, so that many at once do not slip through, and given
//! back when the password was right. Three limits apply, and `docs/SECURITY.md` has their numbers:
//!
//! - by e-mail address and client network, which binds everybody;
//! - by client network, and by e-mail address. These do not bind a user at a network from which they have signed in
//!   before: else anybody could keep a known user from signing in.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use quick_cache::unsync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::http::Error;

/// Keys that each limit remembers; more displace those that were seen the longest ago.
const REMEMBERED: usize = 10_000;

/// The limits of this process.
#[derive(Debug)]
pub struct Throttle {
    by_email_and_network: Limit,
    by_network: Limit,
    by_email: Limit,
    reveals: Limit,
    exchanges: Limit,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            // Ten typing errors, then a try a minute: 1,440 guesses a day, too few against twelve characters.
            by_email_and_network: Limit::new(10, Duration::from_secs(60)),
            // An office behind one address makes typing errors on a Monday morning; a list of stolen passwords makes
            // more.
            by_network: Limit::new(50, Duration::from_secs(5)),
            // Many networks that try one address.
            by_email: Limit::new(100, Duration::from_secs(60)),
            reveals: Limit::new(30, Duration::from_secs(60)),
            // An integration's server trades the handles of all its customers with one key of its own.
            exchanges: Limit::new(60, Duration::from_secs(1)),
        }
    }
}

impl Throttle {
    /// Counts an attempt to sign in. `email` is `None` for what is no address; `is_known` says whether this user has
    /// signed in from this network before.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub fn sign_in(&self, email: Option<&str>, client: Option<IpAddr>, is_known: bool) -> Result<Attempt<'_>, Error> {
        let network = network(client);
        let mut attempt = Attempt(Vec::with_capacity(3));
        if let Some(email) = email {
            attempt.count(&self.by_email_and_network, key(&[email, &network]))?;
        }
        let wide = attempt.count(&self.by_network, key(&[&network])).and_then(|()| match email {
            Some(email) => attempt.count(&self.by_email, key(&[email])),
            None => Ok(()),
        });
        match wide {
            Err(throttled) if !is_known => {
                attempt.give_back();
                Err(throttled)
            }
            _ => Ok(attempt),
        }
    }

    /// Counts a look at a key by `user`.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub fn reveal(&self, user: &str) -> Result<(), Error> {
        self.reveals.count(key(&[user]))
    }

    /// Counts an exchange of a handle by the key of `token`, whether the handle is right or not.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub fn exchange(&self, token: &str) -> Result<(), Error> {
        self.exchanges.count(key(&[token]))
    }
}

/// An attempt to sign in, which counts as a failure until it is given back.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a>(Vec<(&'a Limit, Key)>);

impl<'a> Attempt<'a> {
    fn count(&mut self, limit: &'a Limit, key: Key) -> Result<(), Error> {
        limit.count(key)?;
        self.0.push((limit, key));
        Ok(())
    }

    /// The attempt was none, or the password was right: it does not count.
    pub fn give_back(self) {
        self.0.into_iter().for_each(|(limit, key)| limit.give_back(key));
    }
}

/// The network that counts as one client: an IPv4 address, or an IPv6 /64, since an IPv6 client has at least 64 bits of
/// addresses to itself.
#[must_use]
pub fn network(client: Option<IpAddr>) -> String {
    match client.map(|client| client.to_canonical()) {
        None => String::new(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

type Key = [u8; 16];

/// A digest: what a stranger sends may be long.
fn key(parts: &[&str]) -> Key {
    let digest = Sha256::digest(parts.join("\n"));
    let mut key = Key::default();
    key.copy_from_slice(&digest[..16]);
    key
}

/// So many at once, and one more each period: the generic cell rate algorithm. `governor`, which does it elsewhere,
/// cannot give back.
#[derive(Debug)]
struct Limit {
    burst: u32,
    period: Duration,
    /// The theoretical arrival time (TAT) of each key.
    arrivals: Mutex<Cache<Key, Instant>>,
}

impl Limit {
    fn new(burst: u32, period: Duration) -> Self {
        Self { burst, period, arrivals: Mutex::new(Cache::new(REMEMBERED)) }
    }

    fn count(&self, key: Key) -> Result<(), Error> {
        let now = Instant::now();
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let before = arrivals.get(&key).copied().unwrap_or(now).max(now);
        let after = before + self.period;
        let allowed = now + self.period * self.burst;
        if after > allowed {
            return Err(Error::Throttled { seconds: (after - allowed).as_secs() + 1 });
        }
        arrivals.insert(key, after);
        Ok(())
    }

    fn give_back(&self, key: Key) {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = arrivals.get(&key).copied() {
            match before.checked_sub(self.period) {
                Some(less) if less > Instant::now() => arrivals.insert(key, less),
                _ => drop(arrivals.remove(&key)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: Option<&str> = Some("ada@example.com");

    fn client(number: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(number.into()))
    }

    fn fail(throttle: &Throttle, email: Option<&str>, client: Option<IpAddr>) -> Result<(), Error> {
        throttle.sign_in(email, client, false).map(drop)
    }

    #[tokio::test(start_paused = true)]
    async fn ten_failures_of_one_network_bind_that_network_alone() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            fail(&throttle, EMAIL, client(1)).unwrap();
        }
        let Err(Error::Throttled { seconds }) = fail(&throttle, EMAIL, client(1)) else { panic!() };
        assert!((60..=61).contains(&seconds), "{seconds}");
        fail(&throttle, EMAIL, client(2)).unwrap();
        fail(&throttle, Some("bob@example.com"), client(1)).unwrap();
        tokio::time::advance(Duration::from_secs(60)).await;
        fail(&throttle, EMAIL, client(1)).unwrap();
        assert!(fail(&throttle, EMAIL, client(1)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn known_user_is_bound_neither_by_the_network_nor_by_other_networks() {
        let throttle = Throttle::default();
        let known = |client| throttle.sign_in(EMAIL, client, true).map(drop);
        for number in 0..100 {
            fail(&throttle, EMAIL, client(number)).unwrap();
        }
        assert!(fail(&throttle, EMAIL, client(1000)).is_err(), "from a network like all others");
        known(client(1000)).unwrap();
        for number in 0..50 {
            fail(&throttle, Some(&format!("{number}@example.com")), client(2000)).unwrap();
        }
        assert!(fail(&throttle, Some("another@example.com"), client(2000)).is_err());
        known(client(2000)).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn right_password_does_not_count() {
        let throttle = Throttle::default();
        for _ in 0..1000 {
            throttle.sign_in(EMAIL, client(1), false).unwrap().give_back();
        }
        for _ in 0..10 {
            fail(&throttle, EMAIL, client(1)).unwrap();
        }
        assert!(fail(&throttle, EMAIL, client(1)).is_err());
    }

    #[test]
    fn ipv6_clients_count_by_their_64() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
