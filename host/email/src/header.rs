//! The fields of a header, in their order: of a mail, or of a part.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use mail_parser::HeaderValue;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use patchbay_model::identifier;

/// Most bytes of a header that are read; what follows is left out.
const HEADER_BYTES: usize = 256 << 10;
/// Most fields that are read.
const FIELDS: usize = 2_000;
/// Most bytes of a field that are decoded: encoded words can take the square of it.
const DECODED_BYTES: usize = 16 << 10;
/// The same for a field of a part, of which a mail can have hundreds.
const PART_BYTES: usize = 2 << 10;
/// Most bytes of a field that is a list of ids.
const LIST_BYTES: usize = 64 << 10;

/// A mailbox in a field of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub(super) name: Option<String>,
    pub(super) address: Option<String>,
}

/// A field with parameters: `Content-Type`, `Content-Disposition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// `text/plain` or `attachment`, in lower case.
    pub(super) value: String,
    parameters: Vec<(String, String)>,
}

impl Content {
    /// A parameter, decoded (RFC 2231).
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let found = parameters.find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The fields of a header. Names are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub(super) struct Header<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Header<'a> {
    /// Divides a mail or a part into its header and its body. Lines that are no
    /// field are left out.
    pub(super) fn split(bytes: &'a [u8]) -> (Header<'a>, &'a [u8]) {
        let mut header = Header::default();
        // The field that is read: where its name, value and end are.
        let mut open: Option<(usize, usize, usize)> = None;
        let mut at = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let start = at;
            at += line.len();
            if matches!(line, b"\n" | b"\r\n") {
                break;
            }
            let is_continued = line.starts_with(b" ") || line.starts_with(b"\t");
            if is_continued {
                if let Some((_, _, end)) = &mut open {
                    *end = at;
                }
                continue;
            }
            header.add(bytes, open.take());
            let colon = line.iter().position(|byte| *byte == b':');
            if start < HEADER_BYTES && header.fields.len() < FIELDS {
                open = colon.map(|colon| (start, start + colon, at));
            }
        }
        header.add(bytes, open);
        (header, &bytes[at..])
    }

    fn add(&mut self, bytes: &'a [u8], field: Option<(usize, usize, usize)>) {
        if let Some((start, colon, end)) = field {
            let name = bytes[start..colon].trim_ascii();
            self.fields.push((name, &bytes[colon + 1..end]));
        }
    }

    /// Whether one of these fields is there.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.value(name).is_some())
    }

    fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.places(name).next().map(|(_, value)| value)
    }

    fn places<'h>(&'h self, name: &'h str) -> impl Iterator<Item = (usize, &'a [u8])> + 'h {
        let fields = self.fields.iter().enumerate();
        let is_named = |it: &[u8]| it.eq_ignore_ascii_case(name.as_bytes());
        fields.filter_map(move |(place, (it, value))| is_named(it).then_some((place, *value)))
    }

    /// The fields of a name with their place in the header, unfolded, not decoded.
    pub(super) fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = (usize, String)> + 'h {
        let places = self.places(name);
        places.map(|(place, value)| (place, unfold(value, DECODED_BYTES)))
    }

    /// The first field of a name, unfolded, not decoded.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| unfold(value, DECODED_BYTES))
    }

    /// The first field of a name as text, encoded words decoded.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let decoded = decode_words(&self.raw(name)?);
        (!decoded.is_empty()).then_some(decoded)
    }

    /// The mailboxes of the fields of a name. A group gives its members.
    pub(super) fn mailboxes(&self, name: &str) -> Vec<Mailbox> {
        let mut found = Vec::new();
        for (_, value) in self.all(name).take(16) {
            let line = format!("{value}\n");
            let HeaderValue::Address(list) = MessageStream::new(line.as_bytes()).parse_address()
            else {
                continue;
            };
            let text = |text: &Option<Cow<'_, str>>| {
                let text = visible(text.as_deref().unwrap_or_default());
                (!text.is_empty()).then_some(text)
            };
            found.extend(list.iter().map(|it| Mailbox {
                name: text(&it.name),
                address: text(&it.address),
            }));
        }
        found.retain(|it| it.name.is_some() || it.address.is_some());
        found
    }

    /// The ids in the fields of a name, without their brackets.
    pub(super) fn ids(&self, name: &str) -> Vec<String> {
        let values = self.places(name).take(4);
        let lists = values.map(|(_, value)| read_ids(&unfold(value, LIST_BYTES)));
        lists.flatten().collect()
    }

    /// A field such as `Content-Type`, of a part. One that is an encoded word as a
    /// whole is decoded before.
    pub(super) fn content(&self, name: &str) -> Option<Content> {
        let mut value = unfold(self.value(name)?, PART_BYTES);
        if value.starts_with("=?") {
            value = decode_words(&value);
        }
        // The parser keeps white space between encoded words, which has no meaning.
        let joined = value.replace("?= =?", "?==?").replace("?=\t=?", "?==?");
        let line = format!("{joined}\n");
        let HeaderValue::ContentType(found) =
            MessageStream::new(line.as_bytes()).parse_content_type()
        else {
            return None;
        };
        let subtype = found.subtype().map(|it| format!("/{it}"));
        let value = format!("{}{}", found.ctype(), subtype.unwrap_or_default());
        let parameters = found.attributes().unwrap_or_default().iter();
        Some(Content {
            value: value.to_ascii_lowercase(),
            parameters: parameters
                .map(|it| (it.name.to_string(), it.value.to_string()))
                .collect(),
        })
    }

    /// The time of a field such as `Date`.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let value = unfold(self.value(name)?, PART_BYTES);
        let parser = DateTimeParser::new().relaxed_weekday(true);
        if let Ok(time) = parser.parse_timestamp(&value) {
            return Some(time);
        }
        // Forms that are none of the RFC.
        let line = format!("{value}\n");
        match MessageStream::new(line.as_bytes()).parse_date() {
            HeaderValue::DateTime(date) if date.is_valid() => {
                Timestamp::from_second(date.to_timestamp()).ok()
            }
            _ => None,
        }
    }
}

