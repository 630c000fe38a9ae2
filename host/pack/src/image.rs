//! A pack as an OCI image: the documents that name its parts by digest.
//!
//! The layout is the [OCI image format](https://github.com/opencontainers/image-spec) with the
//! media types of the
//! [CNCF Wasm artifact](https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/): its
//! first layer is the component. The digest of the manifest is the digest of the pack, and what a
//! signature covers.

mod config;
mod layout;

use std::collections::{BTreeMap, BTreeSet};

use patchbay_engine::component::Digest;
use patchbay_engine::data_layer::{DataKind, DataLayer};
use serde::{Deserialize, Serialize};

use crate::data::DataPart;

pub(crate) use config::WasmConfig;
pub use layout::LAYOUT_BYTES;
pub(crate) use layout::{Layout, LayoutError};

/// Media type of an image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of the configuration of a Wasm artifact.
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Media type of an empty configuration.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// What an empty configuration holds.
pub const EMPTY_BYTES: &[u8] = b"{}";
/// What the image of a pack is.
pub const PACK: &str = "application/vnd.patchbay.pack.v1";
/// What the image of a signature is, and the media type of its one layer: a signature in the
/// format of minisign.
pub const SIGNATURE: &str = "application/vnd.patchbay.signature.v1+minisign";

/// Name of a part in the annotations of its descriptor, which tools use as its file name.
pub(crate) const TITLE: &str = "org.opencontainers.image.title";
/// Version of the pack in the annotations of its manifest.
pub(crate) const VERSION: &str = "org.opencontainers.image.version";
/// Publisher of the pack in the annotations of its manifest.
pub(crate) const VENDOR: &str = "org.opencontainers.image.vendor";
/// Licence of the pack in the annotations of its manifest.
pub(crate) const LICENCES: &str = "org.opencontainers.image.licenses";
/// One sentence about the pack in the annotations of its manifest.
pub(crate) const DESCRIPTION: &str = "org.opencontainers.image.description";
/// Address of the sources in the annotations of its manifest.
pub(crate) const SOURCE: &str = "org.opencontainers.image.source";
/// Revision of the sources in the annotations of its manifest.
pub(crate) const REVISION: &str = "org.opencontainers.image.revision";
/// Tag of a manifest in the annotations of its descriptor in an index.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Media type of a table.
pub const TABLE: &str = "application/vnd.patchbay.data.table.v1";
/// Media type of other data of a policy.
pub const BYTES: &str = "application/vnd.patchbay.data.bytes.v1";
/// Beginning of the titles of layers of data; the name follows.
const DATA_TITLE: &str = "data/";

/// Most layers of an image.
const MOST_LAYERS: usize = 32;

/// A part of a pack; each is a layer of its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The component.
    Component,
    /// `pack.toml`.
    Manifest,
    /// JSON Schema of the settings.
    Schema,
    /// A JSON object of the cases: path below `cases/` to text.
    Cases,
    /// README, Markdown.
    Readme,
    /// Bill of materials, CycloneDX JSON.
    Sbom,
}

impl Part {
    /// Every part, in the order of the layers.
    pub const ALL: [Part; 6] = [
        Part::Component,
        Part::Manifest,
        Part::Schema,
        Part::Cases,
        Part::Readme,
        Part::Sbom,
    ];

    /// Media type of its layer.
    pub fn media_type(self) -> &'static str {
        match self {
            Part::Component => "application/wasm",
            Part::Manifest => "application/vnd.patchbay.pack.manifest.v1+toml",
            Part::Schema => "application/schema+json",
            Part::Cases => "application/vnd.patchbay.pack.cases.v1+json",
            Part::Readme => "text/markdown",
            Part::Sbom => "application/vnd.cyclonedx+json",
        }
    }

    /// Its file name.
    pub fn file_name(self) -> &'static str {
        match self {
            Part::Component => "component.wasm",
            Part::Manifest => "pack.toml",
            Part::Schema => "settings.schema.json",
            Part::Cases => "cases.json",
            Part::Readme => "README.md",
            Part::Sbom => "sbom.cdx.json",
        }
    }

    /// Whether every pack has it.
    pub fn is_required(self) -> bool {
        matches!(self, Part::Component | Part::Manifest)
    }
}

/// Names bytes by their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the bytes are.
    pub media_type: String,
    /// Their SHA-256.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
    /// What the image is, where the bytes are the manifest of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// More about them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a layer of data is; `None` for other layers.
fn data_kind(layer: &Descriptor) -> Option<DataKind> {
    match layer.media_type.as_str() {
        TABLE => Some(DataKind::Table),
        BYTES => Some(DataKind::Bytes),
        _ => None,
    }
}

