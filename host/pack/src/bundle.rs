//! A pack in one piece, to be sent and to be kept: nothing beside it is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_engine::component::{ComponentBytes, Digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::manifest::Manifest;
use crate::settings::{SchemaError, SettingsSchema};
use crate::source::Pack;

/// Everything a pack is, but for the bytes of its component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Its name; that of the manifest, where there is one.
    pub name: String,
    /// Text of `pack.toml`; absent for a component without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Text of its settings schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Digest of its component.
    pub component: Digest,
    /// Its cases, by their path below `cases/`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cases: BTreeMap<String, String>,
}

/// Why a bundle is no pack.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BundleError {
    /// The manifest is wrong.
    #[error("pack.toml: {0}")]
    Manifest(String),
    /// The schema is wrong.
    #[error("{0}")]
    Schema(#[from] SchemaError),
    /// A part is missing, or there is one too many.
    #[error("{0}")]
    Parts(&'static str),
    /// The component is another one.
    #[error("its component has digest {found}, not {named}")]
    Component {
        /// What the bundle names.
        named: Digest,
        /// What the bytes have.
        found: Digest,
    },
}

impl Pack {
    /// The pack in one piece.
    pub fn bundle(&self) -> Bundle {
        Bundle {
            name: self.name.clone(),
            manifest: self.manifest.clone(),
            schema: self.schema.as_ref().map(|schema| schema.text().to_owned()),
            component: self.digest(),
            cases: self.cases.clone(),
        }
    }

    /// The pack a bundle and its component make.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn from_bundle(bundle: Bundle, component: ComponentBytes) -> Result<Pack, BundleError> {
        if component.digest() != bundle.component {
            return Err(BundleError::Component {
                named: bundle.component,
                found: component.digest(),
            });
        }
        let Some(text) = bundle.manifest else {
            return match bundle.schema {
                None => Ok(Pack {
                    cases: bundle.cases,
                    ..Pack::bare(bundle.name, component)
                }),
                Some(_) => Err(BundleError::Parts(
                    "it has a settings schema and no pack.toml",
                )),
            };
        };
        let manifest = Manifest::parse(&text).map_err(|problem| {
            let place = problem.line_column(&text);
            let place = place.map(|(line, column)| format!("{line}:{column}: "));
            BundleError::Manifest(place.unwrap_or_default() + &problem.message)
        })?;
        if manifest.settings.schema.is_some() != bundle.schema.is_some() {
            return Err(BundleError::Parts(
                "its pack.toml and its parts do not agree on whether there is a settings schema",
            ));
        }
        let schema = bundle.schema.map(|text| SettingsSchema::parse(&text));
        let schema = schema.transpose()?.map(Arc::new);
        Ok(Pack {
            cases: bundle.cases,
            ..Pack::described(manifest, text, schema, component)
        })
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
        }
    }

    fn code() -> ComponentBytes {
        b"code".to_vec().into()
    }

    #[test]
    fn a_pack_in_one_piece_is_the_same_pack() {
        let pack = Pack::from_bundle(bundle(), code()).expect("a pack");
        assert_eq!(pack.version.to_string(), "1.2.3");
        assert_eq!((pack.state_version, &*pack.state_from), (3, &[2][..]));
        assert_eq!(pack.bundle(), bundle());
        let text = serde_json::to_string(&bundle()).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Bundle>(&text).expect("read"),
            bundle()
        );
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let other = Pack::from_bundle(bundle(), b"other".to_vec().into());
        assert!(matches!(other, Err(BundleError::Component { .. })));
        for wrong in [
            Bundle {
                schema: None,
                ..bundle()
            },
            Bundle {
                manifest: None,
                ..bundle()
            },
        ] {
            let refused = Pack::from_bundle(wrong, code());
            assert!(matches!(refused, Err(BundleError::Parts(_))), "{refused:?}");
        }
        let schema = Some("{\"type\":7}".to_owned());
        let refused = Pack::from_bundle(Bundle { schema, ..bundle() }, code());
        assert!(
            matches!(refused, Err(BundleError::Schema(_))),
            "{refused:?}"
        );
        let manifest = Some(MANIFEST.replace("[2]", "[3]"));
        let refused = Pack::from_bundle(
            Bundle {
                manifest,
                ..bundle()
            },
            code(),
        );
        let Err(BundleError::Manifest(text)) = refused else {
            panic!("{refused:?}");
        };
        assert!(text.starts_with("5:"), "{text}");
    }
}
