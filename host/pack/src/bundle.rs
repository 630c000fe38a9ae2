//! A pack without its component, as one document: what the host stores and sends.

use std::collections::BTreeMap;

use patchbay_engine::component::Digest;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::data::DataPart;
use crate::provenance::Provenance;
use crate::settings::SchemaError;

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
    /// Whether it was read from where it is stored: then its cases are left out, whether or not
    /// they were run. Never of a request.
    #[serde(skip)]
    pub is_stored: bool,
    /// Its tables and bytes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, DataPart>,
    /// The image that the pack came in, and its signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
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
        // Who signed it changes nothing.
        let parts = Bundle {
            provenance: None,
            ..self.clone()
        };
        // Strings and maps with string keys: cannot fail.
        let mut bytes = serde_json::to_vec(&parts).unwrap_or_default();
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
    /// Its data is missing, altered, or not what its manifest declares.
    #[error("{0}")]
    Data(String),
    /// The image is not that of the pack.
    #[error("{0}")]
    Image(String),
    /// The component is not the one the bundle names.
    #[error("the component has digest {found}, but the bundle names {named}")]
    Component {
        /// Digest in the bundle.
        named: Digest,
        /// Digest of the bytes.
        found: Digest,
    },
}
