//! Compiled components on disk. An entry is native code, so it needs a valid
//! MAC, whose key lies elsewhere. The verified bytes themselves are loaded.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

const MAGIC: &[u8; 8] = b"pbaot\0\0\x01";
const MAC_BYTES: usize = 32;
/// Most entries and bytes; storing one more removes the oldest.
const MOST_ENTRIES: usize = 512;
const MOST_BYTES: u64 = 2 << 30;
/// Age at which a temporary file was left by a killed process.
const UNFINISHED: Duration = Duration::from_secs(3600);

/// Why a cache cannot be used.
#[derive(Debug, Error)]
pub enum CacheError {
    /// A file or directory cannot be read or written.
    #[error("{what} {path}: {error}")]
    Io {
        /// The attempt, such as `cannot read`.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Another user can write the directory, or read the key.
    #[error(
        "{path} must belong to this user and be closed to others (found owner {owner}, mode {mode:o}); run `chmod go-rwx` on it or remove it"
    )]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// User id of its owner.
        owner: u32,
        /// Its permission bits.
        mode: u32,
    },
}

/// A directory of compiled components and the key that authenticates them.
#[derive(Clone, Debug)]
pub struct AotCache {
    directory: PathBuf,
    key: [u8; 32],
}

impl AotCache {
    /// Open a cache; creates the directory and the key where they are missing.
    ///
    /// # Errors
    /// [`CacheError`] when either cannot be created, or is open to others.
    pub fn open(directory: &Path, key_file: &Path) -> Result<AotCache, CacheError> {
        create_private(directory)?;
        if let Some(parent) = key_file.parent() {
            create_private(parent)?;
        }
        Ok(AotCache {
            directory: directory.to_owned(),
            key: read_or_create_key(key_file)?,
        })
    }

    /// The default directory and key file: `$XDG_CACHE_HOME/patchbay/aot` and
    /// `$XDG_STATE_HOME/patchbay/aot.key`. `None` without a home directory.
    pub fn default_paths() -> Option<(PathBuf, PathBuf)> {
        let under = |variable: &str, fallback: &str| {
            std::env::var_os(variable)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(fallback)))
        };
        Some((
            under("XDG_CACHE_HOME", ".cache")?.join("patchbay/aot"),
            under("XDG_STATE_HOME", ".local/state")?.join("patchbay/aot.key"),
        ))
    }

    /// Read the verified bytes of an entry. An entry that was changed, truncated
    /// or written under another key counts as absent, and is removed.
    pub(crate) fn load<T>(&self, name: &str, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let path = self.path(name);
        let bytes = fs::read(&path).ok()?;
        if let Some(payload) = self.verified(name, &bytes) {
            return read(payload);
        }
        tracing::warn!(
            entry = name,
            "a compiled component in the cache failed verification; compiling it again"
        );
        let _ = fs::remove_file(&path);
        None
    }

    /// Store an entry. A failure is logged only: it costs time, not answers.
    /// The payload is what the parts are together: code is not copied.
    pub(crate) fn store(&self, name: &str, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.prune(length as u64);
        let thread = std::thread::current().id();
        let temporary = format!("{name}.{}.{thread:?}.tmp", std::process::id());
        let temporary = self.directory.join(temporary);
        let mac = self.mac(name, parts);
        let stored = write_private(
            &temporary,
            &[&[MAGIC, mac.as_bytes().as_slice()], parts].concat(),
        )
        .and_then(|()| fs::rename(&temporary, self.path(name)));
        if let Err(error) = stored {
            tracing::warn!(%error, "cannot cache a compiled component");
            let _ = fs::remove_file(&temporary);
        }
    }

    fn verified<'a>(&self, name: &str, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (mac, payload) = rest.split_at_checked(MAC_BYTES)?;
        let mac = blake3::Hash::from_slice(mac).ok()?;
        // `blake3::Hash` compares in constant time.
        (self.mac(name, &[payload]) == mac).then_some(payload)
    }

    /// Over the name and the parts of the payload, as if these were one.
    fn mac(&self, name: &str, parts: &[&[u8]]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            .update(&(name.len() as u64).to_le_bytes())
            .update(name.as_bytes());
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.aot"))
    }

    /// Remove temporary files of killed processes, and the oldest entries until
    /// one of so many bytes fits.
    fn prune(&self, bytes: u64) {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return;
        };
        let files = entries.flatten().filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((about.modified().ok()?, entry.path(), about.len()))
        });
        let (unfinished, mut files): (Vec<_>, Vec<_>) =
            files.partition(|(_, path, _)| path.extension().is_some_and(|ending| ending == "tmp"));
        for (written, path, _) in unfinished {
            if written.elapsed().is_ok_and(|age| age > UNFINISHED) {
                let _ = fs::remove_file(path);
            }
        }
        files.sort();
        let mut count = files.len();
        let mut total = bytes + files.iter().map(|(_, _, bytes)| bytes).sum::<u64>();
        for (_, path, bytes) in files {
            if count < MOST_ENTRIES && total <= MOST_BYTES {
                return;
            }
            let _ = fs::remove_file(path);
            count -= 1;
            total -= bytes;
        }
    }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    move |error| CacheError::Io { what, path, error }
}

