//! The address of a client: that of the peer, or what a proxy says when it is one of the operator's own.

use std::net::IpAddr;

use axum::http::HeaderMap;
use latchkey_shared::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";

const FORWARDED: &str = "forwarded";

/// The client's address. Of `X-Forwarded-For`, or without that of `Forwarded` (RFC 7239), the last entry counts that was not
/// added for one of the proxies: what stands before it, anybody can have written. `None` when a proxy of ours says nothing
/// that can be read.
#[must_use]
pub fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    if !is_proxy(peer) {
        return Some(peer);
    }
    let name = if headers.contains_key(FORWARDED_FOR) { FORWARDED_FOR } else { FORWARDED };
    for value in headers.get_all(name).iter().rev() {
        let elements = elements(value.to_str().ok()?, b',');
        // Lists may have empty elements (RFC 9110, 5.6.1).
        for element in elements.into_iter().rev().filter(|element| !element.is_empty()) {
            let node = if name == FORWARDED { forwarded_for(element)? } else { element };
            let address = read(node)?.to_canonical();
            if !is_proxy(address) {
                return Some(address);
            }
        }
    }
    // Proxies all the way: the request began at one of them.
    Some(peer)
}

/// The parts of a list, without the blanks around them. A separator in quotes is none.
fn elements(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut begin, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'"' {
            quoted = !quoted;
        } else if byte == separator && !quoted {
            parts.push(text[begin..at].trim());
            begin = at + 1;
        }
    }
    parts.push(text[begin..].trim());
    parts
}

/// The node of `for=` in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    elements(element, b';').into_iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// Whether somebody passes on addresses whose word does not count: a proxy that the operator has not named.
#[must_use]
pub fn is_untrusted_proxy(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> bool {
    (headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED))
        && !proxies.iter().any(|network| network.contains(peer.to_canonical()))
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
        assert_eq!(told(&["[2001:db8::1]"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(told(&["198.51.100.1, , 10.0.0.9 ,"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["  198.51.100.1\t"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(told(&["", ","]).as_deref(), Some("10.1.2.3"));
        assert_eq!(told(&[]).as_deref(), Some("10.1.2.3"));
    }

    #[test]
    fn forwarded_header_counts_where_there_is_no_x_forwarded_for() {
        let proxies: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let client = |forwarded: &[&str], x_forwarded_for: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(FORWARDED, value.parse().unwrap());
            }
            if let Some(value) = x_forwarded_for {
                headers.insert(FORWARDED_FOR, value.parse().unwrap());
            }
            address("10.1.2.3".parse().unwrap(), &headers, &proxies).map(|address| address.to_string())
        };
        for (forwarded, expected) in [
            ("for=198.51.100.1", Some("198.51.100.1")),
            ("For=\"[2001:db8:cafe::17]:4711\"", Some("2001:db8:cafe::17")),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", Some("192.0.2.60")),
            ("proto=https; for = 192.0.2.60 , for=10.0.0.9", Some("192.0.2.60")),
            ("for=192.0.2.43, for=\"198.51.100.17;x=,\"", None),
            ("for=unknown", None),
            ("for=_hidden", None),
            ("by=203.0.113.43", None),
        ] {
            assert_eq!(client(&[forwarded], None).as_deref(), expected, "{forwarded}");
        }
        assert_eq!(client(&["for=192.0.2.1", "for=192.0.2.2"], None).as_deref(), Some("192.0.2.2"));
        // A proxy that adds to the one passes on the other as its client has written it.
        assert_eq!(client(&["for=192.0.2.1"], Some("192.0.2.9")).as_deref(), Some("192.0.2.9"));
    }

    #[test]
    fn what_cannot_be_read_is_nobody_s_address() {
        for forwarded in ["unknown", "198.51.100.1, x", "_hidden", "[198.51.100.1", "198.51.100.1, \"x"] {
            assert_eq!(client("10.1.2.3", &[forwarded]), None, "{forwarded:?}");
        }
    }
}
