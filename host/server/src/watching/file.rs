//! One company file, from look to look.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use patchbay_engine::component::Digest;
use patchbay_generation::assemble::Assembler;

use super::content::{Content, Stamp};

/// Looks in a row at which a file must be missing before it counts as gone:
/// editors take a file away for a moment to put another in its place.
const MISSED: u32 = 2;
/// Looks in a row at which it cannot be read before that is told.
const UNREAD: u32 = 5;
/// After which time what may pass is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// What is known of a file.
#[derive(Clone, Default)]
pub(super) struct File {
    /// What was there when it was last read.
    stamp: Option<Stamp>,
    /// Where what it names is.
    places: Vec<PathBuf>,
    /// What the last look found that was not taken yet.
    candidate: Option<Digest>,
    /// What was taken last, and before that.
    taken: Option<Digest>,
    before: Option<Digest>,
    missed: u32,
    /// Looks in a row at which it could not be read.
    unread: u32,
    /// When what was taken last is tried again.
    again: Option<Instant>,
}

/// What a look found.
pub(super) enum Found {
    /// Nothing that has not been taken, or nothing that can be taken yet.
    Nothing,
    /// It is not there any more; said once.
    Gone,
    /// It, or something it names, cannot be read; said once.
    Unreadable(io::Error),
    /// It can be read again, and is what it was.
    Readable,
    /// Something else than before, twice in a row. It counts as taken.
    Changed(Content),
}

impl File {
    /// This was taken before anybody looked.
    pub(super) fn was_taken(&mut self, content: &Content) {
        self.taken = Some(content.digest);
        self.before = self.taken;
    }

    /// What was found last was not taken after all: it changed meanwhile.
    pub(super) fn is_not_taken(&mut self) {
        self.taken = self.before;
        self.candidate = None;
        self.stamp = None;
    }

    /// What was taken last is tried again after a while.
    pub(super) fn try_again(&mut self) {
        self.again = Some(Instant::now() + AGAIN);
    }

    /// The same, and the while is over.
    #[cfg(test)]
    pub(super) fn hurry(&mut self) {
        self.again = self.again.map(|_| Instant::now());
    }

    /// Look once.
    pub(super) fn look(&mut self, path: &Path, assembler: &Assembler) -> Found {
        let Some(stamp) = Stamp::of(path, &self.places) else {
            self.missed = self.missed.saturating_add(1);
            self.candidate = None;
            self.stamp = None;
            return match self.missed == MISSED {
                true => Found::Gone,
                false => Found::Nothing,
            };
        };
        self.missed = 0;
        if self.again.is_some_and(|at| at <= Instant::now()) {
            self.again = None;
            self.is_not_taken();
        }
        if self.candidate.is_none() && self.stamp.as_ref() == Some(&stamp) {
            return Found::Nothing;
        }
        // It may go while it is read; the next look sees that.
        let content = match Content::read(path, assembler) {
            Ok(content) => content,
            Err(error) => return self.not_read(error),
        };
        let was_told = self.unread >= UNREAD;
        self.unread = 0;
        self.places.clone_from(&content.places);
        // Taken before what was read now could have changed again: a change in
        // between shows at the next look.
        self.stamp = Some(stamp);
        if self.taken == Some(content.digest) {
            self.candidate = None;
            return match was_told {
                true => Found::Readable,
                false => Found::Nothing,
            };
        }
        if self.candidate != Some(content.digest) {
            self.candidate = Some(content.digest);
            return Found::Nothing;
        }
        self.candidate = None;
        self.again = None;
        self.before = self.taken;
        self.taken = Some(content.digest);
        Found::Changed(content)
    }

    fn not_read(&mut self, error: io::Error) -> Found {
        self.candidate = None;
        self.unread = self.unread.saturating_add(1);
        match self.unread == UNREAD {
            true => Found::Unreadable(error),
            false => Found::Nothing,
        }
    }
}
