//! A pack in one file: an OCI image layout with its parts and its signatures.

mod distribution;
mod parts;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use patchbay_engine::component::Digest;
use semver::Version;
use thiserror::Error;

use crate::bundle::{Bundle, BundleError};
use crate::component_metadata::ComponentMetadata;
use crate::image::{
    Descriptor, EMPTY, EMPTY_BYTES, ImageIndex, ImageManifest, LAYOUT_BYTES, Layout, LayoutError,
    MANIFEST, PACK, Part, REF_NAME, SIGNATURE,
};
use crate::manifest::Manifest;
use crate::pack::Pack;
use crate::provenance::{MOST_SIGNATURES, Provenance, SIGNATURE_BYTES, cases_part};
use crate::regular_file::read_bytes;
use crate::signature::Signature;

pub use parts::PackParts;
pub use summary::PackSummary;

/// Ending of the name of a pack file.
pub const EXTENSION: &str = "pack";

/// Why a file is not a pack file.
#[derive(Debug, Error)]
pub enum PackFileError {
    /// It cannot be read.
    #[error("cannot read it: {0}")]
    Io(#[from] std::io::Error),
    /// It is not an image layout.
    #[error("it is not a pack file: {0}")]
    Layout(#[from] LayoutError),
    /// Its image is not that of a pack.
    #[error("it is not a pack file: {0}")]
    Image(String),
    /// Its parts do not make a pack.
    #[error("its parts are not valid: {0}")]
    Parts(#[from] BundleError),
}

/// A pack file, read and checked: every part has the digest that the image names.
#[derive(Clone, Debug)]
pub struct PackFile {
    layout: Layout,
    image: ImageManifest,
    digest: Digest,
    pack: Pack,
}

impl PackFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`PackFileError`]; a file is at most 80 MiB long.
    pub fn open(path: &Path) -> Result<PackFile, PackFileError> {
        PackFile::read(&read_bytes(path, LAYOUT_BYTES)?)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`PackFileError`].
    pub fn read(bytes: &[u8]) -> Result<PackFile, PackFileError> {
        PackFile::from_layout(Layout::read(bytes)?)
    }

    fn from_layout(layout: Layout) -> Result<PackFile, PackFileError> {
        let index = ImageIndex::read(&layout.index).map_err(PackFileError::Image)?;
        let mut pack: Option<(Digest, ImageManifest)> = None;
        let mut signatures = Vec::new();
        let mut named = BTreeSet::new();
        for descriptor in &index.manifests {
            let bytes = blob(&layout, descriptor)?;
            let image = ImageManifest::read(bytes).map_err(PackFileError::Image)?;
            if !named.insert(descriptor.digest) {
                let digest = descriptor.digest;
                return Err(image_error(format!("its index names {digest} twice")));
            }
            named.extend(image.names());
            for part in std::iter::once(&image.config).chain(&image.layers) {
                blob(&layout, part)?;
            }
            match image.artifact_type.as_deref() {
                Some(PACK) if pack.is_some() => {
                    return Err(image_error("it holds two packs".to_owned()));
                }
                Some(PACK) => pack = Some((descriptor.digest, image)),
                Some(SIGNATURE) => signatures.push(image),
                other => {
                    return Err(image_error(format!(
                        "it holds an image of type {:?}",
                        other.unwrap_or_default()
                    )));
                }
            }
        }
        if let Some(unnamed) = layout.blobs.keys().find(|digest| !named.contains(digest)) {
            return Err(image_error(format!(
                "it holds {unnamed}, which no image names"
            )));
        }
        let Some((digest, image)) = pack else {
            return Err(image_error("it holds no pack".to_owned()));
        };
        let texts = signatures
            .iter()
            .map(|signature| signature_text(&layout, signature, digest))
            .collect::<Result<Vec<_>, _>>()?;
        if texts.len() > MOST_SIGNATURES {
            return Err(image_error(format!(
                "it has more than {MOST_SIGNATURES} signatures"
            )));
        }
        let pack = read_parts(&layout, &image, digest, texts)?;
        Ok(PackFile {
            layout,
            image,
            digest,
            pack,
        })
    }

    /// The bytes of the file. The same pack with the same signatures always gives the same bytes.
    pub fn write(&self) -> Vec<u8> {
        self.layout.write()
    }

    /// Digest of the pack: of its image manifest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The pack, with its image and its signatures.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The pack, with its image and its signatures.
    pub fn into_pack(self) -> Pack {
        self.pack
    }

    /// The image manifest: the bytes that signatures cover.
    pub fn image_bytes(&self) -> &[u8] {
        self.layout
            .blobs
            .get(&self.digest)
            .map_or(&[], Vec::as_slice)
    }

    /// Its signatures, each the text of a minisign file.
    pub fn signatures(&self) -> &[String] {
        let provenance = self.pack.provenance.as_ref();
        provenance.map_or(&[], |provenance| &provenance.signatures)
    }

    /// The image manifest.
    pub fn image(&self) -> &ImageManifest {
        &self.image
    }

    /// The bytes of a part, where the pack has it.
    pub fn part(&self, part: Part) -> Option<&[u8]> {
        let parts = self.image.parts().ok()?;
        let bytes = self.layout.blobs.get(&parts.get(&part)?.digest)?;
        Some(bytes)
    }

    /// Adds a signature, the text of a file that minisign writes; an earlier one by the same key is
    /// replaced.
    ///
    /// # Errors
    /// [`PackFileError::Image`] for a signature that is too long, or one too many. Whether it is a
    /// signature of this pack is not checked.
    pub fn with_signature(self, text: &str) -> Result<PackFile, PackFileError> {
        let mut images = vec![signature_image(&self, text)];
        let known = self.signatures().iter();
        let key = |text: &str| Signature::parse(text).ok().map(|one| one.key());
        let is_other = |one: &&String| match (key(one), key(text)) {
            (Some(one), Some(new)) => one != new,
            _ => *one != text,
        };
        images.extend(
            known
                .filter(is_other)
                .map(|one| signature_image(&self, one)),
        );
        // By digest: the order of signing does not change the file.
        images.sort_by_key(|(bytes, _)| Digest::of(bytes));
        let index = ImageIndex::read(&self.layout.index).map_err(PackFileError::Image)?;
        let mut manifests = index.manifests;
        manifests.retain(|one| one.digest == self.digest);
        // Without earlier signatures, which other tools may have written otherwise.
        let mut named = self.image.names();
        named.insert(self.digest);
        let mut layout = self.layout;
        layout.blobs.retain(|digest, _| named.contains(digest));
        for (image, text) in images {
            let mut descriptor = Descriptor::of(MANIFEST, &image);
            descriptor.artifact_type = Some(SIGNATURE.to_owned());
            manifests.push(descriptor);
            for bytes in [image, EMPTY_BYTES.to_vec(), text.into_bytes()] {
                layout.blobs.insert(Digest::of(&bytes), bytes);
            }
        }
        layout.index = ImageIndex::new(manifests).to_bytes();
        PackFile::from_layout(layout)
    }

    /// Makes a file of the parts of a pack.
    ///
    /// # Errors
    /// [`PackFileError::Parts`] where they do not make a pack.
    pub fn from_parts(parts: PackParts) -> Result<PackFile, PackFileError> {
        let (image, mut blobs) = parts.into_image();
        let bytes = image.to_bytes();
        let index = index_of(&image, &bytes);
        blobs.insert(Digest::of(&bytes), bytes);
        PackFile::from_layout(Layout { index, blobs })
    }
}

/// The index of a layout that holds the image of a pack alone.
fn index_of(image: &ImageManifest, bytes: &[u8]) -> Vec<u8> {
    let mut descriptor = Descriptor::of(MANIFEST, bytes);
    descriptor.artifact_type = Some(PACK.to_owned());
    if let Some(version) = image.annotations.get(crate::image::VERSION) {
        descriptor = descriptor.annotated(REF_NAME, &version_tag(version));
    }
    ImageIndex::new(vec![descriptor]).to_bytes()
}

/// The tag of a version: a tag has no `+`, with which the build of a version begins.
pub fn version_tag(version: &str) -> String {
    version.replace('+', "_")
}

/// The version that a tag names; `None` for other tags, such as `stable`.
pub fn tag_version(tag: &str) -> Option<Version> {
    Version::parse(&tag.replace('_', "+")).ok()
}

fn image_error(message: String) -> PackFileError {
    PackFileError::Image(message)
}

/// The bytes that a descriptor names.
fn blob<'a>(layout: &'a Layout, named: &Descriptor) -> Result<&'a [u8], PackFileError> {
    let digest = named.digest;
    match layout.blobs.get(&digest) {
        None => Err(image_error(format!("{digest} is missing from it"))),
        Some(bytes) if bytes.len() as u64 != named.size => Err(image_error(format!(
            "{digest} has {} bytes, but its image says {}",
            bytes.len(),
            named.size
        ))),
        Some(bytes) => Ok(bytes),
    }
}

