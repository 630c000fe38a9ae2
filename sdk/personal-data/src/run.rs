//! Groups of digits, and what stands between them.

use std::ops::Range;

/// Digits without anything between them.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) bytes: Range<usize>,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Values of its digits.
    pub(crate) fn digits<'a>(&self, text: &'a str) -> impl Iterator<Item = u8> + use<'a> {
        text.as_bytes()[self.bytes.clone()]
            .iter()
            .map(|byte| byte - b'0')
    }
}

/// Every group of a text in plain digits, in order.
pub(crate) fn groups(text: &str) -> Vec<Group> {
    let bytes = text.as_bytes();
    let mut groups = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        groups.push(Group { bytes: start..at });
    }
    groups
}

/// Text between two groups that follow each other.
pub(crate) fn between<'a>(text: &'a str, one: &Group, next: &Group) -> &'a str {
    text.get(one.bytes.end..next.bytes.start).unwrap_or("")
}

/// Values of the digits of several groups.
pub(crate) fn digits(text: &str, groups: &[Group]) -> Vec<u8> {
    groups.iter().flat_map(|group| group.digits(text)).collect()
}

/// Where a decimal number begins of which a group is the fraction: one of `0`, or after a point one of
/// up to three digits. "1.2.3" has none.
pub(crate) fn fraction_start(text: &str, group: &Group) -> Option<usize> {
    let before = &text[..group.bytes.start];
    let whole = before.strip_suffix(['.', ','])?;
    let rest = whole.trim_end_matches(|it: char| it.is_ascii_digit());
    let digits = &whole[rest.len()..];
    let is_whole = digits == "0" || (before.ends_with('.') && (1..=3).contains(&digits.len()));
    let is_alone = !rest.ends_with(|it: char| matches!(it, '.' | ',') || it.is_alphanumeric());
    (is_whole && is_alone).then_some(rest.len())
}
