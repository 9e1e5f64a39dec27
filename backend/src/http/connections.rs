//! Bounds on open connections: in all, for strangers together, and for each of them, so that nobody keeps the others
//! out.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client_ip::Proxies;

/// File descriptors that are not for connections of clients: database, files, listeners.
const RESERVED: u64 = 256;
/// Connections at most, however many file descriptors there are: an idle one takes some 10 kB.
const MOST: u64 = 16_384;
/// Connections at least, for each listener.
const LEAST: u64 = 64;
/// The part of a listener's connections that one stranger may have, and that is kept for trusted peers.
const SHARE: usize = 4;

/// Raises the limit on open files to what the system allows, and returns how many connections each of `listeners`
/// listeners may have.
#[must_use]
pub fn for_each(listeners: usize) -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit on open files is not raised");
        rlimit::Resource::NOFILE.get_soft().unwrap_or(1024)
    });
    let connections = files.saturating_sub(RESERVED).min(MOST) / u64::try_from(listeners.max(1)).unwrap_or(1);
    usize::try_from(connections.max(LEAST)).unwrap_or(usize::MAX)
}

/// The number of connections of each peer that has some.
type ByPeer = HashMap<String, usize>;

/// The connections of a listener.
#[derive(Debug, Clone)]
pub struct Connections {
    all: Arc<Semaphore>,
    /// Of those, what peers may have that are neither on this machine nor trusted proxies.
    strangers: Arc<Semaphore>,
    by_peer: Arc<Mutex<ByPeer>>,
    /// Connections of one stranger at most.
    share: usize,
    /// Peers that stand for many clients.
    proxies: Proxies,
}

/// A connection's place. Dropped, it is free.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    /// Where it counts as a stranger's, if it does.
    stranger: Option<(String, Arc<Mutex<ByPeer>>, OwnedSemaphorePermit)>,
}

impl Connections {
    /// Room for `most` connections, of which `proxies` may have all.
    #[must_use]
    pub fn new(most: usize, proxies: Proxies) -> Self {
        let share = (most / SHARE).max(1);
        let strangers = Arc::new(Semaphore::new(most - share));
        Self { all: Arc::new(Semaphore::new(most)), strangers, by_peer: Arc::default(), share, proxies }
    }

    /// Waits until there is room for one more connection.
    pub async fn room(&self) -> Option<OwnedSemaphorePermit> {
        // Never closed, so there is always a permit in the end.
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// A place for a connection of `peer`; `None` when it has its share already, or all strangers together have theirs.
    #[must_use]
    pub fn place(&self, permit: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || self.proxies.contains(peer) {
            return Some(Place { _permit: permit, stranger: None });
        }
        let key = site(peer);
        let stranger = Arc::clone(&self.strangers).try_acquire_owned().ok()?;
        let mut by_peer = self.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_peer.entry(key.clone()).or_default();
        if *count >= self.share {
            return None;
        }
        *count += 1;
        Some(Place { _permit: permit, stranger: Some((key, Arc::clone(&self.by_peer), stranger)) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((key, by_peer, _permit)) = self.stranger.take() else { return };
        let mut by_peer = by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_peer.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                by_peer.remove(&key);
            }
        }
    }
}

/// A stranger: an IPv4 address, or the /48 that a site has of IPv6.
fn site(peer: IpAddr) -> String {
    match peer {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..3]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn peer_has_its_share_and_proxies_have_all() {
        let networks = vec!["10.0.0.0/8".parse().unwrap()];
        let connections = Connections::new(8, Proxies { networks, ..Proxies::default() });
        let place = async |peer: &str| connections.place(connections.room().await.unwrap(), peer.parse().unwrap());
        let first = place("192.0.2.1").await.unwrap();
        let second = place("::ffff:192.0.2.1").await.unwrap();
        assert!(place("192.0.2.1").await.is_none());
        let other = place("192.0.2.2").await.unwrap();
        drop(first);
        let third = place("192.0.2.1").await.unwrap();
        let mut proxies = Vec::new();
        for peer in ["10.1.2.3", "10.1.2.3", "10.1.2.3", "127.0.0.1", "::1"] {
            proxies.push(place(peer).await.unwrap());
        }
        drop(proxies);
        let mut strangers = vec![place("2001:db8::1").await.unwrap(), place("2001:db8:0:7::1").await.unwrap()];
        assert!(place("2001:db8:0:8::1").await.is_none(), "a /48 is one stranger");
        strangers.push(place("2001:db8:1::1").await.unwrap());
        assert!(place("192.0.2.3").await.is_none(), "strangers have six of eight");
        let proxies = [place("10.1.2.3").await.unwrap(), place("127.0.0.1").await.unwrap()];
        drop((second, other, third, strangers, proxies));
        assert!(connections.by_peer.lock().unwrap().is_empty(), "nothing is remembered of who has gone");
    }

    #[test]
    fn limit_on_open_files_is_shared_by_the_listeners() {
        let (one, three) = (for_each(1), for_each(3));
        assert!((64..=16_384).contains(&one) && (64..=one).contains(&three), "{one} {three}");
    }
}
