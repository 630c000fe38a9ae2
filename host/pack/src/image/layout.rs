//! An OCI image layout in one tar: `oci-layout`, `index.json` and `blobs/sha256/DIGEST`.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use patchbay_engine::component::Digest;
use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, EntryType, Header};
use thiserror::Error;

/// Most bytes of a tar: those of a component with its texts.
pub const LAYOUT_BYTES: u64 = 80 << 20;
/// Most entries of a tar.
const MOST_ENTRIES: usize = 128;

const MARKER: &str = "oci-layout";
const INDEX: &str = "index.json";
const BLOBS: &str = "blobs/sha256/";
/// Directories that other tools write.
const DIRECTORIES: [&str; 2] = ["blobs", "blobs/sha256"];

/// Why bytes are not an image layout.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LayoutError {
    /// The tar cannot be read to its end.
    #[error("it is no tar, or is cut off: {0}")]
    Tar(String),
    /// It has too many entries.
    #[error("it has more than {MOST_ENTRIES} entries")]
    TooMany,
    /// An entry does not belong to an image layout.
    #[error("it has the entry {0:?}, which does not belong to an image layout")]
    Foreign(String),
    /// An entry is a link or another thing that is no file.
    #[error("its entry {0:?} is no file")]
    NoFile(String),
    /// Two entries have one name.
    #[error("it has two entries {0:?}")]
    Twice(String),
    /// An entry is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// The layout is of another version.
    #[error("its oci-layout is not of version 1.0.0")]
    Version,
    /// The bytes of a blob are not those that its name says.
    #[error("its blob {named} has the digest {found}: the file was changed")]
    Altered {
        /// Digest in the name.
        named: Digest,
        /// Digest of the bytes.
        found: Digest,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

/// The files of an image layout. Each blob has the digest it is named by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) index: Vec<u8>,
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
}

impl Layout {
    /// Reads a tar. Only the entries of a layout are accepted, each once: no links, no paths
    /// elsewhere, no other names.
    ///
    /// # Errors
    /// [`LayoutError`] with the first entry at fault.
    pub(crate) fn read(bytes: &[u8]) -> Result<Layout, LayoutError> {
        let broken = |error: std::io::Error| LayoutError::Tar(error.to_string());
        let mut archive = Archive::new(Cursor::new(bytes));
        let mut layout = Layout::default();
        let (mut marker, mut index) = (None, None);
        // Raw: an entry that changes the name of the next one is an entry like any other.
        for (count, entry) in archive.entries().map_err(broken)?.raw(true).enumerate() {
            if count >= MOST_ENTRIES {
                return Err(LayoutError::TooMany);
            }
            let mut entry = entry.map_err(broken)?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if kind == EntryType::Directory && DIRECTORIES.contains(&name.trim_end_matches('/')) {
                continue;
            }
            let blob = blob_digest(&name);
            if blob.is_none() && name != MARKER && name != INDEX {
                return Err(LayoutError::Foreign(name));
            }
            if kind != EntryType::Regular {
                return Err(LayoutError::NoFile(name));
            }
            // The reader is the given bytes: an entry is no longer than they are.
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(broken)?;
            if content.len() as u64 != entry.size() {
                return Err(LayoutError::Tar(format!("{name} is cut off")));
            }
            let before = match blob {
                None if name == MARKER => marker.replace(content),
                None => index.replace(content),
                Some(named) => {
                    let found = Digest::of(&content);
                    if found != named {
                        return Err(LayoutError::Altered { named, found });
                    }
                    layout.blobs.insert(named, content)
                }
            };
            if before.is_some() {
                return Err(LayoutError::Twice(name));
            }
        }
        let marker = marker.ok_or(LayoutError::Missing(MARKER))?;
        match serde_json::from_slice::<Marker>(&marker) {
            Ok(marker) if marker.image_layout_version == "1.0.0" => {}
            _ => return Err(LayoutError::Version),
        }
        layout.index = index.ok_or(LayoutError::Missing(INDEX))?;
        Ok(layout)
    }

    /// Writes the tar. The same layout always gives the same bytes: entries in order, no times, no
    /// owners.
    pub(crate) fn write(&self) -> Vec<u8> {
        let marker = br#"{"imageLayoutVersion":"1.0.0"}"#;
        let mut tar = Builder::new(Vec::new());
        let named = self
            .blobs
            .iter()
            .map(|(digest, content)| (format!("{BLOBS}{}", digest.hex()), content.as_slice()));
        let fixed = [
            (MARKER.to_owned(), marker.as_slice()),
            (INDEX.to_owned(), self.index.as_slice()),
        ];
        for (name, content) in fixed.into_iter().chain(named) {
            let mut header = Header::new_ustar();
            header.set_entry_type(EntryType::Regular);
            header.set_mode(0o644);
            header.set_size(content.len() as u64);
            header.set_mtime(0);
            // Names of at most 77 bytes into memory: cannot fail.
            let _ = tar.append_data(&mut header, name, content);
        }
        tar.into_inner().unwrap_or_default()
    }
}

