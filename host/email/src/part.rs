//! One part of a mail: its type, its file name, its content.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use patchbay_adapter::field::cut;
use patchbay_adapter::media;
use patchbay_model::input::NAME_BYTES;

use super::header::{Content, Header, decode_words, readable};
use super::mime::Arrangement;

/// A part, not decoded yet.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Its place: `1` for the whole mail, `1.2` for the second part of a multipart.
    pub(super) number: String,
    /// Media type in lower case, without parameters.
    pub(super) media_type: String,
    /// Whether the header names a type.
    is_typed: bool,
    pub(super) boundary: Option<String>,
    charset: Option<String>,
    /// For `format=flowed`, whether it deletes blanks.
    pub(super) flowed: Option<bool>,
    /// File name, for people: without directories and control characters.
    pub(super) name: Option<String>,
    is_attachment: bool,
    /// Whether another part can show it by its id.
    pub(super) is_shown: bool,
    encoding: String,
    pub(super) body: &'a [u8],
}

impl<'a> Part<'a> {
    pub(super) fn new(header: &Header<'a>, body: &'a [u8], number: String) -> Part<'a> {
        let content = header.content("content-type");
        let disposition = header.content("content-disposition");
        let parameter = |content: &Option<Content>, name: &str| {
            let value = content.as_ref()?.parameter(name)?;
            Some(value.to_owned())
        };
        let media_type = content.as_ref().map(|content| content.value.clone());
        let media_type = media_type.filter(|it| is_media_type(it));
        let name = parameter(&disposition, "filename").or_else(|| parameter(&content, "name"));
        let encoding = header.raw("content-transfer-encoding").unwrap_or_default();
        let encoding = encoding.split([';', ' ', '(']).next().unwrap_or_default();
        let says = |name: &str, value: &str| {
            parameter(&content, name).is_some_and(|it| it.eq_ignore_ascii_case(value))
        };
        Part {
            flowed: says("format", "flowed").then(|| says("delsp", "yes")),
            number,
            is_typed: content.is_some(),
            media_type: media_type.unwrap_or_else(|| "text/plain".to_owned()),
            boundary: parameter(&content, "boundary"),
            charset: parameter(&content, "charset"),
            name: name.and_then(|name| file_name(&name)),
            is_attachment: disposition.is_some_and(|it| it.value == "attachment"),
            is_shown: header.has_any(&["content-id"]),
            encoding: encoding.to_ascii_lowercase(),
            body,
        }
    }

    /// Whether it is a multipart, or a mail without a type that may be one.
    pub(super) fn may_be_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/") || !self.is_typed
    }

    pub(super) fn arrangement(&self) -> Arrangement {
        match self.media_type.as_str() {
            "multipart/alternative" => Arrangement::Alternative,
            "multipart/related" => Arrangement::Related,
            _ => Arrangement::Mixed,
        }
    }

    /// The part as one that cannot be divided: a multipart becomes a text.
    pub(super) fn without_boundary(mut self) -> Part<'a> {
        if self.media_type.starts_with("multipart/") {
            self.media_type = "text/plain".to_owned();
        }
        self
    }

    pub(super) fn is_html(&self) -> bool {
        self.media_type == "text/html"
    }

    /// Whether it is a text to read, and not a file.
    pub(super) fn is_text(&self) -> bool {
        let is_named = self.name.is_some() && self.number != "1";
        matches!(self.media_type.as_str(), "text/plain" | "text/html")
            && !self.is_attachment
            && !is_named
    }

    /// The kind of an attachment.
    pub(super) fn kind(&self) -> &'static str {
        match media::kind_of(&self.media_type) {
            // An attached mail.
            "other" if self.media_type.starts_with("message/") => "document",
            kind => kind,
        }
    }

    /// The content. One with a damaged encoding is decoded as far as it goes.
    pub(super) fn content(&self) -> Cow<'a, [u8]> {
        match self.encoding.as_str() {
            "base64" => decode_base64(self.body).into(),
            "quoted-printable" => decode_quoted_printable(self.body).into(),
            _ => self.body.into(),
        }
    }

    /// Bytes of the content as text. An unknown charset, or a wrong one, is replaced and
    /// never refused.
    pub(super) fn text(&self, bytes: &[u8]) -> String {
        let label = self.charset.as_deref().unwrap_or_default();
        let label = label.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let label = label.to_ascii_lowercase();
        let decode = match label.as_str() {
            // Programs that write no charset or these write UTF-8 or Windows-1252.
            "" | "us-ascii" | "ascii" | "iso-8859-1" | "windows-1252" | "unknown-8bit" => None,
            "utf-8" | "utf8" => return String::from_utf8_lossy(bytes).into_owned(),
            label => charset_decoder(label.as_bytes()),
        };
        match decode {
            Some(decode) => decode(bytes),
            None => readable(bytes).into_owned(),
        }
    }
}

fn is_media_type(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        (1..=127).contains(&part.len()) && part.bytes().all(is_token)
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_part(kind) && is_part(subtype))
}

