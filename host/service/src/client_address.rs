//! Which client a request is of, where proxies stand in front.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{Extensions, HeaderMap};
use patchbay_http::connections::PeerAddress;
use patchbay_outbound::egress::AddressRange;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Address of the client as limits count it: whoever connects, and behind trusted
/// proxies the last address in `X-Forwarded-For` that is not one of theirs. A client can
/// write everything before it. Of IPv6 the first 64 bits: a client has all the rest.
pub fn client_address(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &[AddressRange],
) -> IpAddr {
    let peer = extensions.get::<PeerAddress>();
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0);
    network(of_client(peer, headers, trusted))
}

fn of_client(peer: IpAddr, headers: &HeaderMap, trusted: &[AddressRange]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    let mut client = peer;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        match parse(hop.trim()) {
            Some(address) => client = address,
            // What stands before it is not known to be true.
            None => break,
        }
    }
    client
}

/// An address with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.parse::<IpAddr>();
    let address = bare.or_else(|_| hop.parse::<std::net::SocketAddr>().map(|it| it.ip()));
    address.ok().map(|address| address.to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let bits = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(bits.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            let line = line.parse().expect("a header");
            headers.append(FORWARDED_FOR, line);
        }
        let trusted: Vec<AddressRange> = trusted
            .iter()
            .map(|range| range.parse().expect("a range"))
            .collect();
        let mut extensions = Extensions::new();
        extensions.insert(PeerAddress(peer.parse().expect("an address")));
        client_address(&extensions, &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_names_the_client() {
        let trusted = &["10.0.0.0/8", "::1/128"];
        for (peer, forwarded, expected) in [
            ("198.51.100.7", &[][..], "198.51.100.7"),
            ("198.51.100.7", &["203.0.113.1"], "198.51.100.7"),
            ("10.1.1.1", &[], "10.1.1.1"),
            ("10.1.1.1", &["203.0.113.1"], "203.0.113.1"),
            // The client wrote the first address.
            ("10.1.1.1", &["203.0.113.9, 203.0.113.1"], "203.0.113.1"),
            (
                "10.1.1.1",
                &["203.0.113.9", "203.0.113.1, 10.2.2.2"],
                "203.0.113.1",
            ),
            ("10.1.1.1", &["203.0.113.1:4711"], "203.0.113.1"),
            ("::1", &["[2001:db8:1:2:3::4]:80"], "2001:db8:1:2::"),
            ("10.1.1.1", &["::ffff:203.0.113.1"], "203.0.113.1"),
            ("10.1.1.1", &["203.0.113.1, unknown"], "10.1.1.1"),
            ("10.1.1.1", &["", "10.3.3.3"], "10.3.3.3"),
        ] {
            assert_eq!(
                client(peer, forwarded, trusted),
                expected,
                "{peer} {forwarded:?}"
            );
        }
        assert_eq!(client("10.1.1.1", &["203.0.113.1"], &[]), "10.1.1.1");
    }
}
