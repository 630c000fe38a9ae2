//! The master key: a private file outside the database.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use zeroize::Zeroizing;

use crate::{JournalError, Result};

/// The key from which all others are derived or under which they are wrapped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Read the key of an existing journal.
    pub fn read(path: &Path) -> Result<MasterKey> {
        let mut file = File::open(path).map_err(JournalError::file("cannot open", path))?;
        let metadata = file
            .metadata()
            .map_err(JournalError::file("cannot read the mode of", path))?;
        check_private(path, &metadata, 0o077)?;
        let mut key = Zeroizing::new([0; 32]);
        file.read_exact(key.as_mut_slice())
            .map_err(JournalError::file("cannot read", path))?;
        Ok(MasterKey(key))
    }

    /// Read the key for a new journal; create it if there is none.
    pub fn read_or_create(path: &Path) -> Result<MasterKey> {
        if let Some(parent) = path.parent() {
            ensure_private_directory(parent)?;
        }
        if !path.exists() {
            create(path)?;
        }
        MasterKey::read(path)
    }

    #[cfg(test)]
    pub(super) fn from_bytes(key: [u8; 32]) -> MasterKey {
        MasterKey(Zeroizing::new(key))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Write a new key to a temporary file and link it to its name: a crash leaves
/// no partial key, and of two processes that start at once one wins.
fn create(path: &Path) -> Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = random::<32>().map(Zeroizing::new).and_then(|key| {
        let mut file = create_private_file(&temporary)?;
        file.write_all(key.as_slice())?;
        file.sync_all()?;
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    });
    let _ = fs::remove_file(&temporary);
    written
        .and_then(|()| sync_directory(path))
        .map_err(JournalError::file("cannot create", path))
}

/// Create or empty a file that only its owner can read and write.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// Make the name of a new file durable.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Create a private directory, or check that others cannot write to it.
pub fn ensure_private_directory(directory: &Path) -> Result<()> {
    let directory = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    if !directory.exists() {
        fs::create_dir_all(directory).map_err(JournalError::file("cannot create", directory))?;
        fs::set_permissions(directory, Permissions::from_mode(0o700))
            .map_err(JournalError::file("cannot restrict", directory))?;
    }
    let metadata = fs::metadata(directory)
        .map_err(JournalError::file("cannot read the mode of", directory))?;
    check_private(directory, &metadata, 0o022)
}

fn check_private(path: &Path, metadata: &fs::Metadata, bits: u32) -> Result<()> {
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if owner != rustix::process::geteuid().as_raw() || mode & bits != 0 {
        return Err(JournalError::InsecureFile {
            path: path.to_owned(),
            owner,
            mode,
        });
    }
    Ok(())
}

/// Random bytes of the system.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut filled = 0;
    // A system call: no file is opened.
    while filled < N {
        filled += match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Err(Errno::INTR) => 0,
            filled => filled?,
        };
    }
    Ok(bytes)
}
