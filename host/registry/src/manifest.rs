//! Reads and writes manifests.

use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use hyper::{Method, StatusCode};
use patchbay_engine::component::Digest;
use patchbay_pack::image::{INDEX, MANIFEST};
use semver::Version;
use serde::Deserialize;

use crate::error::RegistryError;
use crate::reference::is_tag;
use crate::session::{Call, Registry};

/// Field with the digest of a manifest.
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// Field with the subject that the registry noted.
pub(crate) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

/// Most tags that are listed.
const MOST_TAGS: usize = 1_000;
/// Most bytes of a list of tags.
const TAGS_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
struct TagList {
    /// Some registries write `null` for none.
    tags: Option<Vec<String>>,
}

/// A manifest or an index.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
}

impl Registry {
    /// A manifest by its tag or digest, of at most `most` bytes; `None` where there is none. One that
    /// is named by its digest has that digest.
    pub(crate) async fn get_manifest(
        &mut self,
        name: &str,
        most: u64,
    ) -> Result<Option<Document>, RegistryError> {
        let to = self.address(&format!("manifests/{name}"))?;
        let call = Call::new(Method::GET, to).with(ACCEPT, &format!("{MANIFEST}, {INDEX}"));
        let answer = self.call(&call).await?;
        let what = format!("the manifest {name}");
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(self.refusal(answer, &what).await),
        }
        let field = |name: &HeaderName| {
            let value = answer.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let media_type = field(&CONTENT_TYPE).unwrap_or_default();
        let stated = field(&CONTENT_DIGEST);
        let bytes = self.read(answer, most, &what).await?;
        let digest = Digest::of(&bytes);
        let wanted = Digest::parse(name).map(|digest| digest.to_string());
        for named in [wanted, stated].into_iter().flatten() {
            // Of another algorithm, nothing can be said.
            if named.starts_with("sha256:") && named != digest.to_string() {
                return Err(self.misbehaved(format!(
                    "sends {what} with the digest {digest} instead of {named}"
                )));
            }
        }
        Ok(Some(Document {
            bytes,
            digest,
            media_type,
        }))
    }

    /// The digest of a tag, where the registry has it.
    pub(crate) async fn tag_digest(&mut self, tag: &str) -> Result<Option<Digest>, RegistryError> {
        let to = self.address(&format!("manifests/{tag}"))?;
        let call = Call::new(Method::HEAD, to).with(ACCEPT, &format!("{MANIFEST}, {INDEX}"));
        let answer = self.call(&call).await?;
        match answer.status {
            StatusCode::OK => {
                let value = answer.headers.get(&CONTENT_DIGEST);
                let value = value.and_then(|value| value.to_str().ok());
                match value.and_then(Digest::parse) {
                    Some(digest) => Ok(Some(digest)),
                    None => Err(self.misbehaved(format!("does not say the digest of {tag}"))),
                }
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.refusal(answer, &format!("the tag {tag}")).await),
        }
    }

    /// Writes a manifest under a tag or its digest. Returns whether the registry noted its subject.
    pub(crate) async fn put_manifest(
        &mut self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<bool, RegistryError> {
        let digest = Digest::of(&bytes);
        let to = self.address(&format!("manifests/{name}"))?;
        let call = Call::new(Method::PUT, to).with(CONTENT_TYPE, media_type);
        let answer = self.call(&call.with_body(Bytes::from(bytes))).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(answer, &format!("the manifest {name}")).await);
        }
        let field = |name: &HeaderName| {
            let value = answer.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let stated = field(&CONTENT_DIGEST);
        let has_noted = field(&SUBJECT).is_some();
        let differs =
            |stated: &String| stated.starts_with("sha256:") && *stated != digest.to_string();
        if let Some(stated) = stated.filter(differs) {
            return Err(self.misbehaved(format!(
                "stored the manifest {name} as {stated} instead of {digest}"
            )));
        }
        self.finish(answer).await;
        Ok(has_noted)
    }

    /// The tags of the repository: versions in their order, then others by name. At most
    /// [`MOST_TAGS`].
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn tags(&mut self) -> Result<Vec<String>, RegistryError> {
        let to = self.address(&format!("tags/list?n={MOST_TAGS}"))?;
        let answer = self.call(&Call::new(Method::GET, to)).await?;
        if answer.status != StatusCode::OK {
            let what = format!("repository {}", self.reference.repository());
            return Err(self.refusal(answer, &what).await);
        }
        let bytes = self.read(answer, TAGS_BYTES, "the list of tags").await?;
        let list: TagList = serde_json::from_slice(&bytes)
            .map_err(|_| self.misbehaved("sends a list of tags that is none".to_owned()))?;
        let mut tags = list.tags.unwrap_or_default();
        // Indexes of signatures are no packs.
        tags.retain(|tag| !tag.starts_with("sha256-") && is_tag(tag));
        tags.truncate(MOST_TAGS);
        tags.sort_by_key(|tag| {
            let version = Version::parse(&tag.replace('_', "+")).ok();
            (version.is_none(), version, tag.clone())
        });
        Ok(tags)
    }
}
