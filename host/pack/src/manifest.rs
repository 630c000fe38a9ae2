//! `pack.toml`: what a policy is, needs and suggests.

use std::path::PathBuf;

use patchbay_model::company::Grants;
use patchbay_model::limits::LimitsFile;
use patchbay_model::located::Located;
use semver::Version;
use serde::Deserialize;
use toml::Spanned;

/// The file's name in a pack's directory.
pub const FILE_NAME: &str = "pack.toml";

/// What a policy is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Rust, built for wasm32-wasip2 by cargo.
    #[default]
    Rust,
    /// TypeScript or JavaScript.
    Typescript,
    /// Python.
    Python,
}

/// What a pack may be called, in words.
pub(crate) const NAME_RULE: &str =
    "use lower-case letters, digits and hyphens, beginning with a letter, at most 64";

/// Whether a pack may be called that.
pub(crate) fn is_pack_name(name: &str) -> bool {
    let ok = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 64 && name.bytes().all(ok)
}

/// A whole `pack.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// What it is.
    pub pack: PackSection,
    /// How it is built.
    #[serde(default)]
    pub build: BuildSection,
    /// What it asks the operator for.
    #[serde(default)]
    pub needs: Grants,
    /// Limits it suggests; the operator's ceiling wins.
    #[serde(default)]
    pub limits: LimitsFile,
    /// Its settings.
    #[serde(default)]
    pub settings: SettingsSection,
}

/// What a pack is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackSection {
    /// Lower-case letters, digits and hyphens.
    pub name: Spanned<String>,
    /// Semantic version.
    pub version: Version,
    /// Who publishes it.
    #[serde(default)]
    pub publisher: Option<String>,
    /// SPDX licence expression.
    #[serde(default)]
    pub licence: Option<String>,
    /// One sentence.
    #[serde(default)]
    pub description: Option<String>,
    /// Raised when the meaning of stored state changes.
    #[serde(default = "one")]
    pub state_version: u32,
    /// Older meanings it reads as they are: what was stored under the newest
    /// of them is copied when it takes over. Under any other it begins with
    /// nothing.
    #[serde(default = "none_older")]
    pub state_from: Spanned<Vec<u32>>,
}

fn none_older() -> Spanned<Vec<u32>> {
    Spanned::new(0..0, Vec::new())
}

fn one() -> u32 {
    1
}

/// How a pack is built.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BuildSection {
    /// Language of the sources.
    pub language: Language,
}

/// A pack's settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SettingsSection {
    /// File with the JSON Schema, beside the manifest.
    pub schema: Option<PathBuf>,
}

impl Manifest {
    /// Read a manifest.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Manifest, Located> {
        let manifest: Manifest = toml::from_str(text).map_err(Located::from)?;
        let name = &manifest.pack.name;
        if !is_pack_name(name.get_ref()) {
            let message = format!("{:?} is no pack name", name.get_ref());
            return Err(Located::at(name.span(), message).help(NAME_RULE));
        }
        let (from, version) = (&manifest.pack.state_from, manifest.pack.state_version);
        if let Some(later) = from.get_ref().iter().find(|from| **from >= version) {
            let message = format!("`state-from` has {later}, and `state-version` is {version}");
            return Err(Located::at(from.span(), message)
                .help("name versions before this one whose stored state it can read"));
        }
        Ok(manifest)
    }

    /// Name of the pack.
    pub fn name(&self) -> &str {
        self.pack.name.get_ref()
    }
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
    fn little_is_needed() {
        let manifest =
            Manifest::parse("[pack]\nname = \"care\"\nversion = \"0.1.0\"").expect("enough");
        assert_eq!(manifest.build.language, Language::Rust);
        assert_eq!(manifest.pack.state_version, 1);
    }

    #[test]
    fn an_unknown_key_is_pointed_at() {
        let text = "[pack]\nname = \"care\"\nversion = \"0.1.0\"\ncolour = \"red\"";
        let problem = Manifest::parse(text).expect_err("unknown key");
        assert_eq!(problem.line_column(text).expect("a place").0, 4);
    }

    #[test]
    fn a_bad_name_is_pointed_at() {
        let text = "[pack]\nname = \"Care!\"\nversion = \"0.1.0\"";
        let problem = Manifest::parse(text).expect_err("bad name");
        assert_eq!(problem.line_column(text), Some((2, 8)));
    }
}
