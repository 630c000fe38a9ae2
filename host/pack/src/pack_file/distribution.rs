//! A pack as registries hold it: its image, the blobs that it names, and an image for each
//! signature, whose subject it is.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_engine::component::Digest;

use super::{PackFile, PackFileError, index_of, signature_image};
use crate::image::{Descriptor, ImageManifest, Layout};

impl PackFile {
    /// The configuration and the layers of its image with their bytes, each digest once.
    pub fn blobs(&self) -> Vec<(&Descriptor, &[u8])> {
        let image = self.image();
        let named = std::iter::once(&image.config).chain(&image.layers);
        let mut known = BTreeSet::new();
        named
            .filter(|blob| known.insert(blob.digest))
            .filter_map(|blob| {
                let bytes = self.layout.blobs.get(&blob.digest)?;
                Some((blob, bytes.as_slice()))
            })
            .collect()
    }

    /// The image manifest of each signature, with the text of the signature, its one layer.
    pub fn signature_images(&self) -> Vec<(Vec<u8>, String)> {
        let signatures = self.signatures().iter();
        signatures.map(|text| signature_image(self, text)).collect()
    }

    /// Makes a file of an image manifest, the blobs that it names, and signatures.
    ///
    /// # Errors
    /// [`PackFileError`], also where a blob is missing or is not named.
    pub fn from_image(
        image: Vec<u8>,
        mut blobs: BTreeMap<Digest, Vec<u8>>,
        signatures: &[String],
    ) -> Result<PackFile, PackFileError> {
        let manifest = ImageManifest::read(&image).map_err(PackFileError::Image)?;
        let index = index_of(&manifest, &image);
        blobs.insert(Digest::of(&image), image);
        let file = PackFile::from_layout(Layout { index, blobs })?;
        let mut signatures = signatures.iter();
        signatures.try_fold(file, |file, text| file.with_signature(text))
    }
}
