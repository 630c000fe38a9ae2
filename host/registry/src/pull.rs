//! Pulls a pack with its signatures.

use std::collections::BTreeMap;

use patchbay_engine::component::Digest;
use patchbay_pack::image::{
    Descriptor, INDEX, ImageManifest, LAYOUT_BYTES, MANIFEST, PACK, part_name,
};
use patchbay_pack::pack_file::{PackFile, PackFileError, tag_version, version_tag};
use patchbay_pack::store::PackStore;
use patchbay_pack::{IMAGE_BYTES, MOST_SIGNATURES};

use crate::error::RegistryError;
use crate::manifest::Document;
use crate::push::check_names;
use crate::referrers::is_type;
use crate::session::Registry;
use crate::step::Watcher;

/// Most tags of a repository that an error shows.
const SHOWN_TAGS: usize = 20;

/// A pack that was pulled. Whether it is trusted is for the caller to check, before it is stored.
#[derive(Clone, Debug)]
pub struct PulledPack {
    /// The pack, with the signatures that the registry and the store have.
    pub file: PackFile,
    /// Bytes that were downloaded; 0 where the store had the pack.
    pub downloaded: u64,
}

impl Registry {
    /// Pulls a pack: its image by tag or digest, the blobs that the store does not have, and its
    /// signatures. Nothing is added to the store but what is unfinished.
    ///
    /// # Errors
    /// [`RegistryError`]; a later pull continues what was downloaded.
    pub async fn pull(
        &mut self,
        store: &PackStore,
        watch: Watcher<'_>,
    ) -> Result<PulledPack, RegistryError> {
        let reference = self.reference.clone();
        let wanted = reference.digest().map(|digest| digest.to_string());
        let Some(name) = wanted.as_deref().or(reference.tag()) else {
            return Err(self.missing_tag().await);
        };
        let document = self.image(name).await?;
        let failed = |error: PackFileError| RegistryError::Pack {
            reference: reference.to_string(),
            error,
        };
        let invalid = |error: String| failed(PackFileError::Image(error));
        let image = ImageManifest::read(&document.bytes).map_err(invalid)?;
        check_image(&image).map_err(invalid)?;
        // A file of the store that is damaged is replaced.
        let known = store.open(document.digest).ok().flatten();
        let is_known = known.is_some();
        let known_signatures = match &known {
            Some(file) => file.signatures().to_vec(),
            None => Vec::new(),
        };
        let (blobs, downloaded) = match &known {
            Some(file) => {
                let blobs = file.blobs().into_iter();
                let blobs = blobs.map(|(blob, bytes)| (blob.digest, bytes.to_vec()));
                (blobs.collect(), 0)
            }
            None => self.blobs(&image, store, watch).await?,
        };
        let mut signatures = known_signatures;
        for text in self.signatures(document.digest, watch).await? {
            if !signatures.contains(&text) && signatures.len() < MOST_SIGNATURES {
                signatures.push(text);
            }
        }
        let file = PackFile::from_image(document.bytes, blobs, &signatures);
        let file = file.map_err(failed)?;
        let pack = file.pack();
        let own_tag = version_tag(&pack.version.to_string());
        check_names(&reference, &pack.name, &own_tag)?;
        Ok(PulledPack {
            file,
            downloaded: if is_known { 0 } else { downloaded },
        })
    }

    /// The image manifest by its tag or digest.
    async fn image(&mut self, name: &str) -> Result<Document, RegistryError> {
        let found = self.get_manifest(name, IMAGE_BYTES as u64).await?;
        let Some(document) = found else {
            return Err(RegistryError::NotFound {
                registry: self.reference.host().to_owned(),
                what: format!("{}; check path and tag", self.reference),
            });
        };
        let media_type = document.media_type.as_bytes();
        if is_type(media_type, INDEX) {
            return Err(RegistryError::Mismatch(format!(
                "{} is an index of several images, and a pack is one image; name it by its digest",
                self.reference
            )));
        }
        if !is_type(media_type, MANIFEST) {
            return Err(self.misbehaved(format!(
                "sends the manifest {name} as {:?} instead of {MANIFEST}",
                document.media_type
            )));
        }
        Ok(document)
    }

    /// Downloads what an image names.
    async fn blobs(
        &mut self,
        image: &ImageManifest,
        store: &PackStore,
        watch: Watcher<'_>,
    ) -> Result<(BTreeMap<Digest, Vec<u8>>, u64), RegistryError> {
        let directory = store
            .partial_downloads()
            .map_err(RegistryError::io(store.directory()))?;
        let (mut blobs, mut downloaded) = (BTreeMap::new(), 0);
        for blob in named_blobs(image) {
            if blobs.contains_key(&blob.digest) {
                continue;
            }
            let name = part_name(blob);
            let bytes = self.download(blob, name, &directory, watch).await?;
            downloaded += bytes.len() as u64;
            blobs.insert(blob.digest, bytes);
        }
        Ok((blobs, downloaded))
    }

    /// The error for a reference without tag and digest.
    async fn missing_tag(&mut self) -> RegistryError {
        let reference = self.reference.clone();
        let tags = match self.tags().await {
            Ok(tags) => tags,
            Err(error @ RegistryError::Misbehaved { .. }) => {
                return RegistryError::Mismatch(format!(
                    "{reference} has no tag; write {reference}:TAG ({error})"
                ));
            }
            Err(error) => return error,
        };
        let versions = tags.iter().filter(|tag| tag_version(tag).is_some()).count();
        // Of versions, the newest.
        let shown = &tags[versions.saturating_sub(SHOWN_TAGS)..];
        let shown = &shown[..shown.len().min(SHOWN_TAGS)];
        let left = tags.len() - shown.len();
        let more = match left {
            0 => String::new(),
            left => format!(" ({left} more are there)"),
        };
        RegistryError::Mismatch(match shown.last() {
            Some(last) => format!(
                "{reference} has no tag; write one of {}{more}, such as {reference}:{last}",
                shown.join(", ")
            ),
            None => format!("{reference} has no tag, and the registry has none there"),
        })
    }
}

fn named_blobs(image: &ImageManifest) -> impl Iterator<Item = &Descriptor> {
    std::iter::once(&image.config).chain(&image.layers)
}

/// Refuses what is no pack, before anything of it is downloaded.
fn check_image(image: &ImageManifest) -> Result<(), String> {
    if image.artifact_type.as_deref() != Some(PACK) {
        return Err(format!(
            "it is an image of type {:?}",
            image.artifact_type.as_deref().unwrap_or_default()
        ));
    }
    image.parts()?;
    let sizes = named_blobs(image).map(|blob| blob.size);
    let size = sizes.fold(0, u64::saturating_add);
    match size > LAYOUT_BYTES {
        true => Err(format!(
            "its parts have {size} bytes; the limit is {LAYOUT_BYTES}"
        )),
        false => Ok(()),
    }
}
