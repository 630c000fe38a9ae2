//! `pack.toml`: name and version of a policy, the grants it requests, the limits it suggests.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::{Component, PathBuf};
use std::str::FromStr;

use patchbay_company::Grants;
use patchbay_config::document_kind::DocumentKind;
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_config::web_address::WebAddress;
use patchbay_engine::data_layer::DataKind;
use patchbay_model::identifier;
use patchbay_model::limits::LimitsFile;
use semver::Version;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use toml::Spanned;

use crate::migration::{MOST_MIGRATIONS, Migration};

/// The file's name in a pack's directory.
pub const FILE_NAME: &str = "pack.toml";

/// Most tables and bytes of one pack.
const MOST_DATA: usize = 16;

/// Most bytes of a manifest.
const MAX_BYTES: usize = 256 << 10;

/// Language of a policy's sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Rust, built for `wasm32-wasip2` by cargo.
    #[default]
    Rust,
    /// TypeScript or JavaScript.
    Typescript,
    /// Python.
    Python,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 3] = [Language::Rust, Language::Typescript, Language::Python];

    /// Its code in `pack.toml` and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Typescript => "typescript",
            Language::Python => "python",
        }
    }
}

impl Display for Language {
    /// Its name.
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Language::Rust => "Rust",
            Language::Typescript => "TypeScript",
            Language::Python => "Python",
        })
    }
}

impl FromStr for Language {
    type Err = String;

    /// Reads its code.
    fn from_str(text: &str) -> Result<Language, String> {
        let mut all = Language::ALL.into_iter();
        all.find(|language| language.code() == text)
            .ok_or_else(|| format!("{text:?} is not a language; use rust, typescript or python"))
    }
}

/// What a valid pack name is, for messages.
pub const NAME_RULE: &str =
    "use lower-case letters, digits and hyphens, beginning with a letter, at most 64";

/// Whether a name is valid for a pack; see [`NAME_RULE`].
pub fn is_pack_name(name: &str) -> bool {
    let ok = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 64 && name.bytes().all(ok)
}

/// A whole `pack.toml`. An unknown key is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// Name, version and origin.
    pub pack: PackSection,
    /// How the sources are built.
    #[serde(default)]
    pub build: BuildSection,
    /// Grants the policy requests; the company file decides. Default: none.
    #[serde(default)]
    pub needs: Grants,
    /// Limits the policy suggests; the operator's ceiling wins.
    #[serde(default)]
    pub limits: LimitsFile,
    /// Where the schema of the settings is.
    #[serde(default)]
    pub settings: SettingsSection,
    /// Tables and bytes that the policy reads, by name.
    #[serde(default)]
    pub data: BTreeMap<String, Spanned<DataSection>>,
}

/// Name, version and origin of a pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackSection {
    /// Name; see [`NAME_RULE`].
    pub name: Spanned<String>,
    /// Semantic version.
    pub version: Version,
    /// Name of the publisher.
    #[serde(default)]
    pub publisher: Option<Spanned<String>>,
    /// SPDX licence expression.
    #[serde(default)]
    pub licence: Option<Spanned<String>>,
    /// One sentence.
    #[serde(default)]
    pub description: Option<Spanned<String>>,
    /// Address of the sources.
    #[serde(default)]
    pub source: Option<Spanned<String>>,
    /// Version of the format of stored state, from 1. A new version of the pack raises it when the
    /// meaning of stored state changes.
    #[serde(default = "first_state_version")]
    pub state_version: u32,
    /// Earlier state versions this pack also reads. On activation the host copies the state stored
    /// under the newest of them; state of any other version is not used. Default: none.
    #[serde(default = "no_state_versions")]
    pub state_from: Spanned<Vec<u32>>,
}

fn no_state_versions() -> Spanned<Vec<u32>> {
    Spanned::new(0..0, Vec::new())
}

fn first_state_version() -> u32 {
    1
}

/// How a pack is built.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BuildSection {
    /// Language of the sources; Rust by default.
    pub language: Language,
}

