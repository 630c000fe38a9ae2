//! Runs of digits, in groups with single separators between them.

use crate::text::{Kind, Text};

/// A run of digits: `4111 1111-1111`, `(555) 010-0123`, `+351 912 345 678`.
#[derive(Debug)]
pub(super) struct Run {
    /// First byte, a leading `+` or `(` included.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Position of its first token.
    pub(super) token: usize,
    digits: [u8; MOST_DIGITS],
    count: u8,
    /// Digits of each group, in order.
    groups: [u8; MOST_GROUPS],
    group_count: u8,
    /// Whether it begins with `+`.
    pub(super) plus: bool,
    /// Whether a group stands in parentheses.
    pub(super) parentheses: bool,
    /// Whether `.`, `,` or `:` stand in a group: an amount, a time, a date.
    pub(super) punctuated: bool,
}

const MOST_DIGITS: usize = 24;
const MOST_GROUPS: usize = 8;

impl Run {
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..usize::from(self.count)]
    }

    pub(super) fn groups(&self) -> &[u8] {
        &self.groups[..usize::from(self.group_count)]
    }

    fn push(&mut self, written: &str) -> bool {
        let length = written.bytes().filter(u8::is_ascii_digit).count();
        if usize::from(self.count) + length > MOST_DIGITS
            || usize::from(self.group_count) >= MOST_GROUPS
        {
            return false;
        }
        for byte in written.bytes() {
            if byte.is_ascii_digit() {
                self.digits[usize::from(self.count)] = byte - b'0';
                self.count += 1;
            } else {
                self.punctuated = true;
            }
        }
        self.groups[usize::from(self.group_count)] = length as u8;
        self.group_count += 1;
        true
    }
}

/// All runs of a text.
pub(super) fn all(text: &Text<'_>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(token) = text.tokens.get(at) {
        if token.kind != Kind::Number {
            at += 1;
            continue;
        }
        let mut run = Run {
            start: token.start,
            end: token.end,
            token: at,
            digits: [0; MOST_DIGITS],
            count: 0,
            groups: [0; MOST_GROUPS],
            group_count: 0,
            plus: false,
            parentheses: false,
            punctuated: false,
        };
        if text.before(run.start) == b'(' {
            run.start -= 1;
            run.parentheses = true;
        }
        if text.before(run.start) == b'+' {
            run.start -= 1;
            run.plus = true;
        }
        let mut whole = true;
        while let Some(next) = text.tokens.get(at) {
            if next.kind != Kind::Number
                || (next.start != run.start
                    && !joined(text, run.end, next.start, &mut run.parentheses)
                    && at != run.token)
            {
                break;
            }
            whole &= run.push(text.written(next));
            run.end = next.end;
            at += 1;
        }
        if whole {
            runs.push(run);
        }
    }
    runs
}

/// Whether two groups belong together: at most two separators in between.
fn joined(text: &Text<'_>, end: u32, start: u32, parentheses: &mut bool) -> bool {
    let Some(between) = text.source.get(end as usize..start as usize) else {
        return false;
    };
    if between.contains(['(', ')']) {
        *parentheses = true;
    }
    matches!(
        between,
        " " | "-"
            | "."
            | "/"
            | ") "
            | " ("
            | ")"
            | "("
            | "\u{a0}"
            | "\u{2011}"
            | "\u{2013}"
            | ")-"
            | " - "
    )
}
