//! The client's IP address: that of the peer, or what a trusted proxy says.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use latchkey_shared::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which trusted proxies name the client. Only one counts: a proxy passes on the other one as its client
/// has written it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ClientIpHeader {
    /// What nearly all proxies send.
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// The operator's proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Their networks.
    pub networks: Vec<Network>,
    /// The header that they write.
    pub header: ClientIpHeader,
}

impl Proxies {
    /// Whether an address is that of a proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

/// Finds the node of the client in an element of a header.
type Node = fn(&[u8]) -> Option<&str>;

/// The client's address. Of the header, the last entry counts that is not one of the proxies: anybody can have written
/// what stands before it. `None` when a proxy of ours says nothing that can be read.
#[must_use]
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if !proxies.contains(peer) {
        return Some(peer);
    }
    let (name, node): (_, Node) = match proxies.header {
        ClientIpHeader::XForwardedFor => (X_FORWARDED_FOR, |element| std::str::from_utf8(element).ok()),
        ClientIpHeader::Forwarded => (header::FORWARDED, forwarded_for),
    };
    // From the right, and only as far as needed: no part that a client has written can hide what a proxy has added.
    for value in headers.get_all(name).iter().rev() {
        // Lists may have empty elements (RFC 9110, 5.6.1).
        for element in value.as_bytes().rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|it| !it.is_empty())
        {
            let address = read(node(element)?)?.to_canonical();
            if !proxies.contains(address) {
                return Some(address);
            }
        }
    }
    // Proxies all the way: the request began at one of them.
    Some(peer)
}

/// The node of `for=` in an element of `Forwarded`. `None` where it is not there exactly once, or a quote is open.
fn forwarded_for(element: &[u8]) -> Option<&str> {
    let element = std::str::from_utf8(element).ok()?;
    if !element.matches('"').count().is_multiple_of(2) {
        return None;
    }
    let mut nodes = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    });
    let node = nodes.next();
    node.filter(|_| nodes.next().is_none())
}

/// Whether somebody passes on addresses whose word does not count: a proxy that the operator has not named.
#[must_use]
pub fn is_untrusted_proxy(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> bool {
    !proxies.contains(peer.to_canonical())
        && (headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED))
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:1234`.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().or_else(|_| text.parse::<std::net::SocketAddr>().map(|address| address.ip())).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&[u8]]) -> Option<String> {
        let networks = ["10.0.0.0/8", "127.0.0.1", "::1"].map(|text| text.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
        }
        let proxies = Proxies { networks, header: ClientIpHeader::XForwardedFor };
        client_ip(peer.parse().unwrap(), &headers, &proxies).map(|address| address.to_string())
    }

    #[test]
    fn header_of_an_untrusted_peer_is_ignored() {
        assert_eq!(client("203.0.113.9", &[b"198.51.100.1"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(client("::ffff:203.0.113.9", &[b"198.51.100.1"]).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn last_untrusted_address_of_a_proxy_header_is_the_client() {
        let told = |forwarded: &[&str]| {
            let forwarded: Vec<&[u8]> = forwarded.iter().map(|value| value.as_bytes()).collect();
            client("10.1.2.3", &forwarded)
        };
        assert_eq!(told(&["198.51.100.1"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["192.0.2.66, 198.51.100.1, 10.0.0.9"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["192.0.2.66", "198.51.100.1,10.0.0.9"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["[2001:db8::1]:443"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(told(&["198.51.100.1:4711"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["10.0.0.9, 127.0.0.1"]).as_deref(), Some("10.1.2.3"));
        assert_eq!(told(&["[2001:db8::1]"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(told(&["198.51.100.1, , 10.0.0.9 ,"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["  198.51.100.1\t"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["", ","]).as_deref(), Some("10.1.2.3"));
        assert_eq!(told(&[]).as_deref(), Some("10.1.2.3"));
    }

    /// nginx's `$proxy_add_x_forwarded_for` puts the client's address behind whatever the client has sent.
    #[test]
    fn client_cannot_hide_the_address_that_its_proxy_adds() {
        for sent in ["\"", "x", "\u{fc}", "unknown", "10.0.0.1 ;", "[", "192.0.2.66,\""] {
            let header = format!("{sent}, 203.0.113.9");
            assert_eq!(client("10.1.2.3", &[header.as_bytes()]).as_deref(), Some("203.0.113.9"), "{header:?}");
        }
        assert_eq!(client("10.1.2.3", &[b"\xff, 203.0.113.9"]).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn forwarded_header_counts_where_the_operator_says_so() {
        let networks: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let client = |forwarded: &[&str], header| {
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, "192.0.2.9".parse().unwrap());
            for value in forwarded {
                headers.append(header::FORWARDED, value.parse().unwrap());
            }
            let proxies = Proxies { networks: networks.clone(), header };
            client_ip("10.1.2.3".parse().unwrap(), &headers, &proxies).map(|address| address.to_string())
        };
        for (forwarded, expected) in [
            ("for=198.51.100.1", Some("198.51.100.1")),
            ("For=\"[2001:db8:cafe::17]:4711\"", Some("2001:db8:cafe::17")),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", Some("192.0.2.60")),
            ("proto=https; for = 192.0.2.60 , for=10.0.0.9", Some("192.0.2.60")),
            ("for=9.9.9.9;x=\", for=192.0.2.60", Some("192.0.2.60")),
            ("for=9.9.9.9;for=192.0.2.60", None),
            ("for=192.0.2.43, for=\"198.51.100.17;x=,\"", None),
            ("for=unknown", None),
            ("for=_hidden", None),
            ("by=203.0.113.43", None),
        ] {
            assert_eq!(client(&[forwarded], ClientIpHeader::Forwarded).as_deref(), expected, "{forwarded}");
            assert_eq!(client(&[forwarded], ClientIpHeader::XForwardedFor).as_deref(), Some("192.0.2.9"));
        }
        let two = client(&["for=192.0.2.1", "for=192.0.2.2"], ClientIpHeader::Forwarded);
        assert_eq!(two.as_deref(), Some("192.0.2.2"));
    }

    #[test]
    fn header_that_cannot_be_read_gives_no_address() {
        for forwarded in ["unknown", "198.51.100.1, x", "_hidden", "[198.51.100.1", "198.51.100.1, \"x"] {
            assert_eq!(client("10.1.2.3", &[forwarded.as_bytes()]), None, "{forwarded:?}");
        }
    }
}
