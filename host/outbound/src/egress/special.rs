//! Addresses that are no public host's: nothing goes there unless the operator
//! lists them. From IANA's registries of special-purpose addresses
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>), and what
//! cloud providers answer secrets on.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::range::AddressRange;

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> AddressRange {
    AddressRange::around(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix)
}

const fn v6(first: [u16; 4], prefix: u8) -> AddressRange {
    let [a, b, c, d] = first;
    AddressRange::around(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), prefix)
}

/// Most telling first: what lies in two ranges is called by the first.
const SPECIAL: [(AddressRange, &str); 33] = [
    (v4(169, 254, 169, 254, 32), "a cloud's metadata service"),
    (v4(169, 254, 170, 0, 24), "a cloud's metadata service"),
    (v4(100, 100, 100, 200, 32), "a cloud's metadata service"),
    (v4(168, 63, 129, 16, 32), "a cloud's metadata service"),
    (v4(192, 0, 0, 192, 32), "a cloud's metadata service"),
    (v4(0, 0, 0, 0, 8), "unspecified (0.0.0.0/8)"),
    (v4(10, 0, 0, 0, 8), "private (10.0.0.0/8)"),
    (
        v4(100, 64, 0, 0, 10),
        "a carrier's private one (100.64.0.0/10)",
    ),
    (v4(127, 0, 0, 0, 8), "this machine (127.0.0.0/8)"),
    (v4(169, 254, 0, 0, 16), "link-local (169.254.0.0/16)"),
    (v4(172, 16, 0, 0, 12), "private (172.16.0.0/12)"),
    (
        v4(192, 0, 0, 0, 24),
        "reserved for protocols (192.0.0.0/24)",
    ),
    (v4(192, 0, 2, 0, 24), "for documentation (192.0.2.0/24)"),
    (
        v4(192, 88, 99, 0, 24),
        "a relay out of use (192.88.99.0/24)",
    ),
    (v4(192, 168, 0, 0, 16), "private (192.168.0.0/16)"),
    (v4(198, 18, 0, 0, 15), "for benchmarks (198.18.0.0/15)"),
    (
        v4(198, 51, 100, 0, 24),
        "for documentation (198.51.100.0/24)",
    ),
    (v4(203, 0, 113, 0, 24), "for documentation (203.0.113.0/24)"),
    (v4(224, 0, 0, 0, 4), "multicast (224.0.0.0/4)"),
    (v4(255, 255, 255, 255, 32), "broadcast"),
    (v4(240, 0, 0, 0, 4), "reserved (240.0.0.0/4)"),
    (v6([0xfd00, 0xec2, 0, 0], 64), "a cloud's metadata service"),
    (v6([0xfd20, 0xce, 0, 0], 64), "a cloud's metadata service"),
    (v6([0xfc00, 0, 0, 0], 7), "private (fc00::/7)"),
    (v6([0xfe80, 0, 0, 0], 10), "link-local (fe80::/10)"),
    (v6([0xfec0, 0, 0, 0], 10), "site-local (fec0::/10)"),
    (v6([0xff00, 0, 0, 0], 8), "multicast (ff00::/8)"),
    (
        v6([0x2001, 0xdb8, 0, 0], 32),
        "for documentation (2001:db8::/32)",
    ),
    (v6([0x3fff, 0, 0, 0], 20), "for documentation (3fff::/20)"),
    (v6([0x2001, 0, 0, 0], 32), "a tunnel's (Teredo, 2001::/32)"),
    (
        v6([0x2001, 0, 0, 0], 23),
        "reserved for protocols (2001::/23)",
    ),
    (
        v6([0x64, 0xff9b, 1, 0], 48),
        "a local translator's (64:ff9b:1::/48)",
    ),
    (
        v6([0, 0, 0, 0], 64),
        "this machine, unspecified or an IPv4 address in disguise (::/64)",
    ),
];

/// Addresses that are assigned to public hosts, so far.
const PUBLIC: AddressRange = v6([0x2000, 0, 0, 0], 3);
/// IPv4 behind a translator (NAT64, RFC 6052): the last 32 bits.
const TRANSLATED: AddressRange = AddressRange::around(
    IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0)),
    96,
);
/// IPv4 in a tunnel (6to4, RFC 3056): the 32 bits after the first 16.
const TUNNELLED: AddressRange = v6([0x2002, 0, 0, 0], 16);

/// What an address is, unless it is a public host's. An address that leads to
/// an IPv4 one is what that is.
pub(super) fn special(address: IpAddr) -> Option<Cow<'static, str>> {
    let address = address.to_canonical();
    let listed = SPECIAL.iter().find(|(range, _)| range.contains(address));
    if let Some((_, what)) = listed {
        return Some(Cow::Borrowed(what));
    }
    let IpAddr::V6(v6) = address else {
        return None;
    };
    let bits = v6.to_bits();
    let inner = if TRANSLATED.contains(address) {
        bits as u32
    } else if TUNNELLED.contains(address) {
        (bits >> 80) as u32
    } else if PUBLIC.contains(address) {
        return None;
    } else {
        return Some(Cow::Borrowed("outside what public hosts have (2000::/3)"));
    };
    let inner = Ipv4Addr::from_bits(inner);
    special(IpAddr::V4(inner)).map(|what| Cow::Owned(format!("a way to {inner}, {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(address: &str) -> Option<Cow<'static, str>> {
        special(address.parse().expect("an address"))
    }

    #[test]
    fn every_range_that_is_no_public_hosts_is_known() {
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
            ("::127.0.0.1", "disguise"),
            ("::8.8.8.8", "disguise"),
            ("::ffff:127.0.0.1", "this machine"),
            ("::ffff:169.254.169.254", "metadata"),
            ("::ffff:0:10.0.0.1", "disguise"),
            ("64:ff9b::127.0.0.1", "way to 127.0.0.1, this machine"),
            ("64:ff9b::169.254.169.254", "metadata"),
            ("64:ff9b:1::808:808", "local translator"),
            ("100::1", "outside"),
            ("2001::1", "Teredo"),
            ("2001:0:7f00:1::1", "Teredo"),
            ("2001:10::1", "protocols"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::1", "way to 127.0.0.1"),
            ("2002:a9fe:a9fe::", "metadata"),
            ("2002:c0a8:101::1", "way to 192.168.1.1, private"),
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
            let found = what(address);
            assert!(
                found.as_ref().is_some_and(|what| what.contains(words)),
                "{address}: {found:?}"
            );
        }
    }

    #[test]
    fn public_hosts_are_public_in_every_form() {
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
            assert_eq!(what(address), None, "{address}");
        }
    }
}
