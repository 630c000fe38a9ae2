//! Signatures in a registry: images whose subject is the pack. A registry lists them by its
//! referrers interface; where it has none, an index does under the tag `sha256-DIGEST`.

use hyper::Method;
use hyper::StatusCode;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use patchbay_engine::component::Digest;
use patchbay_pack::image::{Descriptor, INDEX, ImageManifest, SIGNATURE};
use patchbay_pack::signature::Signature;
use patchbay_pack::{IMAGE_BYTES, MOST_SIGNATURES, SIGNATURE_BYTES};
use serde_json::{Value, json};

use crate::error::RegistryError;
use crate::manifest::Document;
use crate::session::{Call, Registry};
use crate::step::{Step, Watcher};

/// Most bytes of a list of referrers.
const LIST_BYTES: u64 = 1 << 20;
/// Most images of signatures that are read: some may not be valid.
const MOST_IMAGES: usize = MOST_SIGNATURES * 2;
/// How often an index is written that another process wrote meanwhile.
const MOST_WRITES: usize = 4;

impl Registry {
    /// The signatures of a pack, at most [`MOST_SIGNATURES`]. What is no signature is left out with a
    /// note; who signed is not checked.
    pub(crate) async fn signatures(
        &mut self,
        pack: Digest,
        watch: Watcher<'_>,
    ) -> Result<Vec<String>, RegistryError> {
        let mut listed = self.listed_referrers(pack).await?.unwrap_or_default();
        if listed.is_empty() {
            // A registry that has the interface only since may not list what was tagged before.
            listed = self.tagged_referrers(pack).await?.1;
        }
        if listed.len() > MOST_IMAGES {
            watch(Step::Note(&format!(
                "the registry lists {} signatures; the first {MOST_IMAGES} are read",
                listed.len()
            )));
            listed.truncate(MOST_IMAGES);
        }
        let mut texts: Vec<String> = Vec::new();
        for image in listed {
            match self.signature(&image, pack).await {
                Ok(text) if texts.contains(&text) => {}
                Ok(text) if texts.len() < MOST_SIGNATURES => texts.push(text),
                Ok(_) => watch(Step::Note(&format!(
                    "the pack has more than {MOST_SIGNATURES} signatures; the others are left out"
                ))),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => watch(Step::Note(&format!(
                    "a signature in the registry is left out: {error}"
                ))),
            }
        }
        Ok(texts)
    }

    /// The text of a signature.
    async fn signature(
        &mut self,
        listed: &Descriptor,
        pack: Digest,
    ) -> Result<String, RegistryError> {
        let name = listed.digest.to_string();
        let found = self.get_manifest(&name, IMAGE_BYTES as u64).await?;
        let Some(Document { bytes, .. }) = found else {
            return Err(self.misbehaved(format!("lists {name}, which it does not have")));
        };
        let image = ImageManifest::read(&bytes).map_err(|error| self.misbehaved(error))?;
        let subject = image.subject.as_ref().map(|subject| subject.digest);
        let is_signature = image.artifact_type.as_deref() == Some(SIGNATURE);
        let [layer] = image.layers.as_slice() else {
            return Err(self.misbehaved(format!("has no signature in {name}")));
        };
        if !is_signature || subject != Some(pack) {
            return Err(self.misbehaved(format!("has no signature of this pack in {name}")));
        }
        let layer = layer.clone();
        let bytes = self
            .read_blob(&layer, SIGNATURE_BYTES as u64, "a signature")
            .await?;
        let text = String::from_utf8(bytes).ok();
        let text = text.filter(|text| Signature::parse(text).is_ok());
        text.ok_or_else(|| self.misbehaved(format!("has no signature of minisign in {name}")))
    }

