//! Packs that were pulled from registries, kept by digest for all companies of a host.
//!
//! A directory with one pack file for each digest, the digests that references to registries had
//! when they were last pulled, and unfinished downloads. Processes share it: who writes or deletes
//! holds its lock alone, who reads holds it with other readers.

mod collection;
mod references;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use patchbay_engine::component::Digest;

use crate::directory_files::has_extension;
use crate::pack_file::{EXTENSION, PackFile, PackFileError};

pub use collection::{Collection, DeletedPack, KeptPack};

/// File whose lock guards the directory.
const LOCK: &str = "lock";
/// Directory of unfinished downloads.
const PARTIAL: &str = "partial";
/// Entries of the directory that are looked at.
const MOST_ENTRIES: usize = 100_000;

/// The local store of packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackStore {
    directory: PathBuf,
}

/// While it exists, nothing is deleted from the store.
#[derive(Debug)]
pub struct StoreLease {
    _lock: Option<File>,
}

impl PackStore {
    /// The store in a directory, which need not exist yet.
    pub fn at(directory: impl Into<PathBuf>) -> PackStore {
        PackStore {
            directory: directory.into(),
        }
    }

    /// The store of this user: `patchbay/packs` below `$XDG_DATA_HOME` or `~/.local/share`. `None`
    /// where neither is set.
    pub fn of_user() -> Option<PackStore> {
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let data = data.filter(|path| path.is_absolute()).or_else(|| {
            let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
            Some(Path::new(&home).join(".local/share"))
        });
        Some(PackStore::at(data?.join("patchbay/packs")))
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its directory of unfinished downloads; created where it does not exist.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn partial_downloads(&self) -> io::Result<PathBuf> {
        let path = self.directory.join(PARTIAL);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// Adds a pack. One that is there already gets the signatures that are new.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn insert(&self, file: &PackFile) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.directory)?;
        let _lock = self.lock_alone()?;
        let path = self.directory.join(file_name(file));
        // A damaged file is replaced.
        let known = PackFile::open(&path).ok();
        let known = known.filter(|known| known.digest() == file.digest());
        let bytes = match known {
            None => file.write(),
            Some(known) => {
                let before = known.write();
                let merged = merge_signatures(known, file).unwrap_or_else(|_| file.clone());
                let bytes = merged.write();
                if bytes == before {
                    touch(&path);
                    return Ok(path);
                }
                bytes
            }
        };
        write_whole(&path, &bytes)?;
        Ok(path)
    }

    /// Notes that a reference to a registry, such as `oci://registry.example/care:1`, had this digest
    /// when it was pulled.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn record(&self, reference: &str, digest: Digest) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let _lock = self.lock_alone()?;
        references::update(&self.directory, |all| {
            all.insert(reference.to_owned(), digest);
        })
    }

    /// The digest that a reference had when it was last pulled.
    ///
    /// # Errors
    /// Those of the operating system; where the list of references is damaged.
    pub fn resolve(&self, reference: &str) -> io::Result<Option<Digest>> {
        let _lease = self.lease();
        Ok(references::read(&self.directory)?.get(reference).copied())
    }

    /// The file of a pack, with the lease that keeps it there. Its bytes are not checked.
    pub fn find(&self, digest: Digest) -> Option<(PathBuf, StoreLease)> {
        let lease = self.lease();
        let path = self.find_path(digest)?;
        touch(&path);
        Some((path, lease))
    }

    /// Reads a pack.
    ///
    /// # Errors
    /// [`PackFileError`], also where the file holds another pack than its name says.
    pub fn open(&self, digest: Digest) -> Result<Option<PackFile>, PackFileError> {
        let Some((path, _lease)) = self.find(digest) else {
            return Ok(None);
        };
        let file = PackFile::open(&path)?;
        match file.digest() == digest {
            true => Ok(Some(file)),
            false => Err(PackFileError::Image(format!(
                "{} holds the pack {}; remove the file",
                path.display(),
                file.digest()
            ))),
        }
    }

    /// The pack files, sorted by name. Their bytes are not checked.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten();
        let paths = entries.take(MOST_ENTRIES).flatten().map(|one| one.path());
        let mut paths: Vec<PathBuf> = paths.filter(|path| named_digest(path).is_some()).collect();
        paths.sort();
        paths
    }

    /// Keeps other processes from deleting packs.
    pub fn lease(&self) -> StoreLease {
        // A store that this process may not write has no lock it could wait for.
        let lock = self.open_lock().or_else(|_| File::open(self.lock_path()));
        StoreLease {
            _lock: lock.ok().filter(|lock| lock.lock_shared().is_ok()),
        }
    }

    fn find_path(&self, digest: Digest) -> Option<PathBuf> {
        let mut paths = self.files().into_iter();
        paths.find(|path| named_digest(path) == Some(digest))
    }

    fn lock_path(&self) -> PathBuf {
        self.directory.join(LOCK)
    }

    fn open_lock(&self) -> io::Result<File> {
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        options.open(self.lock_path())
    }

    /// Waits until no other process uses the store.
    fn lock_alone(&self) -> io::Result<File> {
        let lock = self.open_lock()?;
        lock.lock()?;
        Ok(lock)
    }
}

/// `NAME-VERSION.HEX.pack`: found by name as in a pack directory, and by digest without being read.
fn file_name(file: &PackFile) -> String {
    let pack = file.pack();
    let hex = file.digest().hex();
    format!("{}-{}.{hex}.{EXTENSION}", pack.name, pack.version)
}

/// The digest in the name of a file of the store.
fn named_digest(path: &Path) -> Option<Digest> {
    if !has_extension(path, &[EXTENSION]) {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    let (_, hex) = stem.rsplit_once('.')?;
    Digest::parse(&format!("sha256:{hex}"))
}

fn merge_signatures(known: PackFile, new: &PackFile) -> Result<PackFile, PackFileError> {
    let mut signatures = new.signatures().iter();
    signatures.try_fold(known, |merged, text| merged.with_signature(text))
}

/// Notes that a file was used now.
fn touch(path: &Path) {
    // Otherwise it is collected earlier, no more.
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Writes a file as a whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests;
