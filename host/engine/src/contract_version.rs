//! Versions of the contract's packages: which of them a component names, and which
//! this host offers.

use std::fmt;
use std::str::FromStr;

use crate::contract::package_version;

/// Version of a package of the contract, `MAJOR.MINOR.PATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContractVersion {
    major: u64,
    minor: u64,
    patch: u64,
}

impl ContractVersion {
    /// Versions of one track are compatible: 0.1.x, 1.x.
    pub fn track(self) -> (u64, u64) {
        match self.major {
            0 => (0, self.minor),
            major => (major, 0),
        }
    }
}

/// A version that is none.
#[derive(Debug, PartialEq, Eq)]
pub struct NoVersion;

impl FromStr for ContractVersion {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<ContractVersion, NoVersion> {
        let mut numbers = text
            .split('.')
            .map(|part| part.parse().map_err(|_| NoVersion));
        let mut next = || numbers.next().unwrap_or(Err(NoVersion));
        let version = ContractVersion {
            major: next()?,
            minor: next()?,
            patch: next()?,
        };
        match numbers.next() {
            None => Ok(version),
            Some(_) => Err(NoVersion),
        }
    }
}

impl fmt::Display for ContractVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Package and version of the name of a `patchbay:` interface,
/// `patchbay:care/types@0.1.1`; `None` for any other name.
fn package_of(name: &str) -> Option<(&str, Option<ContractVersion>)> {
    let (package, rest) = name.strip_prefix("patchbay:")?.split_once('/')?;
    let version = rest.rsplit_once('@').map(|(_, version)| version);
    Some((package, version.and_then(|version| version.parse().ok())))
}

/// The highest version among the `patchbay:` interfaces.
pub(crate) fn newest<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<ContractVersion> {
    let named = names.into_iter().filter_map(package_of);
    named.filter_map(|(_, version)| version).max()
}

/// Whether this host offers the version of an interface: the package's track, and
/// no later version. True for names that are not the contract's.
pub(crate) fn is_offered(name: &str) -> bool {
    let Some((package, version)) = package_of(name) else {
        return true;
    };
    let own = package_version(package).parse::<ContractVersion>();
    match (version, own) {
        (Some(version), Ok(own)) => version.track() == own.track() && version <= own,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_of_a_component_is_that_of_any_package() {
        let names = [
            "wasi:io/streams@9.9.9",
            "patchbay:care/types@0.1.10",
            "patchbay:care/log@0.1.9",
            "patchbay:routing/routing@0.1.0",
        ];
        assert_eq!(
            newest(names).map(|it| it.to_string()).as_deref(),
            Some("0.1.10")
        );
        assert_eq!(
            newest(["wasi:io/streams@9.9.9", "patchbay:care/types"]),
            None
        );
    }

    #[test]
    fn a_host_offers_its_track_up_to_its_version() {
        let later = "patchbay:classification/classification@0.1.1";
        assert!(is_offered("patchbay:care/types@0.1.0"));
        assert!(is_offered("patchbay:care/types@0.1.1"));
        assert!(is_offered("other:host/things@7.0.0"));
        for other in [
            later,
            "patchbay:care/types@0.2.0",
            "patchbay:care/types@1.1.0",
            "patchbay:care/types",
        ] {
            assert!(!is_offered(other), "{other}");
        }
    }

    #[test]
    fn a_version_has_three_numbers() {
        for text in ["0.1", "0.1.0.0", "0.1.x", "", "0.1.0-rc"] {
            assert_eq!(text.parse::<ContractVersion>(), Err(NoVersion), "{text}");
        }
    }
}
