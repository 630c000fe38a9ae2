//! A pack without its component, as one document: what the host stores and sends.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_engine::component::{ComponentBytes, Digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::manifest::Manifest;
use crate::settings::{SchemaError, SettingsSchema};
use crate::source::Pack;

/// Everything of a pack but the bytes of its component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Name: the manifest's, or for a component without one the file's.
    pub name: String,
    /// Text of `pack.toml`; absent for a component without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Text of the settings schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Digest of the component.
    pub component: Digest,
    /// Text of each case by its path below `cases/`. A request has them; what is stored does not,
    /// because cases may hold what customers wrote.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cases: BTreeMap<String, String>,
    /// Digest of the parts and cases that were tested together, where the cases are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Digest>,
}

impl Bundle {
    /// The bundle as it is stored: a digest instead of the cases.
    #[must_use]
    pub fn without_cases(mut self) -> Bundle {
        if !self.cases.is_empty() {
            self.tested = Some(self.tested_digest());
            self.cases.clear();
        }
        self
    }

    /// Digest of everything that decides how the cases end, the version of the host included.
    pub fn tested_digest(&self) -> Digest {
        // Strings and maps with string keys: cannot fail.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.extend_from_slice(env!("CARGO_PKG_VERSION").as_bytes());
        Digest::of(&bytes)
    }
}

/// Why a bundle and a component do not make a pack.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BundleError {
    /// The manifest is not valid; the text begins with line and column.
    #[error("pack.toml: {0}")]
    Manifest(String),
    /// The schema is not valid.
    #[error("{0}")]
    Schema(#[from] SchemaError),
    /// A part is missing.
    #[error("{0}")]
    Parts(&'static str),
    /// The component is not the one the bundle names.
    #[error("the component has digest {found}, but the bundle names {named}")]
    Component {
        /// Digest in the bundle.
        named: Digest,
        /// Digest of the bytes.
        found: Digest,
    },
}

impl Pack {
    /// The pack as one document, without its component's bytes.
    pub fn bundle(&self) -> Bundle {
        Bundle {
            name: self.name.clone(),
            manifest: self.manifest.clone(),
            schema: self.schema.as_ref().map(|schema| schema.text().to_owned()),
            component: self.digest(),
            cases: self.cases.clone(),
            tested: self.tested,
        }
    }

    /// The bundle as it is stored, without cases; computed once for all
    /// companies that use the pack.
    pub fn stored_bundle(&self) -> &Bundle {
        self.stored.get_or_init(|| self.bundle().without_cases())
    }

    /// Restores a pack from its bundle and its component.
    ///
    /// # Errors
    /// When a part is not valid or does not match the others.
    pub fn from_bundle(bundle: Bundle, component: ComponentBytes) -> Result<Pack, BundleError> {
        let (named, found) = (bundle.component, component.digest());
        if found != named {
            return Err(BundleError::Component { named, found });
        }
        let schema = bundle.schema.map(|text| SettingsSchema::parse(&text));
        let mut pack = match bundle.manifest {
            None => {
                let mut pack = Pack::bare(bundle.name, component);
                // The one that the component embeds.
                pack.schema = schema.transpose()?.map(Arc::new);
                pack
            }
            Some(text) => {
                let manifest = Manifest::parse(&text).map_err(|problem| {
                    let position = problem.line_column(&text);
                    let position = position.map(|(line, column)| format!("{line}:{column}: "));
                    BundleError::Manifest(position.unwrap_or_default() + &problem.message)
                })?;
                // Without a name in pack.toml it is the component's own schema.
                if manifest.settings.schema.is_some() && schema.is_none() {
                    return Err(BundleError::Parts(
                        "pack.toml names a settings schema, which is missing",
                    ));
                }
                Pack::described(manifest, text, schema.transpose()?.map(Arc::new), component)
            }
        };
        pack.cases = bundle.cases;
        pack.tested = bundle.tested;
        Ok(pack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[pack]\nname = \"care\"\nversion = \"1.2.3\"\nstate-version = 3\nstate-from = [2]\n[settings]\nschema = \"s.json\"\n";

    fn bundle() -> Bundle {
        Bundle {
            name: "care".to_owned(),
            manifest: Some(MANIFEST.to_owned()),
            schema: Some("{\"type\":\"object\"}".to_owned()),
            component: Digest::of(b"code"),
            cases: BTreeMap::from([("a/b.json".to_owned(), "{}".to_owned())]),
            tested: None,
        }
    }

    fn code() -> ComponentBytes {
        b"code".to_vec().into()
    }

    #[test]
    fn a_pack_survives_bundling() {
        let pack = Pack::from_bundle(bundle(), code()).expect("a pack");
        assert_eq!(pack.version.to_string(), "1.2.3");
        assert_eq!((pack.state_version, &*pack.state_from), (3, &[2][..]));
        assert_eq!(pack.bundle(), bundle());
        let json = serde_json::to_string(&bundle()).expect("JSON");
        assert_eq!(serde_json::from_str::<Bundle>(&json).ok(), Some(bundle()));
    }

    #[test]
    fn a_stored_bundle_has_a_digest_instead_of_the_cases() {
        let stored = bundle().without_cases();
        let json = serde_json::to_string(&stored).expect("JSON");
        assert!(!json.contains("a/b.json"), "{json}");
        assert_eq!(stored.tested, Some(bundle().tested_digest()));
        assert_eq!(stored.clone().without_cases(), stored);
        let pack = Pack::from_bundle(stored.clone(), code()).expect("a pack");
        assert_eq!(pack.bundle(), stored);
    }

    #[test]
    fn parts_that_do_not_match_are_rejected() {
        let error = |change: fn(&mut Bundle)| {
            let mut bundle = bundle();
            change(&mut bundle);
            Pack::from_bundle(bundle, code()).expect_err("rejected")
        };
        let other = error(|bundle| bundle.component = Digest::of(b"other"));
        assert!(matches!(other, BundleError::Component { .. }), "{other:?}");
        let parts = error(|bundle| bundle.schema = None);
        assert!(matches!(parts, BundleError::Parts(_)), "{parts:?}");
        let schema = error(|bundle| bundle.schema = Some("{\"type\":7}".to_owned()));
        assert!(matches!(schema, BundleError::Schema(_)), "{schema:?}");
        let manifest = error(|bundle| bundle.manifest = Some(MANIFEST.replace("[2]", "[3]")));
        let BundleError::Manifest(text) = manifest else {
            panic!("{manifest:?}");
        };
        assert!(text.starts_with("5:"), "{text}");
    }
}