/// A pack's settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SettingsSection {
    /// File with the JSON Schema, below the manifest's directory; without one any object is valid.
    #[serde(deserialize_with = "path_in_pack")]
    pub schema: Option<PathBuf>,
    /// What becomes of settings that were written for older versions.
    pub migration: Vec<Spanned<Migration>>,
}

/// A table or bytes that a policy reads through the interface `data`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataSection {
    /// The file, below the manifest's directory: CSV for a table.
    #[serde(deserialize_with = "data_path")]
    pub file: PathBuf,
    /// What it is.
    pub kind: DataKind,
    /// Column of the keys of a table; by default the first.
    #[serde(default)]
    pub key: Option<String>,
}

fn data_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    path_in_pack(deserializer).map(Option::unwrap_or_default)
}

/// Reads a path that stays in the pack's directory.
fn path_in_pack<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    let mut parts = path.components();
    if path.as_os_str().is_empty() || !parts.all(|part| matches!(part, Component::Normal(_))) {
        return Err(D::Error::custom(format!(
            "{path:?} is not a path below the pack's directory, such as \"settings.schema.json\""
        )));
    }
    Ok(Some(path))
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is longer than 256 KiB, is not valid TOML, has an unknown key or an invalid value; with
    /// the position.
    pub fn parse(text: &str) -> Result<Manifest, FileProblem> {
        if text.len() > MAX_BYTES {
            let message = format!("the file has {} bytes; the limit is 256 KiB", text.len());
            return Err(FileProblem::whole(message));
        }
        let manifest: Manifest = toml_document::read_as(DocumentKind::Pack, text)?;
        let name = &manifest.pack.name;
        if !is_pack_name(name.get_ref()) {
            let message = format!("{:?} is not a valid pack name", name.get_ref());
            return Err(FileProblem::at(name.span(), message).help(NAME_RULE));
        }
        for (key, value) in [
            ("publisher", &manifest.pack.publisher),
            ("licence", &manifest.pack.licence),
            ("description", &manifest.pack.description),
            ("source", &manifest.pack.source),
        ] {
            let value = value.as_ref();
            let problem = value.and_then(|value| identifier::problem(value.get_ref()));
            if let (Some(value), Some(problem)) = (value, problem) {
                let message = format!("`{key}` {problem}");
                return Err(FileProblem::at(value.span(), message));
            }
        }
        if let Some(source) = &manifest.pack.source
            && WebAddress::parse(source.get_ref()).is_err()
        {
            let message = format!("`source` is {:?}, which is no address", source.get_ref());
            return Err(FileProblem::at(source.span(), message)
                .help("write one such as \"https://code.example/my-care\""));
        }
        if let Some(problem) = migration_problem(&manifest.settings.migration) {
            return Err(problem);
        }
        let (from, version) = (&manifest.pack.state_from, manifest.pack.state_version);
        if let Some(later) = from.get_ref().iter().find(|from| **from >= version) {
            let message = format!("`state-from` has {later}, but `state-version` is {version}");
            return Err(FileProblem::at(from.span(), message)
                .help("list only versions before `state-version` whose stored state it reads"));
        }
        manifest.check_data()?;
        Ok(manifest)
    }

    fn check_data(&self) -> Result<(), FileProblem> {
        for (index, (name, section)) in self.data.iter().enumerate() {
            let problem = |message: String| FileProblem::at(section.span(), message);
            if !is_pack_name(name) {
                let message = format!("{name:?} is not a valid name of data");
                return Err(problem(message).help(NAME_RULE));
            }
            if index >= MOST_DATA {
                return Err(problem(format!("there are more than {MOST_DATA} [data.…]")));
            }
            if section.get_ref().kind == DataKind::Bytes && section.get_ref().key.is_some() {
                let message =
                    format!("`key` of [data.{name}] names a column, but its kind is bytes");
                return Err(problem(message).help("remove it, or write kind = \"table\""));
            }
        }
        Ok(())
    }

    /// What becomes of settings that were written for older versions.
    pub fn migrations(&self) -> Vec<Migration> {
        let migrations = self.settings.migration.iter();
        migrations.map(|one| one.get_ref().clone()).collect()
    }

    /// Name of the pack.
    pub fn name(&self) -> &str {
        self.pack.name.get_ref()
    }
}

