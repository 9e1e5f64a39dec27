//! From where and how often a token may be used.

use std::{fmt, net::IpAddr, num::NonZeroU32, str::FromStr};

use ipnet::IpNet;

use crate::Problem;

/// A network such as `203.0.113.0/24` or `2001:db8::/32`. A single address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is in it. `::ffff:192.0.2.1` is the address 192.0.2.1.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let shape = || {
            let message = "\"{}\" must be an address or a network, such as 203.0.113.7 or 2001:db8::/32";
            Problem::with("not_a_network", message, &[&text.escape_debug()])
        };
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address.to_canonical()),
            Err(_) => with_prefix(text).ok_or_else(shape)?,
        };
        if matches!(network.addr(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
            return Err(Problem::with(
                "not_as_ipv4",
                "\"{}\" must be written as an IPv4 network",
                &[&text.escape_debug()],
            ));
        }
        if network.trunc() != network {
            let message = "\"{}\" has address bits beyond its prefix: {} is the network";
            return Err(Problem::with("beyond_prefix", message, &[&text.escape_debug(), &network.trunc()]));
        }
        Ok(Self(network))
    }
}

/// An address with the length of its prefix. The parser of `ipnet` brings parsers of addresses of its own, which are
/// heavy in the bundle of the console.
fn with_prefix(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let length = length.parse().ok().filter(|_| length.bytes().all(|byte| byte.is_ascii_digit()))?;
    IpNet::new(address.parse().ok()?, length).ok()
}

impl fmt::Display for Network {
    /// Without the prefix when it is a single address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// The networks from which a token may be used; at least one, at most [`Self::MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedAddresses(Vec<Network>);

impl AllowedAddresses {
    /// Networks at the most.
    pub const MAX: usize = 50;

    /// Reads networks; `None` when there is none, which allows every address.
    ///
    /// # Errors
    /// Says what is wrong with the first one that is.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Option<Self>, Problem> {
        let mut networks: Vec<Network> = Vec::new();
        for text in texts {
            let network = text.as_ref().parse()?;
            // Put in its place at once: they are few, and sorting is heavy in the bundle of the console.
            let place = networks.iter().position(|other| *other >= network).unwrap_or(networks.len());
            if networks.get(place) != Some(&network) {
                networks.insert(place, network);
            }
            if networks.len() > Self::MAX {
                let message = "must be at most {} networks, and has {}";
                return Err(Problem::with("too_many_networks", message, &[&Self::MAX, &texts.len()]));
            }
        }
        Ok(Some(Self(networks)).filter(|addresses| !addresses.0.is_empty()))
    }

    /// Whether an address is in one of the networks.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether every address of `other` is in one of the networks.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|inner| self.0.iter().any(|outer| outer.0.contains(&inner.0)))
    }

    /// The networks as texts, in order.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// How many calls a minute a token is good for: 1 to [`Self::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallsPerMinute(NonZeroU32);

impl CallsPerMinute {
    /// Calls at the most.
    pub const MAX: u32 = 1_000_000;

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl TryFrom<i64> for CallsPerMinute {
    type Error = Problem;

    fn try_from(number: i64) -> Result<Self, Problem> {
        let number = u32::try_from(number).ok().filter(|number| *number <= Self::MAX).and_then(NonZeroU32::new);
        number
            .map(Self)
            .ok_or_else(|| Problem::with("not_whole", "must be a whole number from {} to {}", &[&1, &Self::MAX]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(texts: &[&str]) -> AllowedAddresses {
        AllowedAddresses::parse(texts).unwrap().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_cover_what_lies_within_one_of_them() {
        let own = allowed(&["10.0.0.0/8", "2001:db8::/32"]);
        for within in [&["10.1.2.3"][..], &["10.128.0.0/9", "2001:db8:1::/48"], &["10.0.0.0/8"]] {
            assert!(own.covers(&allowed(within)), "{within:?}");
        }
        for beyond in [&["11.0.0.1"][..], &["10.0.0.0/7"], &["10.1.2.3", "::1"], &["0.0.0.0/0"]] {
            assert!(!own.covers(&allowed(beyond)), "{beyond:?}");
        }
    }

    #[test]
    fn networks_of_both_families_contain_what_they_should() {
        let addresses = allowed(&["203.0.113.0/24", "2001:db8::/32", "192.0.2.1"]);
        for text in ["203.0.113.0", "203.0.113.255", "2001:db8::1", "192.0.2.1", "::ffff:203.0.113.9"] {
            assert!(addresses.contains(address(text)), "{text}");
        }
        for text in ["203.0.114.0", "2001:db9::1", "192.0.2.2", "::", "0.0.0.0", "::203.0.113.9"] {
            assert!(!addresses.contains(address(text)), "{text}");
        }
    }

    #[test]
    fn zero_prefix_contains_its_whole_family() {
        assert!(allowed(&["0.0.0.0/0"]).contains(address("198.51.100.1")));
        assert!(!allowed(&["0.0.0.0/0"]).contains(address("2001:db8::1")));
    }

    #[test]
    fn text_that_is_no_network_is_named() {
        for (text, part) in [
            ("203.0.113.7/24", "203.0.113.0/24 is the network"),
            ("203.0.113.0/33", "must be an address or a network"),
            ("203.0.113.0/+24", "must be an address or a network"),
            ("203.0.113.0/", "must be an address or a network"),
            ("203.0.113.0/24/24", "must be an address or a network"),
            ("2001:db8::/129", "must be an address or a network"),
            ("example.com", "must be an address or a network"),
            ("203.0.113", "must be an address or a network"),
            ("::ffff:203.0.113.0/120", "must be written as an IPv4 network"),
        ] {
            let error = AllowedAddresses::parse(&[text]).unwrap_err();
            assert!(error.message.contains(part) && error.message.contains(text), "{error}");
        }
        let many: Vec<String> = (0..51).map(|number| format!("192.0.2.{number}")).collect();
        assert_eq!(AllowedAddresses::parse(&many).unwrap_err().message, "must be at most 50 networks, and has 51");
    }

    #[test]
    fn network_counts_once_and_none_allows_all() {
        assert_eq!(AllowedAddresses::parse::<&str>(&[]).unwrap(), None);
        assert!(AllowedAddresses::parse(&["192.0.2.1", ""]).is_err());
        assert_eq!(allowed(&["192.0.2.1", "192.0.2.1/32"]).to_texts(), ["192.0.2.1"]);
    }
}
