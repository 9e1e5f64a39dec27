//! Bounds on open connections: in all, and for each peer, so that one of them cannot keep the others out.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use latchkey_shared::Network;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::sessions::throttle;

/// File descriptors that are not for connections of clients: database, files, listeners.
const RESERVED: u64 = 256;
/// Connections at most, however many file descriptors there are: an idle one takes some 10 kB.
const MOST: u64 = 16_384;
/// Connections at least, for each listener.
const LEAST: u64 = 64;
/// The part of a listener's connections that one peer may have.
const SHARE: usize = 4;

/// Raises the limit on open files to what the system allows, and returns how many connections each of `listeners` listeners
/// may have.
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
    by_peer: Arc<Mutex<ByPeer>>,
    /// Connections of one peer at most.
    share: usize,
    /// Peers that stand for many clients.
    proxies: Vec<Network>,
}

/// A connection's place. Dropped, it is free.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    /// Where it counts as the peer's, if it does.
    peer: Option<(String, Arc<Mutex<ByPeer>>)>,
}

impl Connections {
    /// Room for `most` connections, of which `proxies` may have all.
    #[must_use]
    pub fn new(most: usize, proxies: Vec<Network>) -> Self {
        Self { all: Arc::new(Semaphore::new(most)), by_peer: Arc::default(), share: (most / SHARE).max(1), proxies }
    }

    /// Waits until there is room for one more connection.
    pub async fn room(&self) -> Option<OwnedSemaphorePermit> {
        // Never closed, so there is always a permit in the end.
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// A place for a connection of `peer`; `None` when it has its share already.
    #[must_use]
    pub fn place(&self, permit: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || self.proxies.iter().any(|network| network.contains(peer)) {
            return Some(Place { _permit: permit, peer: None });
        }
        let key = throttle::network(Some(peer));
        let mut by_peer = self.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_peer.entry(key.clone()).or_default();
        if *count >= self.share {
            return None;
        }
        *count += 1;
        Some(Place { _permit: permit, peer: Some((key, Arc::clone(&self.by_peer))) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((key, by_peer)) = self.peer.take() else { return };
        let mut by_peer = by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_peer.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                by_peer.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn peer_has_its_share_and_proxies_have_all() {
        let connections = Connections::new(8, vec!["10.0.0.0/8".parse().unwrap()]);
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
        drop((second, other, third));
        assert!(connections.by_peer.lock().unwrap().is_empty(), "nothing is remembered of who has gone");
    }

    #[test]
    fn limit_on_open_files_is_shared_by_the_listeners() {
        let (one, three) = (for_each(1), for_each(3));
        assert!((64..=16_384).contains(&one) && (64..=one).contains(&three), "{one} {three}");
    }
}