/// The descriptor of a layer of data.
pub(crate) fn data_layer(name: &str, layer: &DataLayer) -> Descriptor {
    let media_type = match layer.kind() {
        DataKind::Table => TABLE,
        DataKind::Bytes => BYTES,
    };
    Descriptor {
        media_type: media_type.to_owned(),
        digest: layer.digest(),
        size: layer.bytes().len() as u64,
        artifact_type: None,
        annotations: BTreeMap::new(),
    }
    .annotated(TITLE, &format!("{DATA_TITLE}{name}"))
}

/// Name of the part that a layer holds: its file name, `data/NAME`, or for a layer of
/// another type, the type.
pub fn part_name(layer: &Descriptor) -> &str {
    if let (Some(_), Some(title)) = (data_kind(layer), layer.annotations.get(TITLE)) {
        return title;
    }
    let mut parts = Part::ALL.into_iter();
    let part = parts.find(|part| part.media_type() == layer.media_type);
    match part {
        Some(part) => part.file_name(),
        None => &layer.media_type,
    }
}

impl Descriptor {
    /// The descriptor of bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Descriptor {
        Descriptor {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            artifact_type: None,
            annotations: BTreeMap::new(),
        }
    }

    pub(crate) fn annotated(mut self, key: &str, value: &str) -> Descriptor {
        self.annotations.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// The manifest of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    schema_version: u32,
    media_type: String,
    /// What the image is: [`PACK`] or [`SIGNATURE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers.
    pub layers: Vec<Descriptor>,
    /// The image that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// More about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl ImageManifest {
    pub(crate) fn new(
        artifact_type: &str,
        config: Descriptor,
        layers: Vec<Descriptor>,
    ) -> ImageManifest {
        ImageManifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: Some(artifact_type.to_owned()),
            config,
            layers,
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn read(bytes: &[u8]) -> Result<ImageManifest, String> {
        let manifest: ImageManifest = serde_json::from_slice(bytes)
            .map_err(|error| format!("the image manifest is not valid: {error}"))?;
        let layers = manifest.layers.len();
        if manifest.schema_version != 2 || manifest.media_type != MANIFEST {
            return Err(format!("the image manifest is not of type {MANIFEST}"));
        }
        if layers > MOST_LAYERS {
            return Err(format!(
                "the image has {layers} layers; the limit is {MOST_LAYERS}"
            ));
        }
        Ok(manifest)
    }

    /// The same manifest always gives the same bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps with string keys: cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The layer of each part of a pack.
    ///
    /// # Errors
    /// As a sentence, where a part is absent that every pack has, is there twice, or is unknown to
    /// this version; or where the first layer is not the component.
    pub fn parts(&self) -> Result<BTreeMap<Part, &Descriptor>, String> {
        let mut parts = BTreeMap::new();
        for layer in &self.layers {
            if data_kind(layer).is_some() {
                continue;
            }
            let known = Part::ALL
                .into_iter()
                .find(|part| part.media_type() == layer.media_type);
            let Some(part) = known else {
                return Err(format!(
                    "the pack has a part of type {:?}, which this version of patchbay does not know; use a newer version",
                    layer.media_type
                ));
            };
            if parts.insert(part, layer).is_some() {
                return Err(format!("the pack has two parts {}", part.file_name()));
            }
        }
        for part in Part::ALL.into_iter().filter(|part| part.is_required()) {
            if !parts.contains_key(&part) {
                return Err(format!("the pack has no {}", part.file_name()));
            }
        }
        if self.layers[0].media_type != Part::Component.media_type() {
            return Err("the first layer of the pack is not the component".to_owned());
        }
        Ok(parts)
    }

    /// The layers of data by name.
    ///
    /// # Errors
    /// As a sentence, where a layer has no name, or two have one.
    pub fn data(&self) -> Result<BTreeMap<String, DataPart>, String> {
        let mut data = BTreeMap::new();
        for layer in &self.layers {
            let Some(kind) = data_kind(layer) else {
                continue;
            };
            let digest = layer.digest;
            let title = layer.annotations.get(TITLE);
            let name = title.and_then(|title| title.strip_prefix(DATA_TITLE));
            let name = name.ok_or_else(|| format!("the data {digest} of the pack has no name"))?;
            let part = DataPart { kind, digest };
            if data.insert(name.to_owned(), part).is_some() {
                return Err(format!("the pack has two data `{name}`"));
            }
        }
        Ok(data)
    }

    /// Digests of everything that it names.
    pub(crate) fn names(&self) -> BTreeSet<Digest> {
        let layers = self.layers.iter().map(|layer| layer.digest);
        std::iter::once(self.config.digest).chain(layers).collect()
    }
}

/// The index of a layout: the manifests in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageIndex {
    schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    pub(crate) manifests: Vec<Descriptor>,
}

impl ImageIndex {
    pub(crate) fn new(manifests: Vec<Descriptor>) -> ImageIndex {
        ImageIndex {
            schema_version: 2,
            media_type: Some(INDEX.to_owned()),
            manifests,
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<ImageIndex, String> {
        serde_json::from_slice(bytes).map_err(|error| format!("index.json is not valid: {error}"))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
