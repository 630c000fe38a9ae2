//! The content of a mail: the end of it, and dots that were added to its lines.

/// Where a byte stands in its line. A line ends with CRLF and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At its start.
    Start,
    /// Behind a dot at its start, which is not content.
    Dot,
    /// Behind that dot and a CR: with LF, the mail ends.
    DotCr,
    /// Inside.
    Inside,
    /// Behind a CR.
    Cr,
}

/// Reads the content that follows DATA (RFC 5321, 4.5.2), in whatever pieces it comes.
/// Only CRLF, a dot and CRLF end it: with a bare LF or CR around the dot, the mail goes
/// on, so no part of a mail can be another mail or a command.
#[derive(Debug)]
pub(crate) struct ContentReader {
    place: Place,
    content: Vec<u8>,
    /// Most bytes that are kept.
    limit: usize,
    /// Whether it is longer, or no company wants it: the rest is read and dropped.
    is_dropped: bool,
}

impl ContentReader {
    pub(crate) fn new(limit: usize) -> ContentReader {
        ContentReader {
            place: Place::Start,
            content: Vec::new(),
            limit,
            is_dropped: false,
        }
    }

    /// Drops what came and what will come.
    pub(crate) fn drop_content(&mut self) {
        self.content = Vec::new();
        self.is_dropped = true;
    }

    /// Whether the content was dropped.
    pub(crate) fn is_dropped(&self) -> bool {
        self.is_dropped
    }

    /// Reads bytes; the number of those that belong to the mail, if it ends there.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.place == Place::Inside {
                let rest = &bytes[at..];
                let end = rest.iter().position(|byte| *byte == b'\r');
                let end = end.unwrap_or(rest.len());
                self.add(&rest[..end]);
                at += end;
                if end < rest.len() {
                    self.add(b"\r");
                    self.place = Place::Cr;
                    at += 1;
                }
                continue;
            }
            at += 1;
            if self.place == Place::DotCr {
                if byte == b'\n' {
                    return Some(at);
                }
                self.add(b"\r");
                self.place = Place::Cr;
            }
            self.place = match (self.place, byte) {
                (Place::Start, b'.') => Place::Dot,
                (Place::Dot, b'\r') => Place::DotCr,
                (Place::Cr, b'\n') => {
                    self.add(b"\n");
                    Place::Start
                }
                (_, b'\r') => {
                    self.add(b"\r");
                    Place::Cr
                }
                (_, byte) => {
                    self.add(&[byte]);
                    Place::Inside
                }
            };
        }
        None
    }

    /// The content; `None` if it was dropped.
    pub(crate) fn into_content(self) -> Option<Vec<u8>> {
        (!self.is_dropped).then_some(self.content)
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.is_dropped {
            return;
        }
        match bytes.len() > self.limit - self.content.len() {
            true => self.drop_content(),
            false => self.content.extend_from_slice(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content and what follows it, read in pieces of a size.
    fn read(bytes: &[u8], piece: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut reader = ContentReader::new(1 << 20);
        let mut at = 0;
        for part in bytes.chunks(piece) {
            if let Some(used) = reader.read(part) {
                let rest = bytes[at + used..].to_vec();
                return reader.into_content().map(|content| (content, rest));
            }
            at += part.len();
        }
        None
    }

    #[test]
    fn a_mail_ends_at_a_dot_between_crlf_and_nowhere_else() {
        for (bytes, content, rest) in [
            (&b".\r\n"[..], &b""[..], &b""[..]),
            (b".\r\nQUIT\r\n", b"", b"QUIT\r\n"),
            (b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n"),
            (b"..\r\n.\r\n", b".\r\n", b""),
            (b"..a\r\n.b\r\n...\r\n.\r\n", b".a\r\nb\r\n..\r\n", b""),
            (b"a\r\n\r\n.\r\n", b"a\r\n\r\n", b""),
            (b"a\r\r\n.\r\n", b"a\r\r\n", b""),
            // Ends that are none: what smuggles a second mail into the first.
            (b"a\n.\nMAIL\r\n.\r\n", b"a\n.\nMAIL\r\n", b""),
            (b"a\n.\r\nMAIL\r\n.\r\n", b"a\n.\r\nMAIL\r\n", b""),
            (b"a\r.\r\nMAIL\r\n.\r\n", b"a\r.\r\nMAIL\r\n", b""),
            (b"a\r\n.\nMAIL\r\n.\r\n", b"a\r\n\nMAIL\r\n", b""),
            (b"a\r\n.\rMAIL\r\n.\r\n", b"a\r\n\rMAIL\r\n", b""),
            (b"a\r\n.\r\r\n.\r\n", b"a\r\n\r\r\n", b""),
            (b"a\r\n.\0\r\n.\r\n", b"a\r\n\0\r\n", b""),
        ] {
            for piece in [1, 2, 3, 1_000] {
                let found = read(bytes, piece);
                let expected = Some((content.to_vec(), rest.to_vec()));
                assert_eq!(found, expected, "{} by {piece}", bytes.escape_ascii());
            }
        }
        for open in [
            "",
            "a",
            ".",
            ".\r",
            "\n.\n",
            "a\r\n.",
            "a\r\n.\r",
            "\r\n.\r\r",
        ] {
            assert_eq!(read(open.as_bytes(), 1), None, "{open:?}");
        }
    }

    #[test]
    fn content_beyond_the_limit_is_dropped_and_its_end_is_still_found() {
        let mut reader = ContentReader::new(4);
        assert_eq!(reader.read(b"ab\r\n"), None);
        assert!(!reader.is_dropped());
        assert_eq!(reader.read(b"c\r\n.\r\nNOOP"), Some(6));
        assert!(reader.is_dropped());
        assert_eq!(reader.into_content(), None);
    }
}
