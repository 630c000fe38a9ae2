//! A range of addresses, as operators write it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

/// A range of IP addresses: `10.0.0.0/8`, `fd00::/8`, or one address. An IPv4
/// address has one form here: ranges of IPv6 hold none in disguise.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    first: IpAddr,
    prefix: u8,
}

/// Why a text is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressRangeError {
    /// What should be an address is none.
    #[error("{0:?} is no range of addresses; write one such as \"10.0.0.0/8\" or \"fd00::/8\"")]
    NoRange(String),
    /// The length of the prefix is no number, or too large.
    #[error("{text:?} has no prefix length of 0 to {most} after the slash")]
    Prefix {
        /// The text.
        text: String,
        /// Bits of such an address.
        most: u8,
    },
    /// The address is not the first of the range.
    #[error("{text:?} does not begin at its first address; write \"{range}\"")]
    NotFirst {
        /// The text.
        text: String,
        /// The range that begins there.
        range: AddressRange,
    },
    /// IPv4 addresses written as IPv6 ones.
    #[error("{0:?} holds IPv4 addresses in the form of IPv6; write them as IPv4")]
    Mapped(String),
}

impl AddressRange {
    /// The range an address lies in, given the bits all of it has in common;
    /// more bits than the address has are as many as it has.
    pub(crate) const fn around(address: IpAddr, prefix: u8) -> AddressRange {
        match address {
            IpAddr::V4(address) => {
                let prefix = if prefix > 32 { 32 } else { prefix };
                let mask = mask_v4(prefix);
                let first = std::net::Ipv4Addr::from_bits(address.to_bits() & mask);
                AddressRange {
                    first: IpAddr::V4(first),
                    prefix,
                }
            }
            IpAddr::V6(address) => {
                let prefix = if prefix > 128 { 128 } else { prefix };
                let mask = mask_v6(prefix);
                let first = std::net::Ipv6Addr::from_bits(address.to_bits() & mask);
                AddressRange {
                    first: IpAddr::V6(first),
                    prefix,
                }
            }
        }
    }

    /// Whether an address lies in it. An IPv4 address in the form of IPv6
    /// (`::ffff:10.0.0.1`) is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                address.to_bits() & mask_v4(self.prefix) == first.to_bits()
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                address.to_bits() & mask_v6(self.prefix) == first.to_bits()
            }
            _ => false,
        }
    }
}

const fn mask_v4(prefix: u8) -> u32 {
    match u32::MAX.checked_shl(32 - prefix as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

const fn mask_v6(prefix: u8) -> u128 {
    match u128::MAX.checked_shl(128 - prefix as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    fn from_str(text: &str) -> Result<AddressRange, AddressRangeError> {
        let no_range = || AddressRangeError::NoRange(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| no_range())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|bits| *bits <= most && prefix.bytes().all(|byte| byte.is_ascii_digit()))
                .ok_or_else(|| AddressRangeError::Prefix {
                    text: text.to_owned(),
                    most,
                })?,
        };
        if address.is_ipv6() && address.to_canonical().is_ipv4() {
            return Err(AddressRangeError::Mapped(text.to_owned()));
        }
        let range = AddressRange::around(address, prefix);
        if range.first != address {
            return Err(AddressRangeError::NotFirst {
                text: text.to_owned(),
                range,
            });
        }
        Ok(range)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
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
    fn a_range_holds_what_begins_alike() {
        for (text, within, without) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("172.16.0.0/12", "172.31.0.1", "172.32.0.0"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "8.8.8.8", "::8"),
            ("::/0", "2001:db8::1", "8.8.8.8"),
            ("fd00::/8", "fdff::1", "fc00::1"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
        ] {
            let (within, without) = (within.parse(), without.parse());
            assert!(range(text).contains(within.expect("an address")), "{text}");
            assert!(
                !range(text).contains(without.expect("an address")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_range_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "::1/128", "0.0.0.0/0", "fd00::/8"] {
            assert_eq!(range(text).to_string(), text);
        }
        assert_eq!(range("10.1.2.3").to_string(), "10.1.2.3/32");
    }

    #[test]
    fn what_is_no_range_is_told_apart() {
        for (text, words) in [
            ("", "is no range"),
            ("localhost", "is no range"),
            ("10.0.0/8", "is no range"),
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
