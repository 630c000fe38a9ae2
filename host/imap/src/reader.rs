//! Splits what a server sends into responses: lines, with their literals cut out
//! (RFC 9051, 4.3).

use crate::error::Violation;

/// Longest text of a response, without its literals.
const LINE_BYTES: usize = 64 << 10;
/// Most literals of a response.
const LITERALS: usize = 64;
/// Longest literal where the command asks for no mail.
pub(crate) const SHORT_LITERAL: usize = 64 << 10;
/// Stands behind `{n}` where a literal was cut out. No server may send it in a line.
pub(crate) const CUT: u8 = 0;

/// A response: its text, and its literals in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RawResponse {
    /// Without the end of the line; each literal is `{n}` and [`CUT`].
    pub(crate) text: Vec<u8>,
    pub(crate) literals: Vec<Vec<u8>>,
}

/// Collects bytes to responses.
#[derive(Debug, Default)]
pub(crate) struct ResponseReader {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are used.
    start: usize,
    /// Bytes behind `start` that contain no LF.
    searched: usize,
    partial: RawResponse,
    /// Bytes of the last literal that did not come yet.
    missing: usize,
}

impl ResponseReader {
    /// Takes bytes of the server.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether no byte waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.buffer.len() && self.partial == RawResponse::default()
    }

    /// The next response; `None`: it needs more bytes. A literal may have at most
    /// `literal_bytes` bytes.
    ///
    /// # Errors
    /// A bound is exceeded: the session must end.
    pub(crate) fn next(&mut self, literal_bytes: usize) -> Result<Option<RawResponse>, Violation> {
        loop {
            if self.missing > 0 && !self.fill_literal() {
                return Ok(None);
            }
            let Some(line) = self.line()? else {
                return Ok(None);
            };
            let literal = announced(&line).filter(|_| !is_status(&self.partial.text, &line));
            if self.partial.text.len() + line.len() > LINE_BYTES {
                return Err(Violation::LineTooLong);
            }
            self.partial.text.extend_from_slice(&line);
            let Some(length) = literal else {
                return Ok(Some(std::mem::take(&mut self.partial)));
            };
            if self.partial.literals.len() == LITERALS {
                return Err(Violation::TooManyLiterals);
            }
            match usize::try_from(length) {
                Ok(short) if short <= literal_bytes => self.missing = short,
                _ => return Err(Violation::LiteralTooLong(length)),
            }
            self.partial.text.push(CUT);
            self.partial.literals.push(Vec::new());
        }
    }

    /// Moves bytes to the literal. Returns whether it is whole.
    fn fill_literal(&mut self) -> bool {
        let waiting = &self.buffer[self.start..];
        let count = waiting.len().min(self.missing);
        if let Some(literal) = self.partial.literals.last_mut() {
            literal.extend_from_slice(&waiting[..count]);
        }
        self.start += count;
        self.missing -= count;
        self.missing == 0
    }

    /// A line without its end.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Violation> {
        let waiting = &self.buffer[self.start..];
        let unsearched = &waiting[self.searched..];
        let Some(end) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = waiting.len();
            return match self.searched > LINE_BYTES {
                true => Err(Violation::LineTooLong),
                false => Ok(None),
            };
        };
        let end = self.searched + end;
        let line = &waiting[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.contains(&CUT) {
            return Err(Violation::Syntax("a line contains NUL"));
        }
        let line = line.to_vec();
        self.start += end + 1;
        self.searched = 0;
        Ok(Some(line))
    }
}

