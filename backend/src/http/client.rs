//! The address of a client: that of the peer, or what a proxy says when it is one of the operator's own.

use std::net::IpAddr;

use axum::http::HeaderMap;
use latchkey_shared::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address. Of `X-Forwarded-For` the last entry counts that was not added for one of the proxies: what
/// stands before it, anybody can have written. `None` when a proxy of ours says nothing that can be read.
#[must_use]
pub fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    if !is_proxy(peer) || !headers.contains_key(FORWARDED_FOR) {
        return Some(peer);
    }
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        for entry in value.to_str().ok()?.rsplit(',') {
            let address = read(entry.trim())?.to_canonical();
            if !is_proxy(address) {
                return Some(address);
            }
        }
    }
    // Proxies all the way: the request began at one of them.
    Some(peer)
}

/// Whether somebody passes on addresses whose word does not count: a proxy that the operator has not named.
#[must_use]
pub fn is_untrusted_proxy(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> bool {
    headers.contains_key(FORWARDED_FOR) && !proxies.iter().any(|network| network.contains(peer.to_canonical()))
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1`, `[2001:db8::1]:1234`.
fn read(text: &str) -> Option<IpAddr> {
    text.parse().or_else(|_| text.parse::<std::net::SocketAddr>().map(|address| address.ip())).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> Option<String> {
        let proxies: Vec<Network> = ["10.0.0.0/8", "127.0.0.1", "::1"].map(|text| text.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        address(peer.parse().unwrap(), &headers, &proxies).map(|address| address.to_string())
    }

    #[test]
    fn a_stranger_s_header_does_not_count() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(client("::ffff:203.0.113.9", &["198.51.100.1"]).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn of_a_proxy_s_header_the_last_stranger_counts() {
        let told = |forwarded: &[&str]| client("10.1.2.3", forwarded);
        assert_eq!(told(&["198.51.100.1"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["192.0.2.66, 198.51.100.1, 10.0.0.9"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["192.0.2.66", "198.51.100.1,10.0.0.9"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["[2001:db8::1]:443"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(told(&["198.51.100.1:4711"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["10.0.0.9, 127.0.0.1"]).as_deref(), Some("10.1.2.3"));
        assert_eq!(told(&[]).as_deref(), Some("10.1.2.3"));
    }

    #[test]
    fn what_cannot_be_read_is_nobody_s_address() {
        for forwarded in ["unknown", "", "198.51.100.1, x", "_hidden"] {
            assert_eq!(client("10.1.2.3", &[forwarded]), None, "{forwarded:?}");
        }
    }
}