/// The image of a signature of a pack, and the signature.
fn signature_image(file: &PackFile, text: &str) -> (Vec<u8>, String) {
    let config = Descriptor::of(EMPTY, EMPTY_BYTES);
    let layer = Descriptor::of(SIGNATURE, text.as_bytes());
    let mut image = ImageManifest::new(SIGNATURE, config, vec![layer]);
    image.subject = Some(Descriptor::of(MANIFEST, file.image_bytes()));
    (image.to_bytes(), text.to_owned())
}

fn signature_text(
    layout: &Layout,
    image: &ImageManifest,
    pack: Digest,
) -> Result<String, PackFileError> {
    let subject = image.subject.as_ref().map(|subject| subject.digest);
    let [layer] = image.layers.as_slice() else {
        return Err(image_error("a signature has not one layer".to_owned()));
    };
    if subject != Some(pack) {
        return Err(image_error(format!(
            "it has a signature of another pack, {}",
            subject.map_or_else(|| "which it does not name".to_owned(), |it| it.to_string())
        )));
    }
    let bytes = blob(layout, layer)?;
    if bytes.len() > SIGNATURE_BYTES {
        return Err(image_error(format!(
            "a signature has more than {SIGNATURE_BYTES} bytes"
        )));
    }
    text(bytes, "a signature")
}

