//! Where the listener is, who may deliver, and whose the addresses are.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use patchbay_model::address;
use patchbay_outbound::egress::AddressRange;

/// Code of the channel of mails, whose addresses are compared by its rules.
const CHANNEL: &str = "email";

/// Where the listener is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LmtpAddress {
    /// An address and a port; port 0 takes any free one.
    Tcp(SocketAddr),
    /// A socket of the file system.
    Unix(PathBuf),
}

impl fmt::Display for LmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LmtpAddress::Tcp(address) => address.fmt(f),
            LmtpAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Settings of the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LmtpSettings {
    /// Where it is.
    pub listen: LmtpAddress,
    /// Addresses of mail servers that may deliver; empty: loopback and private ones.
    pub peers: Vec<AddressRange>,
    /// Connections at once. Default 100.
    pub connections: usize,
    /// Connections at once from one address. Default 50.
    pub connections_per_peer: usize,
    /// How long a client may take to send a command. Default 5 minutes, as RFC 5321
    /// asks for.
    pub command_timeout: Duration,
    /// How long a client may take to send a mail after DATA. Default 10 minutes.
    pub mail_timeout: Duration,
    companies: BTreeMap<String, String>,
}

/// Why an entry of the companies is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPattern {
    /// It is neither a domain nor an address.
    Form,
    /// Another entry is the same domain or address.
    Twice,
}

impl LmtpSettings {
    /// A listener without companies, with the defaults.
    pub fn at(listen: LmtpAddress) -> LmtpSettings {
        LmtpSettings {
            listen,
            peers: Vec::new(),
            connections: 100,
            connections_per_peer: 50,
            command_timeout: Duration::from_secs(300),
            mail_timeout: Duration::from_secs(600),
            companies: BTreeMap::new(),
        }
    }

    /// Gives a domain (`northwind.example`) or an address (`help@northwind.example`) to
    /// a company.
    ///
    /// # Errors
    /// [`InvalidPattern`].
    pub fn add_company(&mut self, pattern: &str, company: &str) -> Result<(), InvalidPattern> {
        let canonical = match pattern.contains('@') {
            true => canonical(pattern),
            false => canonical(&format!("x@{pattern}")).map(|it| it[2..].to_owned()),
        };
        let canonical = canonical.ok_or(InvalidPattern::Form)?;
        match self.companies.insert(canonical, company.to_owned()) {
            None => Ok(()),
            Some(_) => Err(InvalidPattern::Twice),
        }
    }

    /// The names of the companies that have addresses.
    pub fn companies(&self) -> impl Iterator<Item = &str> {
        self.companies.values().map(String::as_str)
    }

    /// The company of an address: that of the address, or of it without a suffix behind
    /// `+`, or of its domain.
    pub fn company_of(&self, address: &str) -> Option<&str> {
        let address = canonical(address)?;
        let (local, domain) = address.rsplit_once('@')?;
        let base = local
            .split_once('+')
            .map(|(base, _)| format!("{base}@{domain}"));
        let company = self
            .companies
            .get(&address)
            .or_else(|| self.companies.get(&base?))
            .or_else(|| self.companies.get(domain));
        company.map(String::as_str)
    }

    /// Whether a peer of this address may deliver.
    pub fn may_deliver(&self, peer: IpAddr) -> bool {
        match self.peers.as_slice() {
            [] => is_private(peer),
            peers => peers.iter().any(|range| range.contains(peer)),
        }
    }
}

/// The form in which addresses are compared; `None` for a text that is no address of a
/// domain.
fn canonical(text: &str) -> Option<String> {
    let canonical = address::canonical(CHANNEL, text);
    let (local, domain) = canonical.rsplit_once('@')?;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_address = !local.is_empty() && domain.len() <= 253 && domain.split('.').all(is_label);
    is_address.then_some(canonical)
}

/// Whether an address is of this machine or of a private network: nothing reaches it
/// from the internet.
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> LmtpSettings {
        let address = "127.0.0.1:0".parse().expect("an address");
        LmtpSettings::at(LmtpAddress::Tcp(address))
    }

    #[test]
    fn an_address_belongs_to_the_company_that_the_operator_names() {
        let mut settings = settings();
        for (pattern, company) in [
            ("Northwind.example", "northwind"),
            ("press@northwind.example", "press-office"),
            ("bücher.example", "books"),
        ] {
            settings.add_company(pattern, company).expect("added");
        }
        for (address, company) in [
            ("help@northwind.example", Some("northwind")),
            ("HELP+x@NORTHWIND.EXAMPLE", Some("northwind")),
            ("Press@Northwind.Example", Some("press-office")),
            ("press+monday@northwind.example", Some("press-office")),
            ("\"press\"@northwind.example", Some("press-office")),
            ("jo@xn--bcher-kva.example", Some("books")),
            ("jo@BÜCHER.example", Some("books")),
            ("help@sub.northwind.example", None),
            ("help@northwind.example.evil.example", None),
            ("help@evil.example", None),
            ("northwind.example", None),
            ("", None),
        ] {
            assert_eq!(settings.company_of(address), company, "{address}");
        }
        for (pattern, problem) in [
            ("NORTHWIND.example", InvalidPattern::Twice),
            ("Press@northwind.example", InvalidPattern::Twice),
            ("north wind.example", InvalidPattern::Form),
            ("*.northwind.example", InvalidPattern::Form),
            ("@northwind.example", InvalidPattern::Form),
            ("help@", InvalidPattern::Form),
            ("", InvalidPattern::Form),
        ] {
            let added = settings.add_company(pattern, "northwind");
            assert_eq!(added, Err(problem), "{pattern}");
        }
    }

    #[test]
    fn only_private_addresses_deliver_unless_the_operator_lists_others() {
        let mut settings = settings();
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.9",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ];
        let public = ["203.0.113.7", "8.8.8.8", "2001:db8::1", "0.0.0.0", "::"];
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(private.iter().all(|it| settings.may_deliver(address(it))));
        assert!(!public.iter().any(|it| settings.may_deliver(address(it))));
        settings.peers = vec!["203.0.113.7".parse().expect("a range")];
        assert!(settings.may_deliver(address("203.0.113.7")));
        assert!(!settings.may_deliver(address("127.0.0.1")));
    }
}
