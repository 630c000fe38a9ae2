//! Special-purpose addresses: refused unless the operator lists them. From
//! IANA's registries
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>) and the
//! documentation of cloud metadata services.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use ipnet::IpNet;

/// Range and description. The first range that contains an address counts.
const SPECIAL: [(&str, &str); 33] = [
    ("169.254.169.254/32", "a cloud metadata service"),
    ("169.254.170.0/24", "a cloud metadata service"),
    ("100.100.100.200/32", "a cloud metadata service"),
    ("168.63.129.16/32", "a cloud metadata service"),
    ("192.0.0.192/32", "a cloud metadata service"),
    ("0.0.0.0/8", "unspecified (0.0.0.0/8)"),
    ("10.0.0.0/8", "private (10.0.0.0/8)"),
    ("100.64.0.0/10", "private to a carrier (100.64.0.0/10)"),
    ("127.0.0.0/8", "this machine (127.0.0.0/8)"),
    ("169.254.0.0/16", "link-local (169.254.0.0/16)"),
    ("172.16.0.0/12", "private (172.16.0.0/12)"),
    ("192.0.0.0/24", "reserved for protocols (192.0.0.0/24)"),
    ("192.0.2.0/24", "for documentation (192.0.2.0/24)"),
    ("192.88.99.0/24", "a deprecated relay (192.88.99.0/24)"),
    ("192.168.0.0/16", "private (192.168.0.0/16)"),
    ("198.18.0.0/15", "for benchmarks (198.18.0.0/15)"),
    ("198.51.100.0/24", "for documentation (198.51.100.0/24)"),
    ("203.0.113.0/24", "for documentation (203.0.113.0/24)"),
    ("224.0.0.0/4", "multicast (224.0.0.0/4)"),
    ("255.255.255.255/32", "broadcast"),
    ("240.0.0.0/4", "reserved (240.0.0.0/4)"),
    ("fd00:ec2::/64", "a cloud metadata service"),
    ("fd20:ce::/64", "a cloud metadata service"),
    ("fc00::/7", "private (fc00::/7)"),
    ("fe80::/10", "link-local (fe80::/10)"),
    ("fec0::/10", "site-local (fec0::/10)"),
    ("ff00::/8", "multicast (ff00::/8)"),
    ("2001:db8::/32", "for documentation (2001:db8::/32)"),
    ("3fff::/20", "for documentation (3fff::/20)"),
    ("2001::/32", "a Teredo tunnel (2001::/32)"),
    ("2001::/23", "reserved for protocols (2001::/23)"),
    ("64:ff9b:1::/48", "a local translator (64:ff9b:1::/48)"),
    (
        "::/64",
        "this machine, unspecified or an embedded IPv4 address (::/64)",
    ),
];

static SPECIAL_RANGES: LazyLock<Vec<(IpNet, &str)>> = LazyLock::new(|| {
    let row = |&(range, description)| (network(range), description);
    SPECIAL.iter().map(row).collect()
});
/// Addresses assigned to public hosts so far.
static PUBLIC: LazyLock<IpNet> = LazyLock::new(|| network("2000::/3"));
/// IPv4 behind a translator (NAT64, RFC 6052): the last 32 bits.
static TRANSLATED: LazyLock<IpNet> = LazyLock::new(|| network("64:ff9b::/96"));
/// IPv4 in a tunnel (6to4, RFC 3056): the 32 bits after the first 16.
static TUNNELLED: LazyLock<IpNet> = LazyLock::new(|| network("2002::/16"));

fn network(range: &str) -> IpNet {
    range.parse().expect("the table holds valid ranges")
}

/// Describes the special-purpose range an address is in; `None` for a public
/// host's. An IPv6 address that leads to an IPv4 address counts as that one.
pub(super) fn special_range(address: IpAddr) -> Option<Cow<'static, str>> {
    let address = address.to_canonical();
    let mut ranges = SPECIAL_RANGES.iter();
    if let Some((_, description)) = ranges.find(|(range, _)| range.contains(&address)) {
        return Some(Cow::Borrowed(description));
    }
    let IpAddr::V6(v6) = address else {
        return None;
    };
    let bits = v6.to_bits();
    let inner = if TRANSLATED.contains(&address) {
        bits as u32
    } else if TUNNELLED.contains(&address) {
        (bits >> 80) as u32
    } else if PUBLIC.contains(&address) {
        return None;
    } else {
        return Some(Cow::Borrowed("outside the public range (2000::/3)"));
    };
    let inner = Ipv4Addr::from_bits(inner);
    special_range(inner.into())
        .map(|description| Cow::Owned(format!("a route to {inner}, {description}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(address: &str) -> Option<Cow<'static, str>> {
        special_range(address.parse().expect("an address"))
    }

    #[test]
    fn every_special_purpose_range_is_refused() {
        for (address, words) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("10.0.0.1", "private"),
            ("100.64.0.1", "carrier"),
            ("100.127.255.255", "carrier"),
            ("100.100.100.200", "metadata"),
            ("127.0.0.1", "this machine"),
            ("127.255.0.1", "this machine"),
            ("168.63.129.16", "metadata"),
            ("169.254.0.1", "link-local"),
            ("169.254.169.254", "metadata"),
            ("169.254.170.2", "metadata"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.0.0.1", "protocols"),
            ("192.0.0.192", "metadata"),
            ("192.0.2.1", "documentation"),
            ("192.88.99.1", "relay"),
            ("192.168.1.1", "private"),
            ("198.18.0.1", "benchmarks"),
            ("198.19.255.255", "benchmarks"),
            ("198.51.100.1", "documentation"),
            ("203.0.113.1", "documentation"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "broadcast"),
            ("::", "unspecified"),
            ("::1", "this machine"),
            ("::127.0.0.1", "embedded"),
            ("::8.8.8.8", "embedded"),
            ("::ffff:127.0.0.1", "this machine"),
            ("::ffff:169.254.169.254", "metadata"),
            ("::ffff:0:10.0.0.1", "embedded"),
            ("64:ff9b::127.0.0.1", "route to 127.0.0.1, this machine"),
            ("64:ff9b::169.254.169.254", "metadata"),
            ("64:ff9b:1::808:808", "local translator"),
            ("100::1", "outside"),
            ("2001::1", "Teredo"),
            ("2001:0:7f00:1::1", "Teredo"),
            ("2001:10::1", "protocols"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::1", "route to 127.0.0.1"),
            ("2002:a9fe:a9fe::", "metadata"),
            ("2002:c0a8:101::1", "route to 192.168.1.1, private"),
            ("3fff::1", "documentation"),
            ("4000::1", "outside"),
            ("5f00::1", "outside"),
            ("fc00::1", "private"),
            ("fd12:3456::1", "private"),
            ("fd00:ec2::254", "metadata"),
            ("fd20:ce::254", "metadata"),
            ("fe80::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
        ] {
            let found = description(address);
            assert!(
                found.as_ref().is_some_and(|found| found.contains(words)),
                "{address}: {found:?}"
            );
        }
    }

    #[test]
    fn public_addresses_are_permitted_in_every_form() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
        ] {
            assert_eq!(description(address), None, "{address}");
        }
    }
}
