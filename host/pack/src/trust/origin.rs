//! What a trust policy judges of a pack.

use patchbay_engine::component::Digest;
use semver::Version;

use crate::bundle::Bundle;
use crate::manifest::Manifest;
use crate::pack::Pack;
use crate::provenance::Provenance;

/// What a trust policy judges of a pack.
#[derive(Clone, Debug)]
pub struct PackOrigin<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: Version,
    /// Digest of its component.
    pub component: Digest,
    /// The image it came in, and its signatures.
    pub provenance: Option<&'a Provenance>,
}

impl<'a> PackOrigin<'a> {
    /// That of a pack in memory.
    pub fn of(pack: &'a Pack) -> PackOrigin<'a> {
        PackOrigin {
            name: &pack.name,
            version: pack.version.clone(),
            component: pack.digest(),
            provenance: pack.provenance.as_ref(),
        }
    }

    /// That of a pack that is stored, without its component.
    pub fn of_bundle(bundle: &'a Bundle) -> PackOrigin<'a> {
        let manifest = bundle.manifest.as_deref();
        let manifest = manifest.and_then(|text| Manifest::parse(text).ok());
        PackOrigin {
            name: &bundle.name,
            version: manifest.map_or(Version::new(0, 0, 0), |manifest| manifest.pack.version),
            component: bundle.component,
            provenance: bundle.provenance.as_ref(),
        }
    }
}
