//! A text made from another one, with the place of each part in the original.

use std::borrow::Cow;
use std::ops::Range;

/// A text made from another one. [`source_range`](Self::source_range) maps bytes of it to the
/// original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten<'a> {
    text: Cow<'a, str>,
    /// In order; empty where nothing changed.
    pieces: Vec<Piece>,
}

/// A part of the new text that begins at `at`, and the part of the original it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    at: usize,
    source: Range<usize>,
    /// Whether it is the original byte for byte.
    copied: bool,
}

impl<'a> Rewritten<'a> {
    /// A text that is its own original.
    pub fn unchanged(text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            pieces: Vec::new(),
        }
    }

    /// The new text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the new text is the original.
    pub fn is_unchanged(&self) -> bool {
        self.pieces.is_empty() && matches!(self.text, Cow::Borrowed(_))
    }

    /// The same with a text of its own.
    pub fn into_owned(self) -> Rewritten<'static> {
        Rewritten {
            text: Cow::Owned(self.text.into_owned()),
            pieces: self.pieces,
        }
    }

    /// Bytes of the original that a range of the new text stands for. A range inside a replaced part
    /// gives the whole part. Both ends are on character boundaries when those of `range` are.
    pub fn source_range(&self, range: Range<usize>) -> Range<usize> {
        if self.pieces.is_empty() {
            return range;
        }
        let start = self.piece(range.start).map_or(0, |piece| {
            if piece.copied {
                (piece.source.start + (range.start - piece.at)).min(piece.source.end)
            } else {
                piece.source.start
            }
        });
        if range.is_empty() {
            return start..start;
        }
        let end = self.piece(range.end - 1).map_or(start, |piece| {
            if piece.copied {
                (piece.source.start + (range.end - piece.at)).min(piece.source.end)
            } else {
                piece.source.end
            }
        });
        start..end.max(start)
    }

    /// The parts of the text in these ranges, which are in order, apart and on character boundaries.
    pub fn keep(&self, ranges: &[Range<usize>]) -> Rewritten<'a> {
        let whole = std::slice::from_ref(&(0..self.text.len())) == ranges;
        if whole {
            return self.clone();
        }
        let mut text = String::with_capacity(self.text.len());
        let mut pieces: Vec<Piece> = Vec::new();
        for range in ranges {
            let mut at = range.start;
            while at < range.end {
                let (source, copied, end) = match self.piece(at) {
                    None => (at..range.end, true, range.end),
                    Some(piece) => {
                        let next = self.pieces.partition_point(|piece| piece.at <= at);
                        let end = self.pieces.get(next).map_or(self.text.len(), |it| it.at);
                        let end = end.min(range.end);
                        (self.source_range(at..end), piece.copied, end)
                    }
                };
                pieces.push(Piece {
                    at: text.len(),
                    source,
                    copied,
                });
                text.push_str(self.text.get(at..end).unwrap_or(""));
                at = end;
            }
        }
        Rewritten {
            text: Cow::Owned(text),
            pieces,
        }
    }

    /// The last piece that begins at a byte or before it.
    fn piece(&self, at: usize) -> Option<&Piece> {
        let next = self.pieces.partition_point(|piece| piece.at <= at);
        self.pieces.get(next.checked_sub(1)?)
    }
}

/// Builds a [`Rewritten`] from front to back: copy, replace or leave out the next part of the
/// original.
#[derive(Debug)]
pub struct Rewriter<'a> {
    source: &'a str,
    text: String,
    pieces: Vec<Piece>,
    changed: bool,
}

impl<'a> Rewriter<'a> {
    /// Starts with an empty text.
    pub fn new(source: &'a str) -> Self {
        Self {
            source,
            text: String::with_capacity(source.len()),
            pieces: Vec::new(),
            changed: false,
        }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Copies bytes of the original, which must be on character boundaries; others copy nothing.
    pub fn copy(&mut self, range: Range<usize>) {
        let Some(part) = self.source.get(range.clone()).filter(|it| !it.is_empty()) else {
            return;
        };
        match self.pieces.last_mut() {
            Some(last) if last.copied && last.source.end == range.start => {
                last.source.end = range.end;
            }
            _ => self.pieces.push(Piece {
                at: self.text.len(),
                source: range,
                copied: true,
            }),
        }
        self.text.push_str(part);
    }

    /// Writes other text for bytes of the original.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        self.changed = true;
        if !with.is_empty() {
            self.pieces.push(Piece {
                at: self.text.len(),
                source: range,
                copied: false,
            });
            self.text.push_str(with);
        }
    }

    /// The new text; borrows the original where every byte of it was copied.
    pub fn finish(self) -> Rewritten<'a> {
        if !self.changed && self.text.len() == self.source.len() {
            return Rewritten::unchanged(self.source);
        }
        Rewritten {
            text: Cow::Owned(self.text),
            pieces: self.pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_the_new_text_is_mapped_to_the_original() {
        let mut rewriter = Rewriter::new("ab--cdéf");
        rewriter.copy(0..2);
        rewriter.replace(2..4, "");
        rewriter.copy(4..6);
        rewriter.replace(6..8, "e");
        rewriter.copy(8..9);
        let new = rewriter.finish();
        assert_eq!(new.text(), "abcdef");
        assert_eq!(new.source_range(0..2), 0..2);
        assert_eq!(new.source_range(1..3), 1..5);
        assert_eq!(new.source_range(4..5), 6..8);
        assert_eq!(new.source_range(0..6), 0..9);
    }

    #[test]
    fn parts_of_a_new_text_keep_their_places() {
        let mut rewriter = Rewriter::new("one &amp; two");
        rewriter.copy(0..4);
        rewriter.replace(4..9, "&");
        rewriter.copy(9..13);
        let kept = rewriter.finish().keep(&[2..5, 7..9]);
        assert_eq!(kept.text(), "e &wo");
        assert_eq!(kept.source_range(2..3), 4..9);
        assert_eq!(kept.source_range(0..2), 2..4);
        assert_eq!(kept.source_range(3..5), 11..13);
        let plain = Rewritten::unchanged("a b c").keep(&[2..3, 3..5]);
        assert_eq!((plain.text(), plain.source_range(2..3)), ("b c", 4..5));
    }

    #[test]
    fn a_text_copied_whole_is_the_original() {
        let mut rewriter = Rewriter::new("abc");
        rewriter.copy(0..1);
        rewriter.copy(1..3);
        assert!(rewriter.finish().is_unchanged());
    }
}
