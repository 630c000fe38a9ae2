//! Runs of digits, in groups with single separators between them: `4111 1111-1111`,
//! `(555) 010-0123`, `+351 912 345 678`.

use std::ops::Range;

const MAX_DIGITS: usize = 24;
const MAX_GROUPS: usize = 8;

/// A run of at most 24 digits in at most 8 groups.
#[derive(Debug)]
pub(crate) struct Run {
    /// Where it stands, a leading `+` or `(` included.
    pub(crate) bytes: Range<usize>,
    /// First byte of its first digit.
    pub(crate) first_digit: usize,
    pub(crate) digits: Vec<u8>,
    /// Digits of each group, in order.
    pub(crate) groups: Vec<usize>,
    /// Whether it begins with `+`.
    pub(crate) plus: bool,
    /// Whether a parenthesis stands in it, or between it and the next number.
    pub(crate) parentheses: bool,
    /// Whether `.`, `,` or `:` stand in a group: an amount, a time, a date.
    pub(crate) punctuated: bool,
}

/// Every run, from the bytes of each token of digits.
pub(crate) fn runs(text: &str, numbers: impl IntoIterator<Item = Range<usize>>) -> Vec<Run> {
    let mut numbers = numbers.into_iter().peekable();
    let mut runs = Vec::new();
    while let Some(number) = numbers.next() {
        let before = &text[..number.start];
        let outside = before.strip_suffix('(').unwrap_or(before);
        let start = outside.strip_suffix('+').unwrap_or(outside);
        let mut run = Run {
            bytes: start.len()..number.end,
            first_digit: number.start,
            digits: Vec::with_capacity(MAX_DIGITS),
            groups: Vec::with_capacity(MAX_GROUPS),
            plus: start.len() < outside.len(),
            parentheses: outside.len() < before.len(),
            punctuated: false,
        };
        run.push(&text[number]);
        while let Some(next) = numbers.peek() {
            let between = &text[run.bytes.end..next.start];
            run.parentheses |= between.contains(['(', ')']);
            if !is_separator(between) {
                break;
            }
            run.push(&text[next.clone()]);
            run.bytes.end = next.end;
            numbers.next();
        }
        if run.digits.len() <= MAX_DIGITS && run.groups.len() <= MAX_GROUPS {
            runs.push(run);
        }
    }
    runs
}

impl Run {
    fn push(&mut self, group: &str) {
        let digits = group.bytes().filter(u8::is_ascii_digit);
        let before = self.digits.len();
        self.digits.extend(digits.map(|digit| digit - b'0'));
        let added = self.digits.len() - before;
        self.groups.push(added);
        self.punctuated |= added < group.len();
    }
}

/// Whether two groups with this between them belong together.
fn is_separator(between: &str) -> bool {
    matches!(
        between,
        " " | "-"
            | "."
            | "/"
            | "("
            | ")"
            | ") "
            | " ("
            | ")-"
            | " - "
            | "\u{a0}"
            | "\u{2011}"
            | "\u{2013}"
    )
}
