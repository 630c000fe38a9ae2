//! Changes of files that the kernel reports (inotify on Linux; elsewhere none).

use std::collections::BTreeSet;
use std::path::PathBuf;

/// What changed since the last reading.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Names that were written, created, removed or renamed in watched
    /// directories.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Reports were lost: anything may have changed.
    pub(super) lost: bool,
}

#[cfg(target_os = "linux")]
pub(super) use linux::ChangeSignals;

#[cfg(not(target_os = "linux"))]
pub(super) use unsupported::ChangeSignals;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeSet, HashMap};
    use std::ffi::OsStr;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
    use rustix::io::Errno;

    use super::Changes;

    /// Directories watched at most; others are polled.
    const DIRECTORIES: usize = 8_192;
    /// Bytes read at once: some hundred reports.
    const BUFFER: usize = 16 << 10;

    /// The directories whose changes the kernel reports.
    #[derive(Debug)]
    pub(crate) struct ChangeSignals {
        /// Absent: the kernel reports nothing.
        inotify: Option<OwnedFd>,
        /// Directories by watch descriptor; several names may be one directory.
        names: HashMap<i32, BTreeSet<PathBuf>>,
        watched: BTreeSet<PathBuf>,
    }

    impl ChangeSignals {
        pub(crate) fn new() -> ChangeSignals {
            let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC);
            ChangeSignals {
                inotify: inotify
                    .inspect_err(|error| {
                        tracing::info!(%error, "the kernel reports no changes of files; company files are polled");
                    })
                    .ok(),
                names: HashMap::new(),
                watched: BTreeSet::new(),
            }
        }

        /// Have changes in a directory reported. Cheap for one that is watched
        /// already; one that cannot be watched is polled.
        pub(crate) fn watch(&mut self, directory: &Path) {
            let Some(inotify) = &self.inotify else {
                return;
            };
            if self.watched.contains(directory) || self.watched.len() >= DIRECTORIES {
                return;
            }
            let events = WatchFlags::MODIFY
                | WatchFlags::ATTRIB
                | WatchFlags::CLOSE_WRITE
                | WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MOVED_FROM
                | WatchFlags::MOVED_TO
                | WatchFlags::ONLYDIR;
            if let Ok(watch) = inotify::add_watch(inotify, directory, events) {
                let names = self.names.entry(watch).or_default();
                names.insert(directory.to_owned());
                self.watched.insert(directory.to_owned());
            }
        }

        /// Take the changes since the last call. Does not block.
        pub(crate) fn take(&mut self) -> Changes {
            let mut changes = Changes::default();
            let Some(inotify) = &self.inotify else {
                return changes;
            };
            let mut buffer = [MaybeUninit::uninit(); BUFFER];
            let mut reader = Reader::new(inotify, &mut buffer);
            loop {
                let event = match reader.next() {
                    Ok(event) => event,
                    Err(Errno::INTR) => continue,
                    Err(error) => {
                        changes.lost |= error != Errno::AGAIN;
                        return changes;
                    }
                };
                changes.lost |= event.events().contains(ReadFlags::QUEUE_OVERFLOW);
                if event.events().contains(ReadFlags::IGNORED) {
                    // The directory was removed; one of the same name is another.
                    for name in self.names.remove(&event.wd()).into_iter().flatten() {
                        self.watched.remove(&name);
                        changes.paths.insert(name);
                    }
                    continue;
                }
                let file = event
                    .file_name()
                    .map(|name| OsStr::from_bytes(name.to_bytes()));
                for directory in self.names.get(&event.wd()).into_iter().flatten() {
                    changes.paths.insert(match file {
                        Some(file) => directory.join(file),
                        None => directory.clone(),
                    });
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod unsupported {
    use std::path::Path;

    use super::Changes;

    /// Reports nothing.
    #[derive(Debug)]
    pub(crate) struct ChangeSignals;

    impl ChangeSignals {
        pub(crate) fn new() -> ChangeSignals {
            ChangeSignals
        }

        pub(crate) fn watch(&mut self, _directory: &Path) {}

        pub(crate) fn take(&mut self) -> Changes {
            Changes::default()
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn changes_in_watched_directories_are_reported_by_name() {
        let place = tempfile::tempdir().expect("a place");
        let mut signals = ChangeSignals::new();
        signals.watch(place.path());
        signals.watch(place.path());
        assert_eq!(signals.take().paths.len(), 0);
        fs::write(place.path().join("a.toml"), "a").expect("written");
        fs::write(place.path().join("b.toml~"), "b").expect("written");
        fs::rename(place.path().join("b.toml~"), place.path().join("b.toml")).expect("renamed");
        let changes = signals.take();
        for name in ["a.toml", "b.toml"] {
            assert!(
                changes.paths.contains(&place.path().join(name)),
                "{changes:?}"
            );
        }
        assert_eq!(signals.take().paths.len(), 0, "reported once");
    }
}