fn migration_problem(migrations: &[Spanned<Migration>]) -> Option<FileProblem> {
    if let Some(last) = migrations.get(MOST_MIGRATIONS) {
        let message = format!("a pack has at most {MOST_MIGRATIONS} migrations");
        return Some(FileProblem::at(last.span(), message));
    }
    migrations.iter().find_map(|migration| {
        let problem = migration.get_ref().problem()?;
        let span = problem.span.unwrap_or_else(|| migration.span());
        Some(FileProblem::at(span, problem.message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_valid() {
        let text = include_str!("../../../docs/pack.example.toml");
        let manifest = Manifest::parse(text).expect("valid");
        assert_eq!(manifest.limits.handles, Some(1024));
    }

    #[test]
    fn name_and_version_are_enough() {
        let manifest =
            Manifest::parse("[pack]\nname = \"care\"\nversion = \"0.1.0\"").expect("enough");
        assert_eq!(manifest.build.language, Language::Rust);
        assert_eq!(manifest.pack.state_version, 1);
    }

    #[test]
    fn a_manifest_that_is_too_long_is_not_parsed() {
        let problem = Manifest::parse(&"#".repeat(MAX_BYTES + 1)).expect_err("too long");
        assert_eq!(
            problem.message,
            "the file has 262145 bytes; the limit is 256 KiB"
        );
    }

    #[test]
    fn an_unknown_key_is_reported_with_its_line() {
        let text = "[pack]\nname = \"care\"\nversion = \"0.1.0\"\ncolour = \"red\"";
        let problem = Manifest::parse(text).expect_err("unknown key");
        assert_eq!(problem.line_column(text).expect("a position").0, 4);
    }

    #[test]
    fn a_schema_outside_of_the_pack_is_reported_with_its_position() {
        for path in ["../s.json", "a/../../s.json", "/etc/s.json", "", "."] {
            let text = format!(
                "[pack]\nname = \"care\"\nversion = \"0.1.0\"\n[settings]\nschema = {path:?}"
            );
            let problem = Manifest::parse(&text).expect_err(path);
            assert_eq!(problem.line_column(&text), Some((5, 10)), "{path}");
        }
    }

    #[test]
    fn data_that_cannot_be_is_reported_with_its_position() {
        let pack = "[pack]\nname = \"care\"\nversion = \"0.1.0\"\n";
        let valid = "[data.tiers]\nfile = \"data/tiers.csv\"\nkind = \"table\"\nkey = \"id\"\n";
        let manifest = Manifest::parse(&format!("{pack}{valid}")).expect("valid");
        let tiers = manifest.data["tiers"].get_ref();
        assert_eq!(
            (tiers.kind, tiers.key.as_deref()),
            (DataKind::Table, Some("id"))
        );
        for (data, line, expected) in [
            (
                "[data.Tiers]\nfile = \"a\"\nkind = \"bytes\"",
                4,
                "not a valid name of data",
            ),
            (
                "[data.a]\nfile = \"../a\"\nkind = \"bytes\"",
                5,
                "not a path below",
            ),
            (
                "[data.a]\nfile = \"a\"\nkind = \"csv\"",
                6,
                "unknown variant",
            ),
            (
                "[data.a]\nfile = \"a\"\nkind = \"bytes\"\nkey = \"b\"",
                4,
                "its kind is bytes",
            ),
            ("[data.a]\nkind = \"bytes\"", 4, "missing field `file`"),
        ] {
            let text = format!("{pack}{data}");
            let problem = Manifest::parse(&text).expect_err(data);
            assert!(
                problem.message.contains(expected),
                "{data}: {}",
                problem.message
            );
            let place = problem.line_column(&text);
            assert_eq!(place.map(|(line, _)| line), Some(line), "{data}");
        }
    }

    #[test]
    fn an_invalid_name_is_reported_with_its_position() {
        let text = "[pack]\nname = \"Care!\"\nversion = \"0.1.0\"";
        let problem = Manifest::parse(text).expect_err("bad name");
        assert_eq!(problem.line_column(text), Some((2, 8)));
    }
}
