//! What a version of the contract has that an earlier one lacks.

use semver::Version;
use serde::Serialize;

use crate::Contract;

/// Something that was added to the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractAddition {
    /// Version that added it.
    pub since: Version,
    /// Package and interface, such as `patchbay:care/types`.
    pub interface: String,
    /// The item, such as `interaction.read: func() -> interaction-view-1`.
    pub item: String,
}

impl Contract {
    /// What was added after a version, in the order of the packages.
    pub fn additions_since(&self, version: &Version) -> Vec<ContractAddition> {
        let files = self.files().into_iter();
        let additions = files.flat_map(|(path, text)| {
            let package = path.split('/').next().unwrap_or_default();
            additions(&format!("patchbay:{package}"), text)
        });
        additions.filter(|one| one.since > *version).collect()
    }
}

/// Every item of a file with its `@since`.
fn additions(package: &str, text: &str) -> Vec<ContractAddition> {
    let mut found = Vec::new();
    // Names of the blocks around the line; the first is the interface or world.
    let mut blocks: Vec<String> = Vec::new();
    let mut since = None;
    let mut item = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(version) = line.strip_prefix("@since(version = ") {
            since = version.trim_end_matches(')').parse::<Version>().ok();
            continue;
        }
        if line.is_empty() {
            continue;
        }
        item = [item.trim(), line].join(" ").trim().to_owned();
        let (ends, opens, closes) = (
            line.ends_with([';', ',']),
            line.ends_with('{'),
            line.ends_with('}'),
        );
        if !(ends || opens || closes) {
            continue;
        }
        let signature = item.trim_end_matches([';', ',', '{', ' ']).to_owned();
        let name = signature.rsplit(' ').next().unwrap_or_default().to_owned();
        if let Some(since) = since.take() {
            let interface = blocks.first().unwrap_or(&name);
            let inner = blocks.iter().skip(1);
            let inner: String = inner.map(|block| format!("{block}.")).collect();
            found.push(ContractAddition {
                since,
                interface: format!("{package}/{interface}"),
                item: inner + &signature,
            });
        }
        item.clear();
        if opens {
            blocks.push(name);
        } else if closes && !signature.contains('{') {
            blocks.pop();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(contract: &Contract, since: &str) -> Vec<String> {
        let since = since.parse().expect(since);
        let additions = contract.additions_since(&since).into_iter();
        additions
            .map(|one| format!("{} {}: {}", one.since, one.interface, one.item))
            .collect()
    }

    #[test]
    fn what_0_1_1_added_is_listed() {
        let contract = Contract::released("0.1.1").expect("released");
        assert_eq!(contract.version(), "0.1.1");
        assert_eq!(shown(&contract, "0.1.1"), Vec::<String>::new());
        let added = shown(&contract, "0.1.0");
        for line in [
            "0.1.1 patchbay:care/data: interface data",
            "0.1.1 patchbay:care/data: get: func(table: string, key: string) -> option<list<string>>",
            "0.1.1 patchbay:care/types: interaction.read: func() -> interaction-view-1",
            "0.1.1 patchbay:care/types: record interaction-view-1",
        ] {
            assert!(added.iter().any(|one| one == line), "{line}: {added:#?}");
        }
        assert!(
            added.iter().all(|one| one.starts_with("0.1.1 ")),
            "{added:#?}"
        );
    }

    /// Each item that a version added is missing in the version before, and the other way round.
    #[test]
    fn an_addition_is_not_in_the_version_before() {
        let (before, after) = ("0.1.0", "0.1.1");
        let released = |version| Contract::released(version).expect("released");
        let every = "0.0.0".parse().expect("a version");
        let items = |contract: &Contract| -> Vec<(String, String)> {
            let all = contract.additions_since(&every).into_iter();
            all.map(|one| (one.interface, one.item)).collect()
        };
        let (old, new) = (items(&released(before)), items(&released(after)));
        assert!(old.len() > 100, "{old:?}");
        let before = before.parse().expect("a version");
        for one in released(after).additions_since(&before) {
            assert!(
                !old.contains(&(one.interface.clone(), one.item.clone())),
                "{one:?}"
            );
        }
        for item in &old {
            assert!(new.contains(item), "{item:?}");
        }
    }
}
