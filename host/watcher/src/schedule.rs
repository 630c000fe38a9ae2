//! Which files a round checks: those that the kernel reported, those that await
//! another look, and in turn a share of all, for changes that nothing reports.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::change_signals::{ChangeSignals, Changes};
use super::content::DEPTH;
use super::file_tracker::FileTracker;

/// Files polled in one round. Up to so many, each is polled every second.
const POLLED: usize = 200;
/// Files looked at for the first time in one round.
const NEW: usize = 500;
/// How often directories of many company files are listed without a report.
const LIST_INTERVAL: Duration = Duration::from_secs(10);

/// Plans the rounds.
pub(super) struct Schedule {
    signals: ChangeSignals,
    /// Company files that exist, as of the last listing.
    named: BTreeSet<PathBuf>,
    listed: Option<Instant>,
    /// The last file that was polled.
    polled: Option<PathBuf>,
    /// Places whose directories are watched.
    places: BTreeSet<PathBuf>,
}

impl Schedule {
    pub(super) fn new() -> Schedule {
        Schedule {
            signals: ChangeSignals::new(),
            named: BTreeSet::new(),
            listed: None,
            polled: None,
            places: BTreeSet::new(),
        }
    }

    /// The files of the next round, those that probably changed first. `list`
    /// names the company files that exist.
    pub(super) fn due(
        &mut self,
        trackers: &BTreeMap<PathBuf, FileTracker>,
        list: impl FnOnce() -> Vec<PathBuf>,
    ) -> Vec<PathBuf> {
        let changes = self.signals.take();
        let is_few = trackers.len() <= POLLED;
        let must_list = is_few
            || changes.lost
            || changes
                .paths
                .iter()
                .any(|path| !trackers.contains_key(path))
            || self.listed.is_none_or(|at| at.elapsed() >= LIST_INTERVAL);
        if must_list {
            self.named = list().into_iter().collect();
            self.listed = Some(Instant::now());
        }
        let new = self
            .named
            .iter()
            .filter(|path| !trackers.contains_key(*path));
        let new = new.take(NEW).cloned();
        if is_few || changes.lost {
            return trackers.keys().cloned().chain(new).collect();
        }
        let changed = self.changed(trackers, &changes);
        let pending = trackers.iter().filter(|(_, tracker)| tracker.is_pending());
        let mut due: Vec<_> = changed
            .into_iter()
            .chain(pending.map(|(path, _)| path.clone()))
            .chain(new)
            .collect();
        due.extend(self.next_polled(trackers));
        let mut seen = BTreeSet::new();
        due.retain(|path| seen.insert(path.clone()));
        due
    }

    /// Files that the changes concern.
    fn changed(
        &self,
        trackers: &BTreeMap<PathBuf, FileTracker>,
        changes: &Changes,
    ) -> BTreeSet<PathBuf> {
        let mut changed = BTreeSet::new();
        let mut places = BTreeSet::new();
        for path in &changes.paths {
            if trackers.contains_key(path) {
                changed.insert(path.clone());
            } else if let Some(directory) = path.parent()
                && is_link_target(path)
            {
                // A mounted configuration swaps one link for all of its files.
                let within = trackers
                    .keys()
                    .filter(|file| file.parent() == Some(directory));
                changed.extend(within.cloned());
            }
            let within = |place: &&PathBuf| path.starts_with(place);
            places.extend(self.places.iter().filter(within));
        }
        if !places.is_empty() {
            let concerned =
                |tracker: &FileTracker| tracker.places().iter().any(|place| places.contains(place));
            let trackers = trackers.iter().filter(|(_, tracker)| concerned(tracker));
            changed.extend(trackers.map(|(path, _)| path.clone()));
        }
        changed
    }