/// A name of a file, decoded, without directories.
fn file_name(name: &str) -> Option<String> {
    let decoded = match name.contains("=?") {
        true => decode_words(name),
        false => name.to_owned(),
    };
    let own = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = own.replace(|c: char| c.is_control(), "");
    let plain = cut(plain.trim(), NAME_BYTES);
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// Base64 without the characters that do not belong to it.
fn decode_base64(body: &[u8]) -> Vec<u8> {
    if let Some(decoded) = base64_decode(body) {
        return decoded;
    }
    let is_own = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let own: Vec<u8> = body.iter().copied().filter(is_own).collect();
    base64_decode(&own).unwrap_or_default()
}

/// Quoted-printable; an `=` that begins no code stays as it is.
fn decode_quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(body.len());
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let trimmed = line.trim_ascii_end();
        let is_soft = trimmed.ends_with(b"=");
        let text = trimmed.strip_suffix(b"=").unwrap_or(trimmed);
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            let pair = (digit(text.get(at + 1)), digit(text.get(at + 2)));
            match (byte, pair) {
                (b'=', (Some(high), Some(low))) => {
                    decoded.push((high * 16 + low) as u8);
                    at += 3;
                }
                (byte, _) => {
                    decoded.push(*byte);
                    at += 1;
                }
            }
        }
        if !is_soft && line.ends_with(b"\n") {
            decoded.extend_from_slice(b"\n");
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(header: &str, body: &str) -> (Option<String>, String, String) {
        let mail = format!("{header}\n\n{body}");
        let (header, body) = Header::split(mail.as_bytes());
        let part = Part::new(&header, body, "1.1".to_owned());
        (
            part.name.clone(),
            part.media_type.clone(),
            part.text(&part.content()),
        )
    }

    /// RFC 2231, 3 and 4, and what mail programs write.
    #[test]
    fn file_names_are_decoded() {
        for (header, name) in [
            (
                "Content-Disposition: attachment; filename*=utf-8''Erkl%C3%A4rung.txt",
                "Erklärung.txt",
            ),
            (
                "Content-Type: application/x-stuff; name*0*=us-ascii'en'This%20is%20even%20more%20; name*1*=%2A%2A%2Afun%2A%2A%2A%20; name*2=\"isn't it!\"",
                "This is even more ***fun*** isn't it!",
            ),
            (
                "Content-Disposition: attachment;\n filename=\"=?utf-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=\n =?utf-8?Q?_2026.pdf?=\"",
                "Rechnung für März 2026.pdf",
            ),
            (
                "Content-Type: image/png; name=\"=?iso-8859-1?Q?Fu=DF.png?=\"",
                "Fuß.png",
            ),
            (
                "Content-Disposition: attachment; filename=plain.txt",
                "plain.txt",
            ),
            (
                "Content-Disposition: attachment; filename=\"..\\\\..\\\\etc/passwd\"",
                "passwd",
            ),
        ] {
            assert_eq!(part(header, "").0.as_deref(), Some(name), "{header}");
        }
        for header in [
            "Content-Disposition: attachment",
            "Content-Disposition: attachment; filename=\"\"",
            "Content-Disposition: attachment; filename=\"a/\"",
        ] {
            assert_eq!(part(header, "").0, None, "{header}");
        }
    }

    #[test]
    fn a_type_that_is_none_is_plain_text() {
        for (header, media_type) in [
            ("Content-Type: TEXT/HTML; charset=utf-8", "text/html"),
            (
                "Content-Type: =?utf-8?Q?text/html;_charset=3Dutf-8?=",
                "text/html",
            ),
            ("Content-Type: text", "text/plain"),
            ("Content-Type:", "text/plain"),
            ("X: y", "text/plain"),
            (
                "Content-Type: application/vnd.ms-outlook",
                "application/vnd.ms-outlook",
            ),
        ] {
            assert_eq!(part(header, "").1, media_type, "{header}");
        }
    }

    #[test]
    fn damaged_encodings_are_decoded_as_far_as_they_go() {
        for (encoding, body, text) in [
            (
                "quoted-printable",
                "a=3Db =\nc=E2=82=AC\nd=zz = e=",
                "a=b c€\nd=zz = e",
            ),
            (
                "Quoted-Printable",
                "trailing  \n-- =\n\nJo=20\n",
                "trailing\n-- \nJo \n",
            ),
            ("base64", "SGVs\nbG8=\n", "Hello"),
            ("BASE64 (comment)", "SGVs*bG8", "Hello"),
            ("base64", "!!!", ""),
            ("8bit", "é", "é"),
            ("unheard-of", "é", "é"),
        ] {
            let header = format!("Content-Transfer-Encoding: {encoding}");
            assert_eq!(part(&header, body).2, text, "{encoding}: {body}");
        }
    }

    #[test]
    fn a_charset_that_is_unknown_or_wrong_is_replaced() {
        for (charset, bytes, text) in [
            ("utf-8", &b"Caf\xc3\xa9"[..], "Café"),
            ("utf-8;", b"Caf\xc3\xa9", "Café"),
            ("utf-8", b"Caf\xe9", "Caf\u{fffd}"),
            ("us-ascii", b"Caf\xe9 \x80", "Café €"),
            ("us-ascii", b"Caf\xc3\xa9", "Café"),
            ("iso-8859-15", b"\xa4", "€"),
            ("windows-1251", b"\xcf\xf0\xe8", "При"),
            ("iso-2022-jp", b"\x1b$B$3\x1b(B", "こ"),
            ("klingon", b"Caf\xe9", "Café"),
            ("", b"Caf\xc3\xa9", "Café"),
        ] {
            let head = format!("Content-Type: text/plain; charset=\"{charset}\"\n\n");
            let mail = [head.as_bytes(), bytes].concat();
            let (header, body) = Header::split(&mail);
            let part = Part::new(&header, body, "1".to_owned());
            assert_eq!(part.text(&part.content()), text, "{charset}");
        }
    }
}
