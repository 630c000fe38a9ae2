//! Where a pack comes from: the image it was distributed as, and its signatures.

use std::collections::BTreeMap;

use patchbay_engine::component::Digest;
use patchbay_engine::data_layer::DataSet;
use serde::{Deserialize, Serialize};

use crate::data::parts_of;
use crate::image::{ImageManifest, Part, TITLE, VENDOR, VERSION};
use crate::signature::Signature;

/// Most signatures of a pack.
pub const MOST_SIGNATURES: usize = 16;
/// Most bytes of a signature.
pub const SIGNATURE_BYTES: usize = 4 << 10;
/// Most bytes of an image manifest.
pub const IMAGE_BYTES: usize = 64 << 10;

/// The image that a pack came in, and its signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Text of the image manifest, which names every part of the pack by its digest; what
    /// signatures cover.
    pub image: String,
    /// Signatures in the format of minisign, in no order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
}

impl Provenance {
    /// Digest of the image: the pack's.
    pub fn digest(&self) -> Digest {
        Digest::of(self.image.as_bytes())
    }

    /// Numbers of the keys that its signatures name, sorted, each once. Whether the signatures fit is
    /// not checked.
    pub fn signers(&self) -> Vec<String> {
        let signatures = self.signatures.iter();
        let mut keys: Vec<String> = signatures
            .map(|text| match Signature::parse(text) {
                Ok(signature) => signature.key().to_string(),
                Err(_) => "malformed".to_owned(),
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Checks that the image names the parts that the pack has. The README and the bill of materials
    /// are not in a pack in memory, and the cases of a stored pack are left out: these parts are not
    /// compared.
    ///
    /// # Errors
    /// As a sentence, with the first part that differs.
    pub(crate) fn check(&self, pack: &DescribedPack<'_>) -> Result<(), String> {
        if self.image.len() > IMAGE_BYTES {
            return Err(format!(
                "its image manifest has more than {IMAGE_BYTES} bytes"
            ));
        }
        if self.signatures.len() > MOST_SIGNATURES {
            return Err(format!("it has more than {MOST_SIGNATURES} signatures"));
        }
        let mut signatures = self.signatures.iter();
        if signatures.any(|one| one.len() > SIGNATURE_BYTES) {
            return Err(format!("a signature has more than {SIGNATURE_BYTES} bytes"));
        }
        let image = ImageManifest::read(self.image.as_bytes())?;
        let parts = image.parts()?;
        let cases = (!pack.cases.is_empty()).then(|| cases_part(pack.cases));
        let has = [
            (Part::Component, Some(pack.component)),
            (Part::Manifest, pack.manifest.map(digest)),
            (Part::Schema, pack.schema.map(digest)),
            (Part::Cases, cases.map(|bytes| Digest::of(&bytes))),
        ];
        for (part, found) in has {
            let named = parts.get(&part).map(|layer| layer.digest);
            if found != named && !(part == Part::Cases && found.is_none() && pack.is_stored) {
                let name = part.file_name();
                return Err(match (named, found) {
                    (Some(named), Some(found)) => format!(
                        "its {name} has the digest {found}, but its image names {named}: it was changed"
                    ),
                    (Some(_), None) => format!("its image names {name}, which is missing"),
                    _ => format!("it has a part {name} that its image does not name"),
                });
            }
        }
        if image.data()? != parts_of(pack.data) {
            return Err("its data is not the data that its image names: it was changed".to_owned());
        }
        for (key, value) in [
            (TITLE, Some(pack.name)),
            (VERSION, Some(pack.version)),
            (VENDOR, pack.publisher),
        ] {
            let named = image.annotations.get(key).map(String::as_str);
            if named != value {
                return Err(format!(
                    "its image says {key} = {:?}, but its pack.toml says {:?}",
                    named.unwrap_or_default(),
                    value.unwrap_or_default()
                ));
            }
        }
        Ok(())
    }
}

/// What a pack in memory says of itself, to be compared with its image.
pub(crate) struct DescribedPack<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) publisher: Option<&'a str>,
    pub(crate) component: Digest,
    /// Text of `pack.toml`.
    pub(crate) manifest: Option<&'a str>,
    /// Text of the settings schema.
    pub(crate) schema: Option<&'a str>,
    pub(crate) cases: &'a BTreeMap<String, String>,
    pub(crate) data: &'a DataSet,
    /// Whether its cases were left out when it was stored.
    pub(crate) is_stored: bool,
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// The part [`Part::Cases`] of a pack. Equal cases give equal bytes.
pub(crate) fn cases_part(cases: &BTreeMap<String, String>) -> Vec<u8> {
    // A map of strings: cannot fail.
    serde_json::to_vec(cases).unwrap_or_default()
}