/// Write a file that only its owner can read.
fn write_private(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

fn create_private(directory: &Path) -> Result<(), CacheError> {
    if !directory.exists() {
        fs::create_dir_all(directory).map_err(io_error("cannot create", directory))?;
        fs::set_permissions(directory, Permissions::from_mode(0o700))
            .map_err(io_error("cannot set the permissions of", directory))?;
    }
    let metadata = fs::metadata(directory).map_err(io_error("cannot read", directory))?;
    // Others may read the directory, but not write to it.
    reject_others(directory, &metadata, 0o022)
}

fn reject_others(path: &Path, metadata: &fs::Metadata, bits: u32) -> Result<(), CacheError> {
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if owner != rustix::process::geteuid().as_raw() || mode & bits != 0 {
        return Err(CacheError::Open {
            path: path.to_owned(),
            owner,
            mode,
        });
    }
    Ok(())
}

fn read_or_create_key(path: &Path) -> Result<[u8; 32], CacheError> {
    if !path.exists() {
        create_key(path)?;
    }
    let mut file = File::open(path).map_err(io_error("cannot open", path))?;
    let metadata = file.metadata().map_err(io_error("cannot read", path))?;
    reject_others(path, &metadata, 0o077)?;
    let mut key = [0; 32];
    file.read_exact(&mut key)
        .map_err(io_error("cannot read", path))?;
    Ok(key)
}

/// Write a key to a temporary file and link it to its place: a crash in between
/// leaves none, and of two processes that start at once one wins.
fn create_key(path: &Path) -> Result<(), CacheError> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut key = [0; 32];
    let created = File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut key))
        .and_then(|()| write_private(&temporary, &[&key]))
        .and_then(|()| match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    let _ = fs::remove_file(&temporary);
    created.map_err(io_error("cannot create", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(root: &Path) -> AotCache {
        AotCache::open(&root.join("aot"), &root.join("state/key")).expect("an empty directory")
    }

    fn code(cache: &AotCache, name: &str) -> Option<Vec<u8>> {
        cache.load(name, |payload| Some(payload.to_vec()))
    }

    #[test]
    fn a_stored_entry_is_loaded() {
        let root = tempfile::tempdir().expect("a temporary directory");
        cache(root.path()).store("a", &[b"code"]);
        assert_eq!(
            code(&cache(root.path()), "a").as_deref(),
            Some(&b"code"[..])
        );
    }

    #[test]
    fn a_flipped_bit_anywhere_is_detected() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let cache = cache(root.path());
        cache.store("a", &[b"code"]);
        let path = cache.path("a");
        let good = fs::read(&path).expect("stored");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).expect("writable");
            assert_eq!(code(&cache, "a"), None, "byte {at}");
            assert!(!path.exists(), "a bad entry is removed");
        }
    }

    #[test]
    fn the_oldest_entries_make_room_for_a_large_one() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let cache = cache(root.path());
        for (name, age) in [("old", 3), ("new", 2)] {
            cache.store(name, &[b"code"]);
            let written = std::time::SystemTime::now() - Duration::from_secs(age);
            let file = File::options().write(true).open(cache.path(name));
            file.expect("it exists").set_modified(written).expect("set");
        }
        let entry = fs::metadata(cache.path("old")).expect("it exists").len();
        cache.prune(MOST_BYTES - entry);
        assert!(!cache.path("old").exists() && cache.path("new").exists());
    }

    #[test]
    fn old_temporary_files_are_removed() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let cache = cache(root.path());
        let [old, new] = ["a.1.tmp", "b.2.tmp"].map(|name| cache.directory.join(name));
        for path in [&old, &new] {
            fs::write(path, b"half").expect("written");
        }
        let long_ago = std::time::SystemTime::now() - UNFINISHED * 2;
        let file = File::options().write(true).open(&old).expect("it exists");
        file.set_modified(long_ago).expect("set");
        cache.store("c", &[b"code"]);
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn an_entry_under_another_name_is_rejected() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let cache = cache(root.path());
        cache.store("a", &[b"code"]);
        fs::rename(cache.path("a"), cache.path("b")).expect("renamed");
        assert_eq!(code(&cache, "b"), None);
    }

    #[test]
    fn an_entry_under_another_key_is_rejected() {
        let root = tempfile::tempdir().expect("a temporary directory");
        cache(root.path()).store("a", &[b"code"]);
        fs::remove_file(root.path().join("state/key")).expect("removed");
        assert_eq!(code(&cache(root.path()), "a"), None);
    }

    #[test]
    fn a_key_that_others_can_read_is_rejected() {
        let root = tempfile::tempdir().expect("a temporary directory");
        cache(root.path());
        let key = root.path().join("state/key");
        fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("changed");
        let error = AotCache::open(&root.path().join("aot"), &key).expect_err("open to others");
        assert!(
            matches!(error, CacheError::Open { mode: 0o644, .. }),
            "{error}"
        );
    }
}