    /// What the referrers interface lists; `None` where the registry does not have it.
    async fn listed_referrers(
        &mut self,
        pack: Digest,
    ) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let escaped = SIGNATURE.replace('+', "%2B");
        let to = self.address(&format!("referrers/{pack}?artifactType={escaped}"))?;
        let answer = self
            .call(&Call::new(Method::GET, to).with(ACCEPT, INDEX))
            .await?;
        let media_type = answer.headers.get(CONTENT_TYPE);
        let is_index = media_type.is_some_and(|value| is_type(value.as_bytes(), INDEX));
        match answer.status {
            // A registry without it may answer with a page for people.
            StatusCode::OK if is_index => {}
            status if status.is_server_error() => {
                return Err(self.refusal(answer, "the list of signatures").await);
            }
            _ => {
                self.finish(answer).await;
                return Ok(None);
            }
        }
        let bytes = self
            .read(answer, LIST_BYTES, "the list of signatures")
            .await?;
        let index = self.read_index(&bytes)?;
        Ok(Some(signature_images(&index)))
    }

    /// What the index under the tag lists, and the index; an empty one where there is none.
    async fn tagged_referrers(
        &mut self,
        pack: Digest,
    ) -> Result<(Value, Vec<Descriptor>), RegistryError> {
        let found = self.get_manifest(&referrers_tag(pack), LIST_BYTES).await?;
        let index = match found {
            None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
            Some(document) if is_type(document.media_type.as_bytes(), INDEX) => {
                self.read_index(&document.bytes)?
            }
            Some(document) => {
                return Err(self.misbehaved(format!(
                    "has a {:?} under the tag {}, where an index of signatures belongs",
                    document.media_type,
                    referrers_tag(pack)
                )));
            }
        };
        let images = signature_images(&index);
        Ok((index, images))
    }

    fn read_index(&self, bytes: &[u8]) -> Result<Value, RegistryError> {
        let index: Option<Value> = serde_json::from_slice(bytes).ok();
        let index = index.filter(|index| index["manifests"].is_array());
        index.ok_or_else(|| {
            self.misbehaved("sends a list of signatures that is no index".to_owned())
        })
    }

    /// Lists images of signatures in the index under the tag; other entries stay. Other processes may
    /// write it at the same time: it is read again afterwards.
    pub(crate) async fn tag_referrers(
        &mut self,
        pack: Digest,
        images: &[Descriptor],
    ) -> Result<(), RegistryError> {
        for _ in 0..MOST_WRITES {
            let (mut index, listed) = self.tagged_referrers(pack).await?;
            let is_missing =
                |image: &&Descriptor| !listed.iter().any(|one| one.digest == image.digest);
            let missing: Vec<Value> = images
                .iter()
                .filter(is_missing)
                .map(|image| serde_json::to_value(image).unwrap_or_default())
                .collect();
            if missing.is_empty() {
                return Ok(());
            }
            if let Some(entries) = index["manifests"].as_array_mut() {
                entries.extend(missing);
            }
            index["mediaType"] = INDEX.into();
            let bytes = index.to_string().into_bytes();
            if bytes.len() as u64 > LIST_BYTES {
                return Err(self.misbehaved(format!(
                    "lists so many signatures under {} that no further one fits",
                    referrers_tag(pack)
                )));
            }
            self.put_manifest(&referrers_tag(pack), INDEX, bytes)
                .await?;
        }
        Err(self.misbehaved(format!(
            "does not keep the signatures that are listed under the tag {}; push again",
            referrers_tag(pack)
        )))
    }
}

/// The tag of the index of what refers to an image.
fn referrers_tag(pack: Digest) -> String {
    format!("sha256-{}", pack.hex())
}

/// The entries of an index that are images of signatures; others are of other tools.
fn signature_images(index: &Value) -> Vec<Descriptor> {
    let entries = index["manifests"].as_array().into_iter().flatten();
    entries
        .filter_map(|entry| serde_json::from_value::<Descriptor>(entry.clone()).ok())
        .filter(|entry| entry.artifact_type.as_deref() == Some(SIGNATURE))
        .collect()
}

/// Whether a field `Content-Type` names this type.
pub(crate) fn is_type(field: &[u8], media_type: &str) -> bool {
    let field = String::from_utf8_lossy(field);
    let named = field.split(';').next().unwrap_or_default();
    named.trim().eq_ignore_ascii_case(media_type)
}
