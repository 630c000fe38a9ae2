//! The master key: a file outside the database, for its owner alone.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::JournalError;

/// The key all others are made from or wrapped under.
pub(crate) struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Read the key of a journal that exists.
    pub(crate) fn read(path: &Path) -> Result<MasterKey, JournalError> {
        let mut file = File::open(path).map_err(JournalError::file("cannot open", path))?;
        let metadata = file
            .metadata()
            .map_err(JournalError::file("cannot look at", path))?;
        refuse_others(path, &metadata, 0o077)?;
        let mut key = Zeroizing::new([0; 32]);
        file.read_exact(key.as_mut_slice())
            .map_err(JournalError::file("cannot read", path))?;
        Ok(MasterKey(key))
    }

    /// Read the key for a new journal, making one where there is none.
    pub(crate) fn read_or_make(path: &Path) -> Result<MasterKey, JournalError> {
        if let Some(parent) = path.parent() {
            make_private(parent)?;
        }
        if !path.exists() {
            make(path)?;
        }
        MasterKey::read(path)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Make a key beside its place and move it there whole: a crash in between
/// leaves none, and of two processes that start at once one wins.
fn make(path: &Path) -> Result<(), JournalError> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = random::<32>().map(Zeroizing::new).and_then(|key| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
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
        .map_err(JournalError::file("cannot make", path))
}

/// Make the name of a file durable: without its key a journal is lost.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Make a directory for the owner alone, or see that others cannot write it.
pub(crate) fn make_private(directory: &Path) -> Result<(), JournalError> {
    let directory = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    if !directory.exists() {
        fs::create_dir_all(directory).map_err(JournalError::file("cannot make", directory))?;
        fs::set_permissions(directory, Permissions::from_mode(0o700))
            .map_err(JournalError::file("cannot close", directory))?;
    }
    let metadata =
        fs::metadata(directory).map_err(JournalError::file("cannot look at", directory))?;
    refuse_others(directory, &metadata, 0o022)
}

fn refuse_others(path: &Path, metadata: &fs::Metadata, bits: u32) -> Result<(), JournalError> {
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if owner != rustix::process::geteuid().as_raw() || mode & bits != 0 {
        return Err(JournalError::Open {
            path: path.to_owned(),
            owner,
            mode,
        });
    }
    Ok(())
}

/// Bytes nobody can guess.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
