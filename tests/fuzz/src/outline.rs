//! The parts of a text in a notation with quotes, brackets and lines, such as JSON
//! and TOML. A mutation that exchanges whole parts makes inputs that parsers accept
//! often enough for the rules behind the syntax to be reached.

use std::ops::Range;

/// Longest text that is divided.
const LONGEST: usize = 64 << 10;

/// What a part is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// A string with its quotes, a number or a word.
    Token,
    /// From a bracket to the one that closes it.
    Group,
    /// An element of a group, with the comma that divides it from its neighbour.
    Member,
    /// With its line feed.
    Line,
}

/// The parts of a text, in the order of their ends.
#[derive(Default)]
pub(crate) struct Outline {
    tokens: Vec<Range<usize>>,
    groups: Vec<Range<usize>>,
    members: Vec<Range<usize>>,
    lines: Vec<Range<usize>>,
}

/// A group that is not closed yet.
struct Open {
    at: usize,
    member: usize,
    members: usize,
}

impl Outline {
    /// Divides a text. One that is longer than 64 KiB has no parts.
    pub(crate) fn of(text: &[u8]) -> Outline {
        let mut outline = Outline::default();
        if text.len() > LONGEST {
            return outline;
        }
        outline.add_lines(text);
        let mut open: Vec<Open> = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let length = match text[at] {
                b'"' => string_length(&text[at..]),
                byte if is_word(byte) => {
                    text[at..].iter().take_while(|byte| is_word(**byte)).count()
                }
                _ => 0,
            };
            if length > 0 {
                outline.tokens.push(at..at + length);
                at += length;
                continue;
            }
            match (text[at], open.last_mut()) {
                (b'{' | b'[', _) => open.push(Open {
                    at,
                    member: at + 1,
                    members: 0,
                }),
                (b',', Some(group)) => {
                    outline.members.push(group.member..at + 1);
                    group.member = at + 1;
                    group.members += 1;
                }
                (b'}' | b']', Some(_)) => outline.close(&mut open, at),
                _ => {}
            }
            at += 1;
        }
        outline
    }

    fn close(&mut self, open: &mut Vec<Open>, at: usize) {
        let Some(group) = open.pop() else { return };
        // The last of several takes the comma before it.
        let start = group.member - usize::from(group.members > 0);
        if start < at {
            self.members.push(start..at);
        }
        self.groups.push(group.at..at + 1);
    }

    fn add_lines(&mut self, text: &[u8]) {
        let mut start = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.lines.push(start..start + line.len());
            start += line.len();
        }
    }

    /// One of the parts, by a number modulo their count; `None` if there is none.
    pub(crate) fn part(&self, part: Part, number: usize) -> Option<Range<usize>> {
        let all = match part {
            Part::Token => &self.tokens,
            Part::Group => &self.groups,
            Part::Member => &self.members,
            Part::Line => &self.lines,
        };
        match all.len() {
            0 => None,
            count => Some(all[number % count].clone()),
        }
    }
}

/// The part without the comma at its beginning or end.
pub(crate) fn without_comma(text: &[u8], part: Range<usize>) -> Range<usize> {
    let bytes = &text[part.clone()];
    let first = usize::from(bytes.starts_with(b","));
    let last = usize::from(first == 0 && bytes.ends_with(b","));
    part.start + first..part.end - last
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+')
}

/// Length with both quotes; 0 without the second one.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            b'\n' => return 0,
            _ => at += 1,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, part: Part, count: usize) -> Vec<&str> {
        let outline = Outline::of(text.as_bytes());
        let parts = (0..count).filter_map(|number| outline.part(part, number));
        parts.map(|range| &text[range]).collect()
    }

    #[test]
    fn a_document_is_divided_into_its_parts() {
        let text = "{\"a,{\": [1, true],\n\"\\\"\": \"\"}";
        let tokens = texts(text, Part::Token, 5);
        assert_eq!(tokens, ["\"a,{\"", "1", "true", "\"\\\"\"", "\"\""]);
        let groups = texts(text, Part::Group, 2);
        assert_eq!(groups, ["[1, true]", text]);
        let members = texts(text, Part::Member, 4);
        let last = ",\n\"\\\"\": \"\"";
        assert_eq!(members, ["1,", ", true", "\"a,{\": [1, true],", last]);
        assert_eq!(
            texts(text, Part::Line, 2),
            ["{\"a,{\": [1, true],\n", "\"\\\"\": \"\"}"]
        );
    }

    #[test]
    fn brackets_that_do_not_match_divide_nothing() {
        let outline = Outline::of(b"]},\"a");
        assert_eq!(outline.part(Part::Group, 0), None);
        assert_eq!(outline.part(Part::Member, 0), None);
        assert_eq!(Outline::of(b"").part(Part::Line, 0), None);
    }
}
