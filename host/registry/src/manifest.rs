//! Reads and writes manifests.

use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use hyper::{Method, StatusCode};
use patchbay_engine::component::Digest;
use patchbay_pack::image::{INDEX, MANIFEST};

use crate::error::RegistryError;
use crate::session::{Call, Registry};

/// Field with the digest of a manifest.
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// Field with the subject that the registry noted.
pub(crate) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

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

    /// The digest of the tag that the reference names, where the registry has it.
    ///
    /// # Errors
    /// [`RegistryError`]; also for a reference without a tag.
    pub async fn digest(&mut self) -> Result<Option<Digest>, RegistryError> {
        let tag = self.reference.tag().map(str::to_owned);
        let tag =
            tag.ok_or_else(|| RegistryError::Mismatch(format!("{} has no tag", self.reference)))?;
        self.tag_digest(&tag).await
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
}
