//! An address as proxies write it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:4711`.
/// The port may be anything (RFC 7239 lets proxies hide it). Names and `unknown` are none.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let fits = port.is_empty() || port.starts_with(':');
        return address
            .parse::<Ipv6Addr>()
            .ok()
            .filter(|_| fits)
            .map(canonical);
    }
    text.parse::<IpAddr>().ok().map(canonical).or_else(|| {
        let (address, _port) = text.split_once(':')?;
        address.parse::<Ipv4Addr>().ok().map(canonical)
    })
}

/// One address has one form, so that it is counted once.
fn canonical(address: impl Into<IpAddr>) -> IpAddr {
    address.into().to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        for (text, read) in [
            ("192.0.2.7", "192.0.2.7"),
            (" 192.0.2.7:4711 ", "192.0.2.7"),
            ("192.0.2.7:_hidden", "192.0.2.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(address(text), Some(read.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "192.0.2",
            "[192.0.2.7]",
            "[::1",
            "[::1]x",
            "a:80",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
