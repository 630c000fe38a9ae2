//! Writes the changes of an update: all of them or none.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::UpdateError;
use super::files::FileChange;

/// A change whose bytes are on the disk, beside the file.
struct Staged {
    target: PathBuf,
    /// The new file; `None` where the file is removed.
    new: Option<TempPath>,
    /// Where the file before goes; `None` where there is none.
    before: Option<TempPath>,
}

/// Writes the changes. First all bytes are written beside the files, so that a full disk or a
/// missing permission changes nothing; then the files are exchanged, and back again if one cannot.
pub(super) fn write(directory: &Path, changes: &[FileChange]) -> Result<(), UpdateError> {
    let mut made = MadeDirectories::default();
    let mut staged = Vec::new();
    for change in changes {
        let target = directory.join(&change.path);
        let one = stage(&target, change, &mut made).map_err(|error| UpdateError::Io {
            path: target,
            // Without the name of the file beside, which is gone.
            error: error
                .raw_os_error()
                .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error),
        })?;
        staged.push(one);
    }
    let mut done = Vec::new();
    for one in staged {
        let target = one.target.clone();
        match exchange(one) {
            Ok(exchanged) => done.push(exchanged),
            Err(error) => {
                done.into_iter().rev().for_each(undo);
                return Err(UpdateError::Io {
                    path: target,
                    error,
                });
            }
        }
    }
    // The files before are deleted.
    drop(done);
    made.0.clear();
    for change in changes.iter().filter(|change| change.after.is_none()) {
        // Only a directory that is empty now is removed.
        if let Some(parent) = Path::new(&change.path).parent() {
            let _ = std::fs::remove_dir(directory.join(parent));
        }
    }
    Ok(())
}

fn stage(target: &Path, change: &FileChange, made: &mut MadeDirectories) -> io::Result<Staged> {
    let parent = target.parent().unwrap_or(Path::new("."));
    let found = std::fs::metadata(target).map(|found| found.permissions());
    let new = match &change.after {
        None => None,
        Some(bytes) => {
            made.make(parent)?;
            let permissions = match &found {
                Ok(permissions) => permissions.clone(),
                Err(_) => Permissions::from_mode(0o644),
            };
            let mut builder = tempfile::Builder::new();
            let mut file = builder.permissions(permissions).tempfile_in(parent)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            Some(file.into_temp_path())
        }
    };
    let before = match found {
        Ok(_) => Some(NamedTempFile::new_in(parent)?.into_temp_path()),
        Err(_) => None,
    };
    Ok(Staged {
        target: target.to_owned(),
        new,
        before,
    })
}

/// A file that was exchanged, and what was there before; it is deleted in the end.
struct Exchanged {
    target: PathBuf,
    before: Option<TempPath>,
}

fn exchange(staged: Staged) -> io::Result<Exchanged> {
    let Staged {
        target,
        new,
        before,
    } = staged;
    if let Some(before) = &before {
        std::fs::rename(&target, before)?;
    }
    let exchanged = Exchanged { target, before };
    if let Some(new) = new
        && let Err(error) = new.persist(&exchanged.target)
    {
        undo(exchanged);
        return Err(error.error);
    }
    Ok(exchanged)
}

fn undo(exchanged: Exchanged) {
    // What fails here is not worse than leaving the new file.
    let _ = match exchanged.before {
        Some(before) => before
            .persist(&exchanged.target)
            .map_err(|error| error.error),
        None => std::fs::remove_file(&exchanged.target),
    };
}

/// Directories that were made; removed again unless the update succeeds.
#[derive(Default)]
struct MadeDirectories(Vec<PathBuf>);

impl MadeDirectories {
    fn make(&mut self, directory: &Path) -> io::Result<()> {
        let missing = directory.ancestors().take_while(|one| !one.exists());
        let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        for one in missing.into_iter().rev() {
            std::fs::create_dir(&one)?;
            self.0.push(one);
        }
        Ok(())
    }
}

impl Drop for MadeDirectories {
    fn drop(&mut self) {
        for directory in self.0.iter().rev() {
            let _ = std::fs::remove_dir(directory);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;

    fn change(path: &str, after: Option<&str>) -> FileChange {
        FileChange {
            path: path.to_owned(),
            before: None,
            after: after.map(|text| text.as_bytes().to_vec()),
        }
    }

    fn tree(directory: &Path) -> BTreeMap<PathBuf, Option<String>> {
        let mut found = BTreeMap::new();
        let mut directories = vec![directory.to_owned()];
        while let Some(one) = directories.pop() {
            for entry in fs::read_dir(one).expect("readable") {
                let path = entry.expect("an entry").path();
                let text = path
                    .is_file()
                    .then(|| fs::read_to_string(&path).expect("a text"));
                if path.is_dir() {
                    directories.push(path.clone());
                }
                found.insert(path, text);
            }
        }
        found
    }

    #[test]
    fn all_changes_are_written_or_none() {
        let place = tempfile::tempdir().expect("a place");
        let directory = place.path();
        fs::write(directory.join("changed"), "old").expect("written");
        fs::write(directory.join("removed"), "old").expect("written");
        fs::create_dir_all(directory.join("full/inner")).expect("made");
        let before = tree(directory);
        let changes = [
            change("changed", Some("new")),
            change("a/b/added", Some("new")),
            change("removed", None),
        ];
        // One cannot be staged, because `changed` is no directory; one cannot be exchanged, because a
        // directory is in its place.
        for last in [
            change("changed/below", Some("new")),
            change("full", Some("new")),
        ] {
            let all = [&changes[..], &[last]].concat();
            let error = write(directory, &all).expect_err("an error").to_string();
            assert!(
                error.contains("changed/below") || error.contains("full"),
                "{error}"
            );
            assert_eq!(tree(directory), before);
        }
        write(directory, &changes).expect("written");
        let text = |file| fs::read_to_string(directory.join(file)).ok();
        assert_eq!(text("changed").as_deref(), Some("new"));
        assert_eq!(text("a/b/added").as_deref(), Some("new"));
        assert_eq!(text("removed"), None);
        // Nothing else is left behind.
        assert_eq!(tree(directory).len(), 6);
    }
}