    /// The next share of the files that are polled in turn.
    fn next_polled(&mut self, trackers: &BTreeMap<PathBuf, FileTracker>) -> Vec<PathBuf> {
        let after = match &self.polled {
            Some(path) => (Excluded(path.clone()), Unbounded),
            None => (Unbounded, Unbounded),
        };
        let next = trackers.range(after).take(POLLED);
        let next: Vec<_> = next.map(|(path, _)| path.clone()).collect();
        self.polled = match next.len() < POLLED {
            true => None,
            false => next.last().cloned(),
        };
        next
    }

    /// Have changes of these files, and of everything they reference, reported.
    pub(super) fn watch(&mut self, trackers: &BTreeMap<PathBuf, FileTracker>, files: &[PathBuf]) {
        for path in files {
            if let Some(directory) = path.parent() {
                self.signals.watch(directory);
            }
            let tracker = trackers.get(path);
            for place in tracker.into_iter().flat_map(FileTracker::places) {
                if self.places.insert(place.clone()) {
                    let is_deep = place.is_dir();
                    let directory = match is_deep {
                        true => Some(place.as_path()),
                        false => place.parent(),
                    };
                    if let Some(directory) = directory {
                        watch_all(&mut self.signals, directory, is_deep, DEPTH);
                    }
                }
            }
        }
    }
}

/// Watch a directory and those within, without hidden ones and `target`.
fn watch_all(signals: &mut ChangeSignals, directory: &Path, is_deep: bool, depth: usize) {
    signals.watch(directory);
    if !is_deep || depth == 0 {
        return;
    }
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory && !is_hidden && name != "target" {
            watch_all(signals, &entry.path(), true, depth - 1);
        }
    }
}

/// Whether a mounted configuration would name its present version so (`..data`).
fn is_link_target(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b"..")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Trackers of files that exist, and settle in one round.
    fn trackers(count: usize, directory: &Path) -> BTreeMap<PathBuf, FileTracker> {
        let name = |number| directory.join(format!("{number:05}.toml"));
        (0..count)
            .map(|number| (name(number), FileTracker::settled()))
            .collect()
    }

    #[test]
    fn a_few_files_are_all_polled_in_every_round() {
        let few = trackers(POLLED, Path::new("/none"));
        let mut schedule = Schedule::new();
        for _ in 0..3 {
            assert_eq!(schedule.due(&few, Vec::new).len(), POLLED);
        }
    }

    #[test]
    fn many_files_are_polled_in_turn_so_that_none_is_missed() {
        let many = trackers(POLLED * 5 + 1, Path::new("/none"));
        let mut schedule = Schedule::new();
        let mut seen = BTreeSet::new();
        for _ in 0..6 {
            let due = schedule.due(&many, Vec::new);
            assert!(due.len() <= POLLED, "{}", due.len());
            seen.extend(due);
        }
        assert_eq!(seen.len(), many.len());
    }

    #[test]
    fn new_files_are_taken_in_by_several_rounds() {
        let many = trackers(POLLED + 1, Path::new("/none"));
        let new: Vec<_> = (0..NEW + 10)
            .map(|n| PathBuf::from(format!("/new/{n}")))
            .collect();
        let mut schedule = Schedule::new();
        let due = schedule.due(&many, || new.clone());
        let taken = due.iter().filter(|path| path.starts_with("/new")).count();
        assert_eq!(taken, NEW);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_changed_file_among_many_is_due_at_once() {
        let place = tempfile::tempdir().expect("a place");
        let many = trackers(POLLED * 3, place.path());
        let mut schedule = Schedule::new();
        schedule.watch(&many, &many.keys().cloned().collect::<Vec<_>>());
        // The first turn of the poll is over when the file changes.
        schedule.due(&many, Vec::new);
        let changed = place.path().join("00001.toml");
        fs::write(&changed, "company = \"a\"").expect("written");
        let due = schedule.due(&many, Vec::new);
        assert_eq!(due.first(), Some(&changed));
        assert!(due.len() <= POLLED + 1);
        std::os::unix::fs::symlink("x", place.path().join("..data")).expect("linked");
        let due = schedule.due(&many, Vec::new);
        assert_eq!(due.len(), many.len(), "a swapped link concerns all files");
    }
}
