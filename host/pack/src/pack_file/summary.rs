//! Name, version and digest of a pack file, without reading its parts: to find one of many.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use patchbay_engine::component::Digest;
use semver::Version;
use tar::Archive;

use super::{PackFileError, image_error};
use crate::image::{ImageIndex, ImageManifest, LAYOUT_BYTES, LayoutError, PACK, TITLE, VERSION};

/// Most bytes of an entry that is looked at: an index or an image manifest.
const MOST_BYTES: u64 = 64 << 10;
/// Most entries of a file.
const MOST_ENTRIES: usize = 128;

/// What the image in a pack file says of the pack. [`PackFile::open`](super::PackFile::open) checks
/// that it is what the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackSummary {
    /// Name of the pack.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its digest.
    pub digest: Digest,
}

impl PackSummary {
    /// Reads the index and the image manifest of a file, and passes over its parts.
    ///
    /// # Errors
    /// [`PackFileError`], where it is no pack file. That its parts are damaged is not noticed.
    pub fn read(path: &Path) -> Result<PackSummary, PackFileError> {
        let found = std::fs::metadata(path)?;
        if !found.is_file() || found.len() > LAYOUT_BYTES {
            return Err(image_error(format!(
                "it is no file of at most {LAYOUT_BYTES} bytes"
            )));
        }
        PackSummary::of_tar(File::open(path)?)
    }

    fn of_tar(file: impl Read + Seek) -> Result<PackSummary, PackFileError> {
        let broken = |error: std::io::Error| LayoutError::Tar(error.to_string());
        let mut archive = Archive::new(file);
        let (mut index, mut blobs) = (None, Vec::new());
        let entries = archive.entries_with_seek().map_err(broken)?;
        for (count, entry) in entries.raw(true).enumerate() {
            if count >= MOST_ENTRIES {
                return Err(LayoutError::TooMany.into());
            }
            let mut entry = entry.map_err(broken)?;
            if entry.size() > MOST_BYTES {
                continue;
            }
            let name = entry.path_bytes().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(broken)?;
            match &*name {
                b"index.json" => index = Some(content),
                _ => blobs.push(content),
            }
        }
        let index = index.ok_or(LayoutError::Missing("index.json"))?;
        let index = ImageIndex::read(&index).map_err(PackFileError::Image)?;
        let pack = index
            .manifests
            .iter()
            .find(|one| one.artifact_type.as_deref() == Some(PACK));
        let named = pack.or(index.manifests.first());
        let digest = named
            .map(|one| one.digest)
            .ok_or_else(|| image_error("it holds no pack".to_owned()))?;
        let bytes = blobs.iter().find(|bytes| Digest::of(bytes) == digest);
        let bytes = bytes.ok_or_else(|| image_error(format!("{digest} is missing from it")))?;
        let image = ImageManifest::read(bytes).map_err(PackFileError::Image)?;
        let of = |key: &str| image.annotations.get(key).cloned().unwrap_or_default();
        let version = Version::parse(&of(VERSION));
        Ok(PackSummary {
            name: of(TITLE),
            version: version.map_err(|error| image_error(format!("its version: {error}")))?,
            digest,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::tests::file;
    use super::*;

    #[test]
    fn a_summary_says_what_the_file_holds() {
        let file = file();
        let summary = PackSummary::of_tar(Cursor::new(file.write())).expect("a summary");
        assert_eq!(summary.name, file.pack().name);
        assert_eq!(summary.version, file.pack().version);
        assert_eq!(summary.digest, file.digest());
    }

    #[test]
    fn what_is_no_pack_file_has_no_summary() {
        let mut cut = file().write();
        cut.truncate(700);
        for bytes in [b"cut off".to_vec(), Vec::new(), cut] {
            PackSummary::of_tar(Cursor::new(bytes)).expect_err("refused");
        }
    }
}
