//! Which addresses a session may reach.

use std::net::IpAddr;

use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{AddressRange, Egress, EgressError, EgressProblem};

use crate::error::RegistryError;
use crate::reference::Reference;

/// Ranges of this machine.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
/// What stands for this machine in requests without encryption.
const LOOPBACK_HOSTS: [&str; 2] = ["127.0.0.1/32", "::1/128"];
/// Ranges of private networks.
const PRIVATE: [&str; 5] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
];

/// Which addresses a session may reach.
///
/// The registry itself may be where its user may name it. A host that the registry names is public, or
/// in the same range as the registry; without encryption only on this machine, and only from a
/// registry there.
pub struct Reach {
    egress: Egress,
    /// Special-purpose ranges in which the registry may be.
    ranges: Vec<AddressRange>,
    of_registry: Option<Egress>,
    of_others: Option<Egress>,
    /// The address at which the registry answered.
    address: Option<IpAddr>,
}

impl Reach {
    /// For a registry that a person typed: it may be on this machine or in a private network.
    pub fn of_typed(egress: Egress) -> Reach {
        let all = LOOPBACK.iter().chain(&PRIVATE);
        Reach::of_named(egress, ranges(all))
    }

    /// For a registry that a file names: it is public, or in one of these ranges.
    pub fn of_named(egress: Egress, ranges: Vec<AddressRange>) -> Reach {
        Reach {
            egress,
            ranges,
            of_registry: None,
            of_others: None,
            address: None,
        }
    }

    pub(super) fn registry(&mut self, reference: &Reference) -> &Egress {
        let permitted = |text: &&&str| {
            let first = text.split('/').next().unwrap_or_default();
            let first = first.parse::<IpAddr>().ok();
            let mut permitted = self.ranges.iter();
            first.is_some_and(|first| permitted.any(|range| range.contains(first)))
        };
        let ranges = match reference.is_loopback() {
            // Without encryption: nothing else than this machine, whatever its name resolves to.
            true => ranges(LOOPBACK_HOSTS.iter().filter(permitted)),
            false => self.ranges.clone(),
        };
        let egress = &self.egress;
        self.of_registry
            .get_or_insert_with(|| egress.with_allowed(ranges))
    }

    /// The client for a host that the registry names.
    pub(super) fn named_host(
        &mut self,
        reference: &Reference,
        to: &WebAddress,
    ) -> Result<&Egress, RegistryError> {
        if !to.is_https() && !reference.is_loopback() {
            return Err(RegistryError::Refused(format!(
                "the registry {} leads to {}, which is not encrypted",
                reference.host(),
                to.origin()
            )));
        }
        let own = self.address.and_then(|address| {
            let all = ranges(LOOPBACK.iter().chain(&PRIVATE));
            all.into_iter().find(|range| range.contains(address))
        });
        let egress = &self.egress;
        Ok(self
            .of_others
            .get_or_insert_with(|| egress.with_allowed(own.into_iter().collect())))
    }

    pub(super) fn note_address(&mut self, address: IpAddr) {
        self.address.get_or_insert(address);
    }

    /// The error of a request, in words for who names registries.
    pub(super) fn refusal(&self, error: EgressError, is_own: bool) -> RegistryError {
        let origin = &error.origin;
        match &error.problem {
            EgressProblem::Refused { address, range } if is_own => RegistryError::Refused(format!(
                "the registry {origin} resolves to {address}, which is {range}; a company file names such a registry only if its range is in `allow` under [egress] of the server settings"
            )),
            EgressProblem::Refused { address, range } => RegistryError::Refused(format!(
                "the registry leads to {origin} at {address}, which is {range}: nothing was sent there"
            )),
            EgressProblem::Unencrypted { .. } => RegistryError::Refused(format!(
                "{origin} is not encrypted: plain http reaches this machine only"
            )),
            _ => RegistryError::Connection(error),
        }
    }
}

fn ranges<'a>(texts: impl Iterator<Item = &'a &'a str>) -> Vec<AddressRange> {
    texts.filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_registry_does_not_lead_to_plain_http() {
        let mut reach = Reach::of_typed(Egress::new(Default::default()));
        let reference = "registry.example/care:1".parse().expect("a reference");
        let to = WebAddress::parse("http://files.example/blob").expect("an address");
        let Err(refused) = reach.named_host(&reference, &to) else {
            panic!("the registry led to plain HTTP");
        };
        assert!(
            refused.to_string().contains("which is not encrypted"),
            "{refused}"
        );
        let to = WebAddress::parse("https://files.example/blob").expect("an address");
        assert!(reach.named_host(&reference, &to).is_ok());
    }

    #[test]
    fn plain_http_is_for_loopback_addresses_that_are_permitted() {
        let local = "localhost:5000/care".parse().expect("a reference");
        let mut reach = Reach::of_named(
            Egress::new(Default::default()),
            ranges(["10.0.0.0/8"].iter()),
        );
        let allowed = |egress: &Egress| format!("{egress:?}");
        let none = allowed(reach.registry(&local));
        assert!(none.contains("allow: []"), "{none}");
        let mut reach = Reach::of_typed(Egress::new(Default::default()));
        let both = allowed(reach.registry(&local));
        assert!(
            both.contains("127.0.0.1/32") && both.contains("::1/128"),
            "{both}"
        );
        assert!(!both.contains("10.0.0.0"), "{both}");
    }
}