fn blob_digest(name: &str) -> Option<Digest> {
    let hex = name.strip_prefix(BLOBS)?;
    // As it is written: digits in upper case would be a second name.
    let digest = Digest::parse(&format!("sha256:{hex}"))?;
    (digest.hex() == hex).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let blobs = [b"one".as_slice(), b"two"].map(|bytes| (Digest::of(bytes), bytes.to_vec()));
        Layout {
            index: b"{}".to_vec(),
            blobs: blobs.into(),
        }
    }

    /// A tar of these entries; a link where there is no content.
    fn tar(entries: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (name, content) in entries {
            let mut header = Header::new_ustar();
            let content = content.unwrap_or_else(|| {
                header.set_entry_type(EntryType::Symlink);
                header.set_link_name("/etc/passwd").expect("a name");
                b""
            });
            // A name that `set_path` refuses.
            let field = &mut header.as_old_mut().name;
            field[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append(&header, content).expect("an entry");
        }
        tar.into_inner().expect("a tar")
    }

    const VERSION: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

    #[test]
    fn a_layout_that_is_written_is_read_and_written_with_the_same_bytes() {
        let written = layout().write();
        let read = Layout::read(&written).expect("a layout");
        assert_eq!(read, layout());
        assert_eq!(read.write(), written);
    }

    #[test]
    fn directories_of_other_tools_are_passed_over() {
        let mut bytes = Builder::new(Vec::new());
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Directory);
        header.set_size(0);
        bytes
            .append_data(&mut header, "blobs/", b"".as_slice())
            .expect("a directory");
        let mut bytes = bytes.into_inner().expect("a tar");
        // Without the two blocks that end it.
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(layout().write());
        assert_eq!(Layout::read(&bytes), Ok(layout()));
    }

    #[test]
    fn every_entry_that_does_not_belong_there_is_refused() {
        let blob = format!("{BLOBS}{}", Digest::of(b"one").hex());
        let upper = format!("{BLOBS}{}", Digest::of(b"one").hex().to_uppercase());
        for (name, content) in [
            ("../index.json", Some(b"{}".as_slice())),
            ("/etc/cron.d/patchbay", Some(b"* * * * *")),
            ("blobs/sha256/../../index.json", Some(b"{}")),
            ("./index.json", Some(b"{}")),
            ("blobs/sha512/00", Some(b"one")),
            ("README.md", Some(b"read me")),
            (&upper, Some(b"one")),
            (INDEX, None),
            (&blob, None),
        ] {
            let bytes = tar(&[(MARKER, Some(VERSION)), (name, content)]);
            let error = Layout::read(&bytes).expect_err(name);
            let is_named = match &error {
                LayoutError::Foreign(named) | LayoutError::NoFile(named) => named == name,
                _ => false,
            };
            assert!(is_named, "{name}: {error:?}");
        }
    }

    #[test]
    fn an_entry_that_is_there_twice_is_refused() {
        let blob = format!("{BLOBS}{}", Digest::of(b"one").hex());
        for (name, content) in [(MARKER, VERSION), (INDEX, b"{}"), (&*blob, b"one")] {
            let one = (name, Some(content));
            let bytes = tar(&[one, one]);
            assert_eq!(Layout::read(&bytes), Err(LayoutError::Twice(name.into())));
        }
    }

    #[test]
    fn a_blob_with_other_bytes_is_refused() {
        let named = Digest::of(b"one");
        let blob = format!("{BLOBS}{}", named.hex());
        let found = Digest::of(b"other");
        let bytes = tar(&[(&blob, Some(b"other"))]);
        let error = Layout::read(&bytes);
        assert_eq!(error, Err(LayoutError::Altered { named, found }));
    }

    #[test]
    fn a_layout_that_is_cut_off_anywhere_is_refused() {
        let written = layout().write();
        let end = written.len() - 1024;
        for length in (0..end).step_by(97) {
            assert!(Layout::read(&written[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_size_beyond_the_file_reserves_nothing() {
        let mut header = Header::new_ustar();
        header.set_path(INDEX).expect("a name");
        header.set_size(1 << 32);
        header.set_cksum();
        let error = Layout::read(header.as_bytes()).expect_err("cut off");
        assert!(matches!(error, LayoutError::Tar(_)), "{error:?}");
    }

    #[test]
    fn a_tar_with_too_many_entries_is_refused() {
        let mut bytes = Vec::new();
        for _ in 0..=MOST_ENTRIES {
            let mut header = Header::new_ustar();
            header.set_entry_type(EntryType::Directory);
            header.set_path("blobs").expect("a name");
            header.set_size(0);
            header.set_cksum();
            bytes.extend(header.as_bytes());
        }
        assert_eq!(Layout::read(&bytes), Err(LayoutError::TooMany));
    }
}
