//! An address or a network of them, as settings name it.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// One address (`10.0.0.2`, `::1`) or a network (`10.1.0.0/16`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// What a network looks like, to somebody who wrote something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address or a network, like 10.0.0.2 or 10.1.0.0/16")]
pub struct NoNetwork;

impl Network {
    /// Whether the address lies in it. An IPv4 address in the clothes of IPv6 (`::ffff:10.0.0.2`)
    /// is that IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether every address of its kind lies in it.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let address = text.parse::<IpAddr>().map(Self::from);
        address.or_else(|_| text.parse().map(Self).map_err(|_| NoNetwork))
    }
}

impl TryFrom<String> for Network {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Self, NoNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            return self.0.addr().fmt(f);
        }
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        let network: Network = network.parse().unwrap();
        network.contains(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_a_network_of_one() {
        assert!(contains("10.0.0.2", "10.0.0.2"));
        assert!(contains("10.0.0.2", "::ffff:10.0.0.2"));
        assert!(contains("::ffff:10.0.0.2", "10.0.0.2"));
        assert!(!contains("10.0.0.2", "10.0.0.3"));
        assert!(contains("10.1.0.0/16", "10.1.255.7"));
        assert!(!contains("10.1.0.0/16", "10.2.0.1"));
        assert!(contains("fd00::/8", "fd12::1"));
        assert!(!contains("fd00::/8", "10.1.0.1"));
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        for text in ["10.0.0.2", "10.1.0.0/16", "::1", "fd00::/8", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "localhost",
            "10.0.0.2:80",
            "10.0.0.0/33",
            "10.0.0/8",
            "*",
        ] {
            assert_eq!(wrong.parse::<Network>(), Err(NoNetwork), "{wrong}");
        }
    }
}