fn text(bytes: &[u8], name: &str) -> Result<String, PackFileError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| image_error(format!("{name} is not UTF-8")))
}

fn read_parts(
    layout: &Layout,
    image: &ImageManifest,
    digest: Digest,
    signatures: Vec<String>,
) -> Result<Pack, PackFileError> {
    let parts = image.parts().map_err(PackFileError::Image)?;
    let part = |part: Part| {
        let layer = parts.get(&part).copied();
        layer.map(|layer| blob(layout, layer)).transpose()
    };
    let part_text = |which: Part| {
        let bytes = part(which)?;
        bytes
            .map(|bytes| text(bytes, which.file_name()))
            .transpose()
    };
    for unread in [Part::Readme, Part::Sbom] {
        part_text(unread)?;
    }
    let cases: BTreeMap<String, String> = match part(Part::Cases)? {
        None => BTreeMap::new(),
        Some(bytes) => cases(bytes)?,
    };
    let data = image.data().map_err(PackFileError::Image)?;
    let manifest = part_text(Part::Manifest)?;
    let component = part(Part::Component)?.unwrap_or_default().to_vec();
    let image = layout.blobs.get(&digest).map_or(&[][..], Vec::as_slice);
    let parsed = manifest
        .as_deref()
        .and_then(|text| Manifest::parse(text).ok());
    if let Some(manifest) = &parsed {
        let metadata = ComponentMetadata::read(&component);
        if let Some(difference) = metadata.difference(&manifest.pack) {
            return Err(image_error(format!(
                "{difference}; `patchbay pack build` writes both"
            )));
        }
    }
    let name = parsed.map(|manifest| manifest.name().to_owned());
    let bundle = Bundle {
        name: name.unwrap_or_default(),
        manifest,
        schema: part_text(Part::Schema)?,
        component: Digest::of(&component),
        cases,
        tested: None,
        is_stored: false,
        data,
        provenance: Some(Provenance {
            image: text(image, "the image manifest")?,
            signatures,
        }),
    };
    let bytes = |digest: &Digest| layout.blobs.get(digest).cloned();
    Ok(Pack::from_bundle(bundle, component.into(), bytes)?)
}

/// The cases in the part of a pack. A pack in memory has the cases and not the bytes, so these must
/// be the bytes that the cases give.
fn cases(bytes: &[u8]) -> Result<BTreeMap<String, String>, PackFileError> {
    let cases: BTreeMap<String, String> = serde_json::from_slice(bytes)
        .map_err(|error| image_error(format!("cases.json is not valid: {error}")))?;
    let written = cases_part(&cases);
    if written == bytes {
        return Ok(cases);
    }
    let same = written
        .iter()
        .zip(bytes)
        .take_while(|(one, other)| one == other);
    Err(image_error(format!(
        "cases.json differs at byte {} from how cases are written, so that their digest cannot be checked later: write one JSON object without white space, with the paths in the order of their bytes and each once, and no more escapes than JSON demands",
        same.count()
    )))
}

#[cfg(test)]
mod tests;
