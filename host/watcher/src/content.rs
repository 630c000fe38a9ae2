//! The content of a company file and of everything it references.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use patchbay_engine::component::Digest;
use patchbay_generations::assemble::Assembler;

/// Files read for one company file at most.
const FILES: usize = 10_000;
/// Depth of directories that are searched.
const DEPTH: usize = 12;

/// A company file with everything it references.
pub(super) struct Content {
    /// Files and directories that it references.
    pub(super) places: Vec<PathBuf>,
    /// Digest of the file and of every file at those places.
    pub(super) digest: Digest,
}

impl Content {
    pub(super) fn read(path: &Path, assembler: &Assembler) -> io::Result<Content> {
        let bytes = bytes_of(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let places = assembler.referenced_paths(&text, path.parent().unwrap_or(Path::new(".")));
        let mut all = Vec::new();
        put(&mut all, path, &bytes);
        for file in files(&places) {
            put(
                &mut all,
                &file,
                Digest::of(&bytes_of(&file)?).bytes().as_slice(),
            );
        }
        Ok(Content {
            digest: Digest::of(&all),
            places,
        })
    }

    /// Whether the files still have this content.
    pub(super) fn is_still_at(&self, path: &Path, assembler: &Assembler) -> bool {
        Content::read(path, assembler).is_ok_and(|now| now.digest == self.digest)
    }
}

/// A file's bytes; an error names the file without its directory.
fn bytes_of(file: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("{:?}: {error}", super::file_status::file_name(file)),
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

/// Size, inode and times of files: tells without reading whether they changed.
/// Follows links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, u64, u64, Option<SystemTime>, i64, i64)>);

impl Stamp {
    /// The stamp of a file and its places; none if the file does not exist.
    pub(super) fn of(path: &Path, places: &[PathBuf]) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let one = |path: &Path| {
            let about = std::fs::metadata(path).ok()?;
            Some((
                path.to_owned(),
                about.len(),
                about.ino(),
                about.modified().ok(),
                about.ctime(),
                about.ctime_nsec(),
            ))
        };
        let mut all = vec![one(path).filter(|_| path.is_file())?];
        all.extend(files(places).iter().filter_map(|file| one(file)));
        Some(Stamp(all))
    }
}

/// Every file at these places, sorted, without hidden files and `target`.
fn files(places: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for place in places {
        collect_files(place, DEPTH, &mut found);
    }
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
        if !hidden && name != "target" {
            collect_files(&entry.path(), depth - 1, found);
        }
    }
}
