//! The parts of a pack that is about to become a file.

use std::collections::BTreeMap;

use patchbay_engine::component::Digest;

use toml::Spanned;

use crate::component_metadata::ComponentMetadata;
use crate::image::{
    CONFIG, DESCRIPTION, Descriptor, ImageManifest, LICENCES, PACK, Part, REVISION, SOURCE, TITLE,
    VENDOR, VERSION, WasmConfig, data_layer,
};
use crate::manifest::PackSection;
use crate::pack::Pack;
use crate::provenance::cases_part;

/// The parts of a pack.
#[derive(Clone, Debug)]
pub struct PackParts {
    /// The pack.
    pub pack: Pack,
    /// Its manifest's section `[pack]`.
    pub section: PackSection,
    /// Interfaces that the component exports.
    pub exports: Vec<String>,
    /// Interfaces that it imports.
    pub imports: Vec<String>,
    /// Text of its README.
    pub readme: Option<String>,
    /// Its bill of materials, CycloneDX JSON.
    pub sbom: Option<String>,
}

impl PackParts {
    /// The image that names the parts, and the bytes that it names.
    pub(super) fn into_image(self) -> (ImageManifest, BTreeMap<Digest, Vec<u8>>) {
        let cases = (!self.pack.cases.is_empty()).then(|| cases_part(&self.pack.cases));
        let schema = self.pack.schema.as_ref();
        let manifest = self.pack.manifest.clone().unwrap_or_default();
        let parts = [
            (Part::Component, Some(self.pack.component.to_vec())),
            (Part::Manifest, Some(manifest.into_bytes())),
            (
                Part::Schema,
                schema.map(|one| one.text().as_bytes().to_vec()),
            ),
            (Part::Cases, cases),
            (Part::Readme, self.readme.map(String::into_bytes)),
            (Part::Sbom, self.sbom.map(String::into_bytes)),
        ];
        let (mut layers, mut blobs) = (Vec::new(), BTreeMap::new());
        for (part, bytes) in parts {
            let Some(bytes) = bytes else { continue };
            let layer = Descriptor::of(part.media_type(), &bytes);
            layers.push(layer.annotated(TITLE, part.file_name()));
            blobs.insert(Digest::of(&bytes), bytes);
        }
        for (name, layer) in &self.pack.data {
            layers.push(data_layer(name, layer));
            blobs.insert(layer.digest(), layer.bytes().to_vec());
        }
        let digests = layers.iter().map(|layer| layer.digest).collect();
        let config = WasmConfig::new(digests, self.exports, self.imports).to_bytes();
        let mut image = ImageManifest::new(PACK, Descriptor::of(CONFIG, &config), layers);
        blobs.insert(Digest::of(&config), config);
        let version = self.section.version.to_string();
        let revision = ComponentMetadata::read(&self.pack.component).revision;
        for (key, value) in [
            (TITLE, Some(self.section.name.into_inner())),
            (VERSION, Some(version)),
            (VENDOR, self.section.publisher.map(Spanned::into_inner)),
            (LICENCES, self.section.licence.map(Spanned::into_inner)),
            (
                DESCRIPTION,
                self.section.description.map(Spanned::into_inner),
            ),
            (SOURCE, self.section.source.map(Spanned::into_inner)),
            (REVISION, revision),
        ] {
            image
                .annotations
                .extend(value.map(|value| (key.to_owned(), value)));
        }
        (image, blobs)
    }
}