/// The length of the literal that follows a line: `{n}` or, from a server that sends what
/// clients do, `{n+}` at its end.
fn announced(line: &[u8]) -> Option<u64> {
    let inside = line.strip_suffix(b"}")?;
    let open = inside.iter().rposition(|byte| *byte == b'{')?;
    let digits = &inside[open + 1..];
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Too long for a number is longer than each bound.
    let digits = std::str::from_utf8(digits).ok()?;
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Whether a response is a status, whose end is text for people: braces there announce
/// nothing.
fn is_status(before: &[u8], line: &[u8]) -> bool {
    if !before.is_empty() {
        return false;
    }
    let mut words = line.split(|byte| *byte == b' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let is = |name: &[u8]| second.eq_ignore_ascii_case(name);
    first == b"+"
        || first != b"*"
        || [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
            .iter()
            .any(|it| is(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The responses, and the violation that ends them.
    fn read(bytes: &[u8], size: usize, most: usize) -> (Vec<RawResponse>, Option<Violation>) {
        let (mut reader, mut all) = (ResponseReader::default(), Vec::new());
        for piece in bytes.chunks(size) {
            reader.feed(piece);
            loop {
                match reader.next(most) {
                    Ok(Some(response)) => all.push(response),
                    Ok(None) => break,
                    Err(violation) => return (all, Some(violation)),
                }
            }
        }
        (all, None)
    }

    #[test]
    fn responses_are_the_same_in_whatever_pieces_they_come() {
        let bytes = b"* OK ready {3}\r\n* 1 FETCH (UID 7 BODY[]<0> {5}\r\na\r\nb} X {0}\r\n)\r\n+ go {9}\r\na1 OK done {7}\n";
        let expected = [
            (&b"* OK ready {3}"[..], vec![]),
            (
                b"* 1 FETCH (UID 7 BODY[]<0> {5}\0 X {0}\0)",
                vec![b"a\r\nb}".to_vec(), Vec::new()],
            ),
            (b"+ go {9}", vec![]),
            (b"a1 OK done {7}", vec![]),
        ];
        for size in [1, 2, 3, 7, bytes.len()] {
            let (all, violation) = read(bytes, size, 5);
            assert_eq!(violation, None);
            let all: Vec<_> = all
                .iter()
                .map(|it| (&it.text[..], it.literals.clone()))
                .collect();
            assert_eq!(all, expected, "{size}");
        }
    }

    #[test]
    fn what_is_longer_than_a_bound_is_refused_before_it_is_read() {
        let long = |length: &str| format!("* 1 FETCH (BODY[] {{{length}}}\r\n");
        for (length, shown) in [
            ("6", 6),
            ("4294967296", 4_294_967_296),
            ("99999999999999999999999", u64::MAX),
        ] {
            let (all, violation) = read(long(length).as_bytes(), 10, 5);
            assert_eq!(
                (all.len(), violation),
                (0, Some(Violation::LiteralTooLong(shown)))
            );
        }
        let line = [b"* ".as_slice(), &vec![b'a'; LINE_BYTES + 1]].concat();
        assert_eq!(read(&line, 4096, 5).1, Some(Violation::LineTooLong));
        let pieces = "a{1}\r\nb".repeat(LITERALS + 1);
        let many = format!("* 1 FETCH ({pieces}");
        assert_eq!(
            read(many.as_bytes(), 100, 5).1,
            Some(Violation::TooManyLiterals)
        );
        let text = format!("{}{{1}}\r\nb", "a".repeat(LINE_BYTES / 2)).repeat(3);
        let parts = format!("* 1 FETCH ({text}");
        assert_eq!(
            read(parts.as_bytes(), 4096, 5).1,
            Some(Violation::LineTooLong)
        );
        let nul = Violation::Syntax("a line contains NUL");
        assert_eq!(read(b"* 1 FETCH {1}\0\r\n", 9, 5).1, Some(nul));
    }

    #[test]
    fn only_a_number_in_braces_announces_a_literal() {
        for text in ["{}", "{a}", "{1}x", "1}", "{-1}", "{1-}", "{1 }"] {
            let line = format!("* X {text}\r\n");
            let (all, violation) = read(line.as_bytes(), 3, 5);
            assert_eq!((all.len(), violation), (1, None), "{text}");
        }
    }
}