/// The text of bytes that should be UTF-8 and often are Windows-1252.
pub(super) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => match charset_decoder(b"windows-1252") {
            Some(decode) => decode(bytes).into(),
            None => String::from_utf8_lossy(bytes),
        },
    }
}

/// A value on one line, at most so long.
fn unfold(value: &[u8], most: usize) -> String {
    let text = readable(&value[..value.len().min(most)]);
    let line = text.replace(['\r', '\n'], "");
    line.trim().to_owned()
}

/// Decodes encoded words (RFC 2047). Control characters are left out.
pub(super) fn decode_words(value: &str) -> String {
    let line = format!("{value}\n");
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => visible(&text),
        _ => String::new(),
    }
}

/// Without characters that control or hide what is shown, and outer white space.
fn visible(text: &str) -> String {
    let hides = |c: char| (c.is_control() && c != '\t') || identifier::is_invisible(c);
    let text = text.replace(hides, "");
    text.trim().to_owned()
}

/// Ids in angle brackets, outside comments; without any bracket, the words with `@`.
fn read_ids(value: &str) -> Vec<String> {
    let mut bracketed = Vec::new();
    let mut bare = String::new();
    let mut depth = 0_usize;
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '<' if depth == 0 => {
                let Some(end) = after.find(['<', '>']) else {
                    break;
                };
                let id: String = after[..end].split_whitespace().collect();
                if !id.is_empty() {
                    bracketed.push(id);
                }
                let closes = after[end..].starts_with('>');
                rest = &after[end + usize::from(closes)..];
                continue;
            }
            c if depth == 0 => bare.push(c),
            _ => {}
        }
        rest = after;
    }
    if !bracketed.is_empty() {
        return bracketed;
    }
    let words = bare.split(|c: char| c.is_whitespace() || c == ',');
    let words = words.filter(|word| word.contains('@'));
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Header<'_> {
        Header::split(text.as_bytes()).0
    }

    #[test]
    fn a_header_ends_at_the_first_empty_line() {
        let mail = b"From jo Mon\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n =?utf-8?q?_au_lait?=\r\nno field\r\nX-A:1\r\n\r\nbody\r\n\r\nmore";
        let (header, body) = Header::split(mail);
        assert_eq!(header.text("subject").as_deref(), Some("Café au lait"));
        assert_eq!(header.raw("x-a").as_deref(), Some("1"));
        assert_eq!(body, b"body\r\n\r\nmore");
        let (header, body) = Header::split(b"Subject: only");
        assert_eq!(header.text("Subject").as_deref(), Some("only"));
        assert_eq!(body, b"");
    }

    /// RFC 5322, 3.6.4, and what mail programs write instead.
    #[test]
    fn ids_are_in_brackets_or_words_with_an_at() {
        for (value, ids) in [
            (
                "<1234@local.machine.example>",
                &["1234@local.machine.example"][..],
            ),
            ("<a@b> <c@d>", &["a@b", "c@d"]),
            ("<a@b><c@d>", &["a@b", "c@d"]),
            ("<a@b>\r\n\t<c\r\n @d>", &["a@b", "c@d"]),
            ("Your message of Mon, 3 Mar <a@b>", &["a@b"]),
            (
                "(a comment <x@y> (nested)) <a@b> (jo@example.org)",
                &["a@b"],
            ),
            ("a@b, c@d", &["a@b", "c@d"]),
            ("a@b", &["a@b"]),
            ("Your message of Monday", &[]),
            ("<a@b", &[]),
            ("<>", &[]),
            ("", &[]),
        ] {
            let text = format!("References: {value}\r\n\r\n");
            assert_eq!(header(&text).ids("references"), ids, "{value}");
        }
    }

    /// RFC 5322, appendix A, and broken ones.
    #[test]
    fn mailboxes_have_names_and_addresses() {
        for (value, expected) in [
            (
                "John Doe <jdoe@machine.example>",
                &[(Some("John Doe"), Some("jdoe@machine.example"))][..],
            ),
            (
                "\"Joe Q. Public\" <john.q.public@example.com>",
                &[(Some("Joe Q. Public"), Some("john.q.public@example.com"))],
            ),
            (
                "Mary Smith <mary@x.test>, jdoe@example.org",
                &[
                    (Some("Mary Smith"), Some("mary@x.test")),
                    (None, Some("jdoe@example.org")),
                ],
            ),
            (
                "A Group:Ed Jones <c@a.test>,joe@where.test;",
                &[
                    (Some("Ed Jones"), Some("c@a.test")),
                    (None, Some("joe@where.test")),
                ],
            ),
            ("undisclosed-recipients:;", &[]),
            (
                "=?utf-8?b?SsO8cmdlbg==?= <j@example.org>",
                &[(Some("Jürgen"), Some("j@example.org"))],
            ),
            ("", &[]),
        ] {
            let text = format!("From: {value}\n\n");
            let found = header(&text).mailboxes("from");
            let found: Vec<_> = found
                .iter()
                .map(|it| (it.name.as_deref(), it.address.as_deref()))
                .collect();
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn times_that_are_no_times_are_absent() {
        for (value, seconds) in [
            ("Tue, 3 Mar 2026 10:15:00 +0100", Some(1_772_529_300)),
            ("3 Mar 2026 09:15 GMT", Some(1_772_529_300)),
            ("Mon, 3 Mar 2026 10:15:00 +0100 (CET)", Some(1_772_529_300)),
            ("Tue, 3 Mar 2026 10:15:00 +01:00", Some(1_772_529_300)),
            ("Tue, 33 Mar 2026 10:15:00 +0100", None),
            ("yesterday", None),
            ("", None),
        ] {
            let text = format!("Date: {value}\n\n");
            let time = header(&text).time("date");
            assert_eq!(time.map(Timestamp::as_second), seconds, "{value}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_windows_1252() {
        let (header, _) = Header::split(b"Subject: Caf\xe9 \x80 5\n\n");
        assert_eq!(header.text("subject").as_deref(), Some("Café € 5"));
    }

    #[test]
    fn many_and_long_fields_are_bounded() {
        let many = "a:1\n".repeat(100_000);
        assert_eq!(header(&many).fields.len(), FIELDS);
        let long = format!("Subject: {}\nTo: x@y\n\n", "x".repeat(400_000));
        let header = header(&long);
        assert_eq!(
            header.text("subject").map(|it| it.len()),
            Some(DECODED_BYTES - 1)
        );
        assert!(!header.has_any(&["to"]));
    }
}
