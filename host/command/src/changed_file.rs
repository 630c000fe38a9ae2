//! Files that commands read and write again: pack files, trust policies, keys.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use patchbay_pack::regular_file::read_text;

use crate::exit::{Failure, io};

/// Most bytes of a key, a signature or a policy.
const MOST_BYTES: u64 = 1 << 20;

/// Read a text file of at most 1 MiB; pipes and devices are refused.
pub fn text_of(path: &Path) -> Result<String, Failure> {
    read_text(path, MOST_BYTES).map_err(io(path))
}

/// A file that no other command changes while this exists.
#[derive(Debug)]
pub struct ChangedFile {
    path: PathBuf,
    /// The directory, which is locked.
    _lock: File,
}

impl ChangedFile {
    /// Waits until no other command changes files of the directory. Follows a link, so that it is
    /// the file that changes.
    pub fn lock(path: &Path) -> Result<ChangedFile, Failure> {
        let path = match path.canonicalize() {
            Ok(found) => found,
            Err(_) => path.to_owned(),
        };
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = parent.unwrap_or(Path::new(".")).to_owned();
        let lock = File::open(&directory).map_err(io(&directory))?;
        lock.lock().map_err(io(&directory))?;
        Ok(ChangedFile { path, _lock: lock })
    }

    /// Writes the file as a whole or not at all; it keeps its permissions.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let path = &self.path;
        let before = std::fs::metadata(path).map(|found| found.permissions());
        let permissions = before.unwrap_or_else(|_| Permissions::from_mode(0o644));
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let written = tempfile::Builder::new()
            .permissions(permissions)
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.as_file().sync_all()?;
                file.persist(path).map_err(|error| error.error)?;
                Ok(())
            });
        written.map_err(|error| {
            // Without the name of the file beside, which is gone.
            let reason = match error.raw_os_error() {
                Some(code) => std::io::Error::from_raw_os_error(code),
                None => error.kind().into(),
            };
            let message = format!("{}: {reason}; the file is not changed", path.display());
            Failure::machine(message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_permissions_and_its_link() {
        let place = tempfile::tempdir().expect("a directory");
        let (file, link) = (
            place.path().join("real.toml"),
            place.path().join("link.toml"),
        );
        std::fs::write(&file, "old").expect("written");
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("set");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let changed = ChangedFile::lock(&link).expect("locked");
        changed.write(b"new").expect("written");
        assert_eq!(std::fs::read_to_string(&file).expect("there"), "new");
        let mode = std::fs::metadata(&file)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(link.is_symlink());
    }

    #[test]
    fn two_changes_of_a_file_follow_each_other() {
        let place = tempfile::tempdir().expect("a directory");
        let file = place.path().join("count");
        std::fs::write(&file, "0").expect("written");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let changed = ChangedFile::lock(&file).expect("locked");
                    let count: u32 = text_of(&file).expect("there").parse().expect("a number");
                    changed
                        .write((count + 1).to_string().as_bytes())
                        .expect("written");
                });
            }
        });
        assert_eq!(text_of(&file).expect("there"), "8");
    }

    #[test]
    fn a_pipe_is_not_read() {
        let place = tempfile::tempdir().expect("a directory");
        let pipe = place.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo").success());
        assert!(text_of(&pipe).is_err());
    }
}
