//! A feed as it came: its character set, its format, its entries.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::entry::Entry;
use super::{json, xml};

/// Most entries that are read of a document, the first.
pub(super) const MOST_ENTRIES: usize = 1_000;
/// Where an XML declaration is.
const DECLARATION_BYTES: usize = 256;

/// What a document says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// In the order of the document.
    pub(super) entries: Vec<Entry>,
    /// How long a reader may keep the document (RSS `ttl`), in minutes.
    pub(super) ttl_minutes: Option<u32>,
    /// Hours of the day, UTC, in which nothing changes (RSS `skipHours`): bit 0 is the first.
    pub(super) skipped_hours: u32,
    /// Whether it ends before its end, or is not well-formed there: the entries before are
    /// read.
    pub(super) is_broken: bool,
}

impl Document {
    /// Reads a document by its bytes, and by the media type that the server says.
    ///
    /// # Errors
    /// It is no feed; the reason has no text of it.
    pub(super) fn read(body: &[u8], content_type: Option<&str>) -> Result<Document, String> {
        let text = text(body, content_type);
        let text = text.trim_start();
        let mut document = Document::default();
        match text.as_bytes().first() {
            Some(b'{') => json::read(text, &mut document)?,
            Some(b'<') => xml::read(text, &mut document)?,
            Some(_) => return Err("is neither XML nor JSON".to_owned()),
            None => return Err("is empty".to_owned()),
        }
        Ok(document)
    }

    /// Adds an entry, if there is anything in it. Returns whether there is room for more.
    pub(super) fn add(&mut self, entry: Entry) -> bool {
        if !entry.is_empty() {
            self.entries.push(entry.bounded());
        }
        self.entries.len() < MOST_ENTRIES
    }
}

/// The text of a body: by its byte order mark, else the character set that the server names,
/// else that of the XML declaration, else UTF-8. What is invalid becomes U+FFFD.
fn text<'b>(body: &'b [u8], content_type: Option<&str>) -> Cow<'b, str> {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[length..]).0;
    }
    let label = content_type.and_then(charset);
    let encoding = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = encoding.or_else(|| declared(body)).unwrap_or(UTF_8);
    encoding.decode_without_bom_handling(body).0
}

/// The parameter `charset` of a media type.
fn charset(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    })
}

/// The character set of an XML declaration. One of 16 bits cannot be declared in ASCII.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let start = body.trim_ascii_start();
    let start = &start[..start.len().min(DECLARATION_BYTES)];
    let end = start.windows(2).position(|it| it == b"?>")?;
    let declaration = std::str::from_utf8(&start[..end]).ok()?;
    let (_, after) = declaration.strip_prefix("<?xml")?.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    encoding.is_ascii_compatible().then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_character_set_is_that_of_mark_server_or_declaration() {
        let latin = b"<?xml version='1.0' encoding=\"ISO-8859-1\"?>\xe9";
        for (body, content_type, ending) in [
            (&latin[..], None, "é"),
            (latin, Some("text/xml; charset=windows-1251"), "й"),
            (latin, Some("text/xml; charset=unknown"), "é"),
            (
                b"<?xml version='1.0' encoding='UTF-16'?>\xc3\xa9",
                None,
                "é",
            ),
            (
                b"\xef\xbb\xbf<?xml encoding='latin1'?>\xc3\xa9",
                Some("a/b;charset=latin1"),
                "é",
            ),
            (b"\xff\xfe<\0\xe9\0", None, "é"),
            (b"<a>\xc3\xa9", Some("text/xml; charset=\"utf-8\""), "é"),
            (b"<a>\xff", None, "\u{fffd}"),
        ] {
            let found = text(body, content_type);
            assert!(found.ends_with(ending), "{found} {content_type:?}");
        }
    }

    #[test]
    fn what_is_no_feed_is_refused() {
        for (body, reason) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("hello", "is neither XML nor JSON"),
            ("<html><body>Sign in</body></html>", "is XML, and no feed"),
            ("<!-- nothing -->", "is XML, and no feed"),
            ("{}", "is JSON, and no JSON Feed"),
            (
                "{\"version\": \"https://jsonfeed.org/version/1.1\"}",
                "is JSON, and no JSON Feed",
            ),
            ("{", "is not JSON"),
        ] {
            let refused = Document::read(body.as_bytes(), None).expect_err(body);
            assert!(refused.contains(reason), "{body}: {refused}");
        }
    }
}
