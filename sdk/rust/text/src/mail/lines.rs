//! A mail as lines, each also in the form it is compared in.

use std::ops::Range;

use crate::words::fold_case;

/// Longest line that is compared with the forms of mail programs, in bytes; longer ones are prose.
const COMPARED_BYTES: usize = 400;

pub(super) struct Lines<'a> {
    text: &'a str,
    ranges: Vec<Range<usize>>,
    folded: Vec<String>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut ranges = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            ranges.push(start..start + line.len());
            start += line.len();
        }
        let folded = ranges
            .iter()
            .map(|range| match text[range.clone()].trim() {
                line if line.len() <= COMPARED_BYTES => fold_case(line),
                _ => String::new(),
            })
            .collect();
        Self {
            text,
            ranges,
            folded,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Bytes of a line, its line break included.
    pub(super) fn range(&self, line: usize) -> Range<usize> {
        self.ranges.get(line).cloned().unwrap_or(0..0)
    }

    /// A line as written, without the line break.
    pub(super) fn written(&self, line: usize) -> &'a str {
        self.text[self.range(line)].trim_end_matches(['\r', '\n'])
    }

    /// A line in lower case, without accents and outer blanks; empty past the end and for a line of
    /// more than 400 bytes.
    pub(super) fn folded(&self, line: usize) -> &str {
        self.folded.get(line).map_or("", String::as_str)
    }

    pub(super) fn is_blank(&self, line: usize) -> bool {
        self.written(line).trim().is_empty()
    }

    /// Whether a line is quoted: it begins with `>`.
    pub(super) fn is_quoted(&self, line: usize) -> bool {
        self.written(line).trim_start().starts_with('>')
    }

    /// The first line from here on that is not blank.
    pub(super) fn next_filled(&self, from: usize) -> Option<usize> {
        (from..self.len()).find(|line| !self.is_blank(*line))
    }
}
