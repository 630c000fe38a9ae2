//! Waits for a change of a pack's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_millis(300);
/// Files that are looked at, at most.
const FILES: usize = 20_000;
/// Levels of directories.
const LEVELS: u32 = 16;

/// Directories that builds and package managers write.
const WRITTEN: [&str; 4] = ["target", "dist", "node_modules", "__pycache__"];

/// Size and time of the files of a directory, without hidden files and [`WRITTEN`] directories.
/// Links are not followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileState {
    directory: PathBuf,
    files: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl FileState {
    pub(super) fn read(directory: &Path) -> FileState {
        let mut files = BTreeMap::new();
        collect(directory, LEVELS, &mut files);
        FileState {
            directory: directory.to_owned(),
            files,
        }
    }

    /// Returns once the files differ from this state and have stayed the same for a moment: an
    /// editor may write several.
    pub(super) fn wait_for_change(&self) {
        loop {
            std::thread::sleep(INTERVAL);
            let now = FileState::read(&self.directory);
            if now == *self {
                continue;
            }
            let mut last = now;
            loop {
                std::thread::sleep(INTERVAL);
                let now = FileState::read(&self.directory);
                if now == last {
                    return;
                }
                last = now;
            }
        }
    }
}

fn collect(
    directory: &Path,
    levels: u32,
    files: &mut BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        let is_written = WRITTEN.iter().any(|written| name == *written);
        let (Ok(about), false) = (entry.metadata(), is_hidden || is_written) else {
            continue;
        };
        if about.is_dir() && levels > 0 {
            collect(&entry.path(), levels - 1, files);
        } else if files.len() < FILES {
            files.insert(entry.path(), (about.len(), about.modified().ok()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_case_is_a_change_and_build_output_is_none() {
        let place = tempfile::tempdir().expect("a directory");
        let write = |path: &str, text: &str| {
            let path = place.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        };
        write("cases/a.json", "{}");
        let before = FileState::read(place.path());
        write("target/release/x.wasm", "built");
        write("dist/x.wasm", "built");
        write("node_modules/esbuild/package.json", "{}");
        write(".git/index", "x");
        assert_eq!(FileState::read(place.path()), before);
        write("cases/a.json", "{ }");
        assert_ne!(FileState::read(place.path()), before);
    }
}
