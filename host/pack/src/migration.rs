//! Migrations of settings: how a pack's manifest says what becomes of the settings that were
//! written for an older version.
//!
//! A migration renames settings, maps their values, removes some and gives others a value where
//! they have none, in this order. It holds no code, reads nothing but the settings, and always
//! ends. The host never applies one on its own: `apply` shows what it would change, and
//! `patchbay pack migrate` changes the company file.

mod company_edit;
mod setting_path;
mod settings_edit;

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::Deserialize;

pub use company_edit::{MigratedCompany, MigrationError, migrate_company, set_pack, settings_in};
pub use setting_path::SettingPath;

/// Most migrations of a pack.
pub const MOST_MIGRATIONS: usize = 100;
/// Most settings that one migration names.
const MOST_STEPS: usize = 1_000;

/// One `[[settings.migration]]` of a manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Migration {
    /// Versions of the pack for which the settings were written.
    pub from: VersionReq,
    /// Settings with another name. Each is read before any is written, so that two can swap.
    #[serde(default)]
    pub rename: BTreeMap<SettingPath, SettingPath>,
    /// By setting, under its new name: what becomes of its values. Others stay.
    #[serde(default)]
    pub map: BTreeMap<SettingPath, BTreeMap<String, toml::Value>>,
    /// Settings that are removed.
    #[serde(default)]
    pub remove: Vec<SettingPath>,
    /// Values of settings that are not given.
    #[serde(default)]
    pub default: BTreeMap<SettingPath, toml::Value>,
}

impl Migration {
    /// Why it cannot be used, as a sentence.
    pub(crate) fn problem(&self) -> Option<String> {
        let steps = self.rename.len() + self.map.len() + self.remove.len() + self.default.len();
        if steps > MOST_STEPS {
            return Some(format!(
                "the migration names more than {MOST_STEPS} settings"
            ));
        }
        if steps == 0 {
            return Some(
                "the migration does nothing; give rename, map, remove or default".to_owned(),
            );
        }
        let ends_in_each = |path: &&SettingPath| path.ends_in_each();
        let named = self.rename.iter().flat_map(|(from, to)| [from, to]);
        let mut named = named.chain(&self.remove).chain(self.default.keys());
        if let Some(path) = named.find(ends_in_each) {
            return Some(format!(
                "{path} ends in `*`, which only the settings of `map` may"
            ));
        }
        for (from, to) in &self.rename {
            if from.split_from(to).is_none() {
                return Some(format!(
                    "{from} cannot become {to}: every `*` must stand at the same place in both, and they must differ after it"
                ));
            }
        }
        let sources: Vec<&SettingPath> = self.rename.keys().collect();
        let targets: Vec<&SettingPath> = self.rename.values().collect();
        overlap(&sources).or_else(|| overlap(&targets))
    }
}

/// Two paths of which one is the other or a part of it.
fn overlap(paths: &[&SettingPath]) -> Option<String> {
    for (index, one) in paths.iter().enumerate() {
        let mut others = paths.iter().skip(index + 1);
        if let Some(other) = others.find(|other| one.contains(other) || other.contains(one)) {
            return Some(match one == other {
                true => format!("rename names {one} twice"),
                false => format!("rename names {one} and {other}, of which one contains the other"),
            });
        }
    }
    None
}

/// The migrations of settings that were written for a version, in the order of the manifest.
pub fn migrations_from<'a>(
    migrations: &'a [Migration],
    version: &Version,
) -> impl Iterator<Item = &'a Migration> {
    let version = version.clone();
    migrations
        .iter()
        .filter(move |migration| migration.from.matches(&version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<String> {
        let text = format!("from = \"<2.0.0\"\n{text}");
        let migration: Migration = toml::from_str(&text).expect("a migration");
        migration.problem()
    }

    #[test]
    fn migrations_that_contradict_themselves_are_refused() {
        for (text, part) in [
            ("", "does nothing"),
            ("rename = { a = \"c\", b = \"c\" }", "names c twice"),
            (
                "rename = { a = \"x\", \"a.b\" = \"y\" }",
                "contains the other",
            ),
            ("rename = { a = \"x\", b = \"x.y\" }", "contains the other"),
            ("rename = { \"a.*.b\" = \"c\" }", "cannot become"),
            ("rename = { \"a.*.b\" = \"c.*.b\" }", "cannot become"),
            ("rename = { a = \"a\" }", "cannot become"),
            ("remove = [\"a.*\"]", "ends in `*`"),
            ("default = { \"a.*\" = 1 }", "ends in `*`"),
        ] {
            let found = problem(text).unwrap_or_default();
            assert!(found.contains(part), "{text}: {found}");
        }
        for text in [
            "rename = { a = \"b\", b = \"a\" }",
            "rename = { \"a.*.b\" = \"a.*.c.d\" }",
            "map = { \"modes.*\" = { strict = \"block\" } }",
            "remove = [\"a\"]",
            "default = { \"tone.level\" = 3 }",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_migrations_of_the_older_version_count() {
        let migration = |from: &str| -> Migration {
            toml::from_str(&format!("from = \"{from}\"\nremove = [\"a\"]")).expect("a migration")
        };
        let all = [
            migration("<0.2.0"),
            migration("<0.3.0"),
            migration("=0.2.1"),
        ];
        let count = |version: &str| {
            let version = Version::parse(version).expect(version);
            migrations_from(&all, &version).count()
        };
        assert_eq!(
            ["0.1.9", "0.2.0", "0.2.1", "0.3.0"].map(count),
            [2, 1, 2, 0]
        );
    }
}
