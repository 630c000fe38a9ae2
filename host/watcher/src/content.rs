//! The content of a company file and of everything it references.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use patchbay_engine::component::Digest;
use patchbay_generations::assemble::Assembler;
use patchbay_pack::regular_file::{MOST_BYTES, read_bytes};

/// Files read at one place at most.
const FILES: usize = 10_000;
/// Depth of directories that are searched.
pub(super) const DEPTH: usize = 12;

/// A company file with everything it references.
pub(super) struct Content {
    /// Files and directories that it references.
    pub(super) places: Vec<PathBuf>,
    /// Digest of the file and of every file at those places.
    pub(super) digest: Digest,
}

impl Content {
    pub(super) fn read(
        path: &Path,
        assembler: &Assembler,
        round: &mut PlaceReadings,
    ) -> io::Result<Content> {
        let bytes = bytes_of(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let places = assembler.referenced_paths(&text, path.parent().unwrap_or(Path::new(".")));
        let mut all = Vec::new();
        put(&mut all, path, &bytes);
        for place in &places {
            put(&mut all, place, round.content(place)?.bytes().as_slice());
        }
        Ok(Content {
            digest: Digest::of(&all),
            places,
        })
    }

    /// Whether the files still have this content.
    pub(super) fn is_still_at(&self, path: &Path, assembler: &Assembler) -> bool {
        let now = Content::read(path, assembler, &mut PlaceReadings::default());
        now.is_ok_and(|now| now.digest == self.digest)
    }
}

/// What one round of checks found at the files and directories that company
/// files reference. Many companies share a pack; a round looks at it once.
#[derive(Default)]
pub(super) struct PlaceReadings {
    stamps: HashMap<PathBuf, Digest>,
    contents: HashMap<PathBuf, Digest>,
}

impl PlaceReadings {
    /// Digest of size, inode and times of every file at a place.
    fn stamp(&mut self, place: &Path) -> Digest {
        if let Some(known) = self.stamps.get(place) {
            return *known;
        }
        let mut all = Vec::new();
        for file in files(place) {
            if let Some(stamp) = FileStamp::of(&file) {
                put(&mut all, &file, &stamp.to_bytes());
            }
        }
        let digest = Digest::of(&all);
        self.stamps.insert(place.to_owned(), digest);
        digest
    }

    /// Digest of every file at a place.
    fn content(&mut self, place: &Path) -> io::Result<Digest> {
        if let Some(known) = self.contents.get(place) {
            return Ok(*known);
        }
        let mut all = Vec::new();
        for file in files(place) {
            let digest = match FileStamp::of(&file) {
                // Too long for a part of a pack, such as a recording beside it.
                Some(stamp) if stamp.bytes > MOST_BYTES => Digest::of(&stamp.to_bytes()),
                _ => Digest::of(&bytes_of(&file)?),
            };
            put(&mut all, &file, digest.bytes().as_slice());
        }
        let digest = Digest::of(&all);
        self.contents.insert(place.to_owned(), digest);
        Ok(digest)
    }
}

/// A file's bytes; an error names the file without its directory.
fn bytes_of(file: &Path) -> io::Result<Vec<u8>> {
    read_bytes(file, MOST_BYTES).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("{:?}: {error}", super::rejection::file_name(file)),
        )
    })
}

/// Appends both with their lengths, so that the digest is unambiguous.
fn put(all: &mut Vec<u8>, path: &Path, bytes: &[u8]) {
    for part in [path.as_os_str().as_encoded_bytes(), bytes] {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
}

/// Size, inode and times of a file. Follows links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    bytes: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    fn of(path: &Path) -> Option<FileStamp> {
        use std::os::unix::fs::MetadataExt;
        let about = std::fs::metadata(path).ok()?;
        Some(FileStamp {
            bytes: about.len(),
            inode: about.ino(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        let times = [self.modified, self.changed];
        let times = times.into_iter().flat_map(|(second, nano)| [second, nano]);
        let sizes = [self.bytes, self.inode].map(u64::to_le_bytes);
        let times: Vec<_> = times.map(i64::to_le_bytes).collect();
        [&sizes[..], &times[..]].concat().concat()
    }
}

/// Tells without reading whether a file and its places changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    file: FileStamp,
    places: Vec<Digest>,
}

impl Stamp {
    /// The stamp of a file and its places; none if there is nothing. What is there and
    /// is no regular file cannot be read.
    pub(super) fn of(path: &Path, places: &[PathBuf], round: &mut PlaceReadings) -> Option<Stamp> {
        Some(Stamp {
            file: FileStamp::of(path)?,
            places: places.iter().map(|place| round.stamp(place)).collect(),
        })
    }
}

/// Every file at a place, sorted, without hidden files and `target`.
fn files(place: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect_files(place, DEPTH, &mut found);
    found
}

fn collect_files(place: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if found.len() >= FILES {
        return;
    }
    if place.is_file() {
        found.push(place.to_owned());
        return;
    }
    let Ok(entries) = std::fs::read_dir(place) else {
        return;
    };
    if depth == 0 {
        return;
    }
    let mut within: Vec<_> = entries.filter_map(Result::ok).collect();
    within.sort_by_key(std::fs::DirEntry::file_name);
    for entry in within {
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        // A link to a directory may lead out of the place, or round in it.
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let leads_away = is_link && entry.path().is_dir();
        if !hidden && name != "target" && !leads_away {
            collect_files(&entry.path(), depth - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Companies that share a pack.
    const COMPANIES: usize = 100;

    /// A look at the pack after the first of a round would find nothing.
    #[test]
    fn a_round_looks_once_at_a_pack_that_many_companies_share() {
        let place = tempfile::tempdir().expect("a place");
        let pack = place.path().join("pack");
        let make = || {
            fs::create_dir(&pack).expect("made");
            fs::write(pack.join("pack.toml"), "name = \"care\"").expect("written");
        };
        let company = place.path().join("northwind.toml");
        fs::write(&company, "company = \"northwind\"").expect("written");
        let look = |round: &mut PlaceReadings| {
            let stamp = Stamp::of(&company, std::slice::from_ref(&pack), round);
            (stamp, round.content(&pack).expect("readable"))
        };
        make();
        let mut round = PlaceReadings::default();
        let first = look(&mut round);
        fs::remove_dir_all(&pack).expect("removed");
        for _ in 1..COMPANIES {
            assert!(look(&mut round) == first);
        }
        let next = look(&mut PlaceReadings::default());
        assert!(next.0 != first.0 && next.1 != first.1, "a round of its own");
    }
}
