//! Pushes a pack with its signatures.

use hyper::body::Bytes;
use patchbay_engine::component::Digest;
use patchbay_pack::image::{Descriptor, EMPTY_BYTES, MANIFEST, SIGNATURE, part_name};
use patchbay_pack::pack_file::{PackFile, tag_version, version_tag};

use crate::blob_upload::Upload;
use crate::error::RegistryError;
use crate::reference::Reference;
use crate::session::{Access, Registry};
use crate::step::Watcher;

/// What a push did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedPack {
    /// Where the pack is, with its tag.
    pub reference: Reference,
    /// Its digest: that of the file.
    pub digest: Digest,
    /// Bytes of blobs that were sent; others were there.
    pub sent: u64,
    /// Signatures that the registry lists with it.
    pub signatures: usize,
    /// How it lists them; `None` without signatures.
    pub index: Option<SignatureIndex>,
}

/// How a registry lists signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureIndex {
    /// By its referrers interface.
    Referrers,
    /// By an index under the tag `sha256-DIGEST`.
    Tag,
}

impl SignatureIndex {
    /// Its name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            SignatureIndex::Referrers => "referrers",
            SignatureIndex::Tag => "tag",
        }
    }
}

impl Registry {
    /// Pushes a pack and its signatures. The tag, by default the version, is set last: whoever pulls it
    /// finds the signatures. A tag that is a version is not moved to another pack unless `replace`.
    ///
    /// # Errors
    /// [`RegistryError`]. What was sent before stays in the registry, without the tag.
    pub async fn push(
        &mut self,
        file: &PackFile,
        replace: bool,
        watch: Watcher<'_>,
    ) -> Result<PushedPack, RegistryError> {
        self.access = Access::Push;
        let digest = file.digest();
        self.reference = self.checked_target(file)?;
        let tag = self.reference.tag().unwrap_or_default().to_owned();
        let before = self.tag_digest(&tag).await?;
        let is_moved = before.is_some_and(|before| before != digest);
        if let Some(before) = before.filter(|_| is_moved && is_version(&tag) && !replace) {
            return Err(RegistryError::Mismatch(format!(
                "{} is {before} already, and a released version does not change; raise the version in pack.toml, or move the tag with --replace",
                self.reference
            )));
        }
        let mut sent = 0;
        for (blob, bytes) in file.blobs() {
            let bytes = Bytes::copy_from_slice(bytes);
            sent += self.upload_named(part_name(blob), bytes, watch).await?;
        }
        let image = file.image_bytes().to_vec();
        self.put_manifest(&digest.to_string(), MANIFEST, image.clone())
            .await?;
        let index = self.push_signatures(file, watch, &mut sent).await?;
        self.put_manifest(&tag, MANIFEST, image).await?;
        Ok(PushedPack {
            reference: self.reference.clone(),
            digest,
            sent,
            signatures: file.signatures().len(),
            index,
        })
    }

    async fn push_signatures(
        &mut self,
        file: &PackFile,
        watch: Watcher<'_>,
        sent: &mut u64,
    ) -> Result<Option<SignatureIndex>, RegistryError> {
        let mut images = Vec::new();
        let mut is_listed = true;
        for (image, text) in file.signature_images() {
            for blob in [EMPTY_BYTES.to_vec(), text.into_bytes()] {
                *sent += self
                    .upload_named("a signature", Bytes::from(blob), watch)
                    .await?;
            }
            let mut descriptor = Descriptor::of(MANIFEST, &image);
            descriptor.artifact_type = Some(SIGNATURE.to_owned());
            let name = descriptor.digest.to_string();
            is_listed &= self.put_manifest(&name, MANIFEST, image).await?;
            images.push(descriptor);
        }
        if images.is_empty() {
            return Ok(None);
        }
        if !is_listed {
            self.tag_referrers(file.digest(), &images).await?;
            return Ok(Some(SignatureIndex::Tag));
        }
        Ok(Some(SignatureIndex::Referrers))
    }

    async fn upload_named(
        &mut self,
        name: &str,
        bytes: Bytes,
        watch: Watcher<'_>,
    ) -> Result<u64, RegistryError> {
        let length = bytes.len() as u64;
        let blob = Upload {
            name,
            digest: Digest::of(&bytes),
            bytes,
        };
        let was_sent = self.upload(&blob, watch).await?;
        Ok(if was_sent { length } else { 0 })
    }

    /// The reference with its tag, where it fits the pack.
    fn checked_target(&self, file: &PackFile) -> Result<Reference, RegistryError> {
        let pack = file.pack();
        let own = version_tag(&pack.version.to_string());
        let reference = self.reference.clone().or_tag(&own)?;
        if let Some(wanted) = reference.digest().filter(|wanted| *wanted != file.digest()) {
            return Err(RegistryError::Mismatch(format!(
                "the pack has the digest {}, not {wanted}",
                file.digest()
            )));
        }
        check_names(&reference, &pack.name, &own)?;
        Ok(reference)
    }
}

/// Refuses a repository of another name than the pack's, and a tag of another version.
pub(crate) fn check_names(
    reference: &Reference,
    name: &str,
    own_tag: &str,
) -> Result<(), RegistryError> {
    if reference.name() != name {
        return Err(RegistryError::Mismatch(format!(
            "the pack in {reference} is named {name:?}; the last part of a repository is the name of its pack"
        )));
    }
    match reference.tag() {
        Some(tag) if is_version(tag) && tag != own_tag => Err(RegistryError::Mismatch(format!(
            "{reference} is the version {own_tag} of the pack: a tag that is a version is the pack's own"
        ))),
        _ => Ok(()),
    }
}

/// Whether a tag is a whole version, such as `1.0.0`.
fn is_version(tag: &str) -> bool {
    tag_version(tag).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_a_version_is_the_packs_own() {
        let check = |reference: &str| {
            let reference = reference.parse().expect(reference);
            check_names(&reference, "care", "1.2.0_build.7").map_err(|error| error.to_string())
        };
        for valid in ["1.2.0_build.7", "stable", "1.2", "1"] {
            assert_eq!(check(&format!("r.example/acme/care:{valid}")), Ok(()));
        }
        for (wrong, words) in [
            ("care:1.2.1", "is the version 1.2.0_build.7"),
            ("care:1.2.0", "is the version 1.2.0_build.7"),
            ("other:1.2.0_build.7", "is named \"care\""),
        ] {
            let text = check(&format!("r.example/acme/{wrong}")).expect_err(wrong);
            assert!(text.contains(words), "{text}");
        }
    }
}
