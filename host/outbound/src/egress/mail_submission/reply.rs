//! Replies of a mail server (RFC 5321, 4.2).

use crate::egress::error::EgressProblem;

/// A whole reply.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// Texts of the lines, without control characters; at least one.
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// Text of the last line.
    pub(super) fn text(mut self) -> String {
        self.lines.pop().unwrap_or_default()
    }
}

/// Reads the lines of a reply one after the other.
#[derive(Default)]
pub(super) struct ReplyReader {
    code: Option<u16>,
    lines: Vec<String>,
}

impl ReplyReader {
    /// Adds a line without its end. The reply once it is whole.
    ///
    /// # Errors
    /// It is not a line of a reply, or of another one.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<Option<Reply>, EgressProblem> {
        let not_smtp = || EgressProblem::Interrupted("the answer is not SMTP".to_owned());
        let (code, rest) = line.split_at_checked(3).ok_or_else(not_smtp)?;
        let is_code = matches!(code[0], b'2'..=b'5') && code.iter().all(u8::is_ascii_digit);
        if !is_code {
            return Err(not_smtp());
        }
        let code = code
            .iter()
            .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        if self.code.is_some_and(|first| first != code) {
            return Err(not_smtp());
        }
        self.code = Some(code);
        let (is_last, text) = match rest {
            [] => (true, rest),
            [b' ', text @ ..] => (true, text),
            [b'-', text @ ..] => (false, text),
            _ => return Err(not_smtp()),
        };
        let text = String::from_utf8_lossy(text);
        let text = text
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c });
        self.lines.push(text.collect());
        Ok(is_last.then(|| Reply {
            code,
            lines: std::mem::take(&mut self.lines),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code and the lines, `None` for an incomplete reply.
    fn read(lines: &[&[u8]]) -> Result<Option<(u16, Vec<String>)>, EgressProblem> {
        let mut reader = ReplyReader::default();
        for line in lines {
            if let Some(reply) = reader.add(line)? {
                return Ok(Some((reply.code, reply.lines)));
            }
        }
        Ok(None)
    }

    #[test]
    fn a_reply_has_one_code_and_ends_with_a_line_without_a_hyphen() {
        let whole = |code, lines: &[&str]| {
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            Ok(Some((code, lines)))
        };
        assert_eq!(read(&[b"250"]), whole(250, &[""]));
        assert_eq!(read(&[b"250 2.0.0 Ok"]), whole(250, &["2.0.0 Ok"]));
        assert_eq!(
            read(&[b"250-a", b"250-b", b"250 c"]),
            whole(250, &["a", "b", "c"])
        );
        assert_eq!(read(&[b"250-a", b"250-b"]), Ok(None));
        assert_eq!(
            read(&[b"550 a\x07\xff"]),
            whole(550, &["a\u{fffd}\u{fffd}"])
        );
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for lines in [
            [b"".as_slice(), b""],
            [b"25", b""],
            [b"2500", b""],
            [b"250_a", b""],
            [b"150 a", b""],
            [b"650 a", b""],
            [b" 250 a", b""],
            [b"2x0 a", b""],
            [b"HTTP/1.1 400", b""],
            [b"250-a", b"550 b"],
            [b"250-a", b"a"],
        ] {
            assert!(read(&lines).is_err(), "{lines:?}");
        }
    }
}
