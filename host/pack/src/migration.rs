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
use std::ops::Range;

use semver::{Version, VersionReq};
use serde::Deserialize;
use toml::Spanned;

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
    pub rename: BTreeMap<Spanned<SettingPath>, Spanned<SettingPath>>,
    /// By setting, under its new name: what becomes of its values. Others stay.
    #[serde(default)]
    pub map: BTreeMap<SettingPath, BTreeMap<String, toml::Value>>,
    /// Settings that are removed.
    #[serde(default)]
    pub remove: Vec<Spanned<SettingPath>>,
    /// Values of settings that are not given.
    #[serde(default)]
    pub default: BTreeMap<Spanned<SettingPath>, toml::Value>,
}

/// Why a migration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MigrationProblem {
    /// A sentence.
    pub(crate) message: String,
    /// Byte range of the path that is wrong; `None`: the migration as a whole.
    pub(crate) span: Option<Range<usize>>,
}

impl MigrationProblem {
    fn whole(message: impl Into<String>) -> MigrationProblem {
        MigrationProblem {
            message: message.into(),
            span: None,
        }
    }

    fn at(path: &Spanned<SettingPath>, message: String) -> MigrationProblem {
        MigrationProblem {
            message,
            span: Some(path.span()),
        }
    }
}

impl Migration {
    /// Why it cannot be used.
    pub(crate) fn problem(&self) -> Option<MigrationProblem> {
        let steps = self.rename.len() + self.map.len() + self.remove.len() + self.default.len();
        if steps > MOST_STEPS {
            let message = format!("the migration names more than {MOST_STEPS} settings");
            return Some(MigrationProblem::whole(message));
        }
        if steps == 0 {
            let message = "the migration does nothing; give rename, map, remove or default";
            return Some(MigrationProblem::whole(message));
        }
        let named = self.rename.iter().flat_map(|(from, to)| [from, to]);
        let mut named = named.chain(&self.remove).chain(self.default.keys());
        if let Some(path) = named.find(|path| path.get_ref().ends_in_each()) {
            let shown = path.get_ref();
            let message = format!("{shown} ends in `*`, which only the settings of `map` may");
            return Some(MigrationProblem::at(path, message));
        }
        for (from, to) in &self.rename {
            let (source, target) = (from.get_ref(), to.get_ref());
            if source.split_from(target).is_none() {
                let message = format!(
                    "{source} cannot become {target}: every `*` must stand at the same place in both, and they must differ after it"
                );
                return Some(MigrationProblem::at(to, message));
            }
        }
        let sources: Vec<_> = self.rename.keys().collect();
        let targets: Vec<_> = self.rename.values().collect();
        overlap(&sources).or_else(|| overlap(&targets))
    }
}

/// Two paths of which one is the other or a part of it.
fn overlap(paths: &[&Spanned<SettingPath>]) -> Option<MigrationProblem> {
    for (index, spanned) in paths.iter().enumerate() {
        let one = spanned.get_ref();
        let mut others = paths.iter().skip(index + 1);
        let is_part = |other: &SettingPath| one.contains(other) || other.contains(one);
        if let Some(found) = others.find(|other| is_part(other.get_ref())) {
            let other = found.get_ref();
            let message = match one == other {
                true => format!("rename names {one} twice"),
                false => format!("rename names {one} and {other}, of which one contains the other"),
            };
            return Some(MigrationProblem::at(found, message));
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

    /// The message, and the part of the text that is wrong.
    fn problem(text: &str) -> Option<(String, String)> {
        let text = format!("from = \"<2.0.0\"\n{text}");
        let migration: Migration = toml::from_str(&text).expect("a migration");
        let MigrationProblem { message, span } = migration.problem()?;
        Some((message, text[span.unwrap_or_default()].to_owned()))
    }

    #[test]
    fn migrations_that_contradict_themselves_are_refused() {
        for (text, part, place) in [
            ("", "does nothing", ""),
            ("rename = { a = \"c\", b = 'c' }", "names c twice", "'c'"),
            (
                "rename = { a = \"x\", \"a . b\" = \"y\" }",
                "contains the other",
                "\"a . b\"",
            ),
            (
                "rename = { a = \"x\", b = \"x.y\" }",
                "contains the other",
                "\"x.y\"",
            ),
            ("rename = { \"a.*.b\" = \"c\" }", "cannot become", "\"c\""),
            (
                "rename = { \"a.*.b\" = \"c.*.b\" }",
                "cannot become",
                "\"c.*.b\"",
            ),
            ("rename = { a = \"a\" }", "cannot become", "\"a\""),
            ("remove = [\"b\", \"a.*\"]", "ends in `*`", "\"a.*\""),
            ("default = { \"a.*\" = 1 }", "ends in `*`", "\"a.*\""),
        ] {
            let (found, shown) = problem(text).unwrap_or_default();
            assert!(found.contains(part), "{text}: {found}");
            assert_eq!(shown, place, "{text}");
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
