//! Follows one company file across checks.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use patchbay_engine::component::Digest;
use patchbay_generations::assemble::Assembler;

use super::content::{Content, PlaceReadings, Stamp};

/// Checks in a row at which a file must be missing before it counts as removed:
/// editors remove a file for a moment to replace it.
const MISSED: u32 = 2;
/// Checks in a row at which a file must be unreadable before it is reported.
const UNREADABLE: u32 = 5;
/// Time until a content whose refusal may be temporary is applied again.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// The state of one company file.
#[derive(Clone, Default)]
pub(super) struct FileTracker {
    /// Stamp at the last reading.
    stamp: Option<Stamp>,
    /// Files and directories that it references.
    places: Vec<PathBuf>,
    /// Content of the last check, if it is new: applied once it is seen twice.
    candidate: Option<Digest>,
    /// The content that was reported last, and the one before.
    applied: Option<Digest>,
    before: Option<Digest>,
    /// Checks in a row at which the file was missing.
    missed: u32,
    /// Checks in a row at which the file could not be read.
    unreadable: u32,
    /// When the last content is reported again.
    retry_at: Option<Instant>,
}

/// The result of a check.
pub(super) enum FileChange {
    /// No change, or none that is confirmed yet.
    None,
    /// The file was removed. Reported once.
    Removed,
    /// The file, or something it references, cannot be read. Reported once.
    Unreadable(io::Error),
    /// The file can be read again and is unchanged.
    Readable,
    /// The same new content at two checks in a row. Counts as applied.
    Changed(Content),
}

impl FileTracker {
    /// A tracker that waits for nothing.
    #[cfg(test)]
    pub(super) fn settled() -> FileTracker {
        FileTracker {
            missed: MISSED,
            ..FileTracker::default()
        }
    }

    /// Mark a content as applied before the first check.
    pub(super) fn set_applied(&mut self, content: &Content) {
        self.applied = Some(content.digest);
        self.before = self.applied;
    }

    /// The content that was reported last was not applied: report it again.
    pub(super) fn set_not_applied(&mut self) {
        self.applied = self.before;
        self.candidate = None;
        self.stamp = None;
    }

    /// Report the last content again after [`RETRY_AFTER`].
    pub(super) fn retry_later(&mut self) {
        self.retry_at = Some(Instant::now() + RETRY_AFTER);
    }

    /// End the wait of [`FileTracker::retry_later`].
    pub(super) fn retry_now(&mut self) {
        self.retry_at = self.retry_at.map(|_| Instant::now());
    }

    /// Files and directories that the file references, as of the last reading.
    pub(super) fn places(&self) -> &[PathBuf] {
        &self.places
    }

    /// Whether the next round must check the file whether or not it changes: a
    /// new content awaits its second look, or a failure its repetition.
    pub(super) fn is_pending(&self) -> bool {
        self.candidate.is_some()
            || (self.missed == 0 && self.stamp.is_none())
            || (1..MISSED).contains(&self.missed)
            || (1..UNREADABLE).contains(&self.unreadable)
            || self.retry_at.is_some_and(|at| at <= Instant::now())
    }

    /// Check the file once. Blocks.
    pub(super) fn check(
        &mut self,
        path: &Path,
        assembler: &Assembler,
        round: &mut PlaceReadings,
    ) -> FileChange {
        let Some(stamp) = Stamp::of(path, &self.places, round) else {
            self.missed = self.missed.saturating_add(1);
            self.candidate = None;
            self.stamp = None;
            return match self.missed == MISSED {
                true => FileChange::Removed,
                false => FileChange::None,
            };
        };
        self.missed = 0;
        if self.retry_at.is_some_and(|at| at <= Instant::now()) {
            self.retry_at = None;
            self.set_not_applied();
        }
        if self.candidate.is_none() && self.stamp.as_ref() == Some(&stamp) {
            return FileChange::None;
        }
        // If the file is removed during reading, the next check notices.
        let content = match Content::read(path, assembler, round) {
            Ok(content) => content,
            Err(error) => return self.read_failed(error),
        };
        let was_reported = self.unreadable >= UNREADABLE;
        self.unreadable = 0;
        self.places.clone_from(&content.places);
        // The stamp is older than the content: a change in between shows at the
        // next check.
        self.stamp = Some(stamp);
        if self.applied == Some(content.digest) {
            self.candidate = None;
            return match was_reported {
                true => FileChange::Readable,
                false => FileChange::None,
            };
        }
        if self.candidate != Some(content.digest) {
            self.candidate = Some(content.digest);
            return FileChange::None;
        }
        self.candidate = None;
        self.retry_at = None;
        self.before = self.applied;
        self.applied = Some(content.digest);
        FileChange::Changed(content)
    }

    fn read_failed(&mut self, error: io::Error) -> FileChange {
        self.candidate = None;
        self.unreadable = self.unreadable.saturating_add(1);
        match self.unreadable == UNREADABLE {
            true => FileChange::Unreadable(error),
            false => FileChange::None,
        }
    }
}
