//! A range of addresses, as operators write it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

/// A range of IP addresses: `10.0.0.0/8`, `fd00::/8`, or one address. An IPv6
/// range contains no IPv4 addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange(IpNet);

/// Why a text is not an address range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressRangeError {
    /// The part before the slash is not an IP address.
    #[error("{0:?} is not an address range; write one such as \"10.0.0.0/8\" or \"fd00::/8\"")]
    Address(String),
    /// The part after the slash is not a prefix length.
    #[error("{text:?} needs a prefix length of 0 to {max} after the slash")]
    Prefix {
        /// The text.
        text: String,
        /// Bits of such an address.
        max: u8,
    },
    /// The address is not the first of the range.
    #[error("{text:?} does not start at the first address of its range; write \"{range}\"")]
    NotFirst {
        /// The text.
        text: String,
        /// The range the address is in.
        range: AddressRange,
    },
    /// IPv4 addresses written as IPv6 (`::ffff:10.0.0.0`).
    #[error("{0:?} holds IPv4 addresses in IPv6 form; write them as IPv4")]
    Mapped(String),
}

impl AddressRange {
    /// Whether an address is in the range. The IPv6 form of an IPv4 address
    /// (`::ffff:10.0.0.1`) counts as that IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    fn from_str(text: &str) -> Result<AddressRange, AddressRangeError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(AddressRangeError::Address(text.to_owned()));
        };
        if address.to_canonical() != address {
            return Err(AddressRangeError::Mapped(text.to_owned()));
        }
        let mut net = IpNet::from(address);
        if let Some(prefix) = prefix {
            let max = net.max_prefix_len();
            let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
            net = Some(prefix)
                .filter(|_| digits)
                .and_then(|prefix| IpNet::new(address, prefix.parse().ok()?).ok())
                .ok_or_else(|| AddressRangeError::Prefix {
                    text: text.to_owned(),
                    max,
                })?;
        }
        let range = AddressRange(net.trunc());
        match range.0 == net {
            true => Ok(range),
            false => Err(AddressRangeError::NotFirst {
                text: text.to_owned(),
                range,
            }),
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_range_contains_the_addresses_that_share_its_prefix() {
        for (text, within, without) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("172.16.0.0/12", "172.31.0.1", "172.32.0.0"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "8.8.8.8", "::8"),
            ("::/0", "2001:db8::1", "8.8.8.8"),
            ("::/0", "2001:db8::1", "::ffff:8.8.8.8"),
            ("fd00::/8", "fdff::1", "fc00::1"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
        ] {
            let contains = |address: &str| range(text).contains(address.parse().expect("an IP"));
            assert!(contains(within), "{text}");
            assert!(!contains(without), "{text}");
        }
    }

    #[test]
    fn a_range_displays_as_it_parses() {
        for text in ["10.0.0.0/8", "::1/128", "0.0.0.0/0", "fd00::/8"] {
            assert_eq!(range(text).to_string(), text);
        }
        assert_eq!(range("10.1.2.3").to_string(), "10.1.2.3/32");
    }

    #[test]
    fn an_invalid_range_says_what_would_be_right() {
        for (text, words) in [
            ("", "is not an address range"),
            ("localhost", "is not an address range"),
            ("10.0.0/8", "is not an address range"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("fd00::/129", "0 to 128"),
            ("10.0.0.8/8", "write \"10.0.0.0/8\""),
            ("fd00::1/8", "write \"fd00::/8\""),
            ("::ffff:10.0.0.0/104", "write them as IPv4"),
        ] {
            let error = text.parse::<AddressRange>().expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
