//! One company file, from look to look.

use std::path::{Path, PathBuf};

use patchbay_engine::component::Digest;
use patchbay_generation::assemble::Assembler;

use super::content::{Content, Stamp};

/// Looks in a row at which a file must be missing before it counts as gone:
/// editors take a file away for a moment to put another in its place.
const MISSED: u32 = 2;

/// What is known of a file.
#[derive(Default)]
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
}

/// What a look found.
pub(super) enum Found {
    /// Nothing that has not been taken, or nothing that can be taken yet.
    Nothing,
    /// It is not there any more; said once.
    Gone,
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
        if self.candidate.is_none() && self.stamp.as_ref() == Some(&stamp) {
            return Found::Nothing;
        }
        // It may go while it is read; the next look sees that.
        let Ok(content) = Content::read(path, assembler) else {
            self.candidate = None;
            return Found::Nothing;
        };
        self.places.clone_from(&content.places);
        // Taken before what was read now could have changed again: a change in
        // between shows at the next look.
        self.stamp = Some(stamp);
        if self.taken == Some(content.digest) {
            self.candidate = None;
            return Found::Nothing;
        }
        if self.candidate != Some(content.digest) {
            self.candidate = Some(content.digest);
            return Found::Nothing;
        }
        self.candidate = None;
        self.before = self.taken;
        self.taken = Some(content.digest);
        Found::Changed(content)
    }
}
