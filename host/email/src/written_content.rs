//! The content of the mails that the company writes: a text, alone or with files
//! (RFC 2046, 5.1.3).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use patchbay_adapter::ReplyFile;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};

use super::written_field;

/// Bytes of a file in a line of base64: 76 characters (RFC 2045, 6.8).
const LINE_BYTES: usize = 57;
/// Longest piece of a parameter in a line.
const PARAMETER: usize = 60;
/// What a parameter keeps as it is (RFC 2231, `attribute-char`).
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The fields of the content, an empty line, and the content: the same bytes for the same
/// reply. `id` names the mail.
pub(super) fn write(text: &str, files: &[ReplyFile<'_>], id: &str) -> Vec<u8> {
    let (encoding, body) = written_field::body(text);
    let text_fields = format!(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    );
    if files.is_empty() {
        return [text_fields.as_bytes(), &body].concat();
    }
    let boundary = boundary(id, &body);
    let bytes: usize = files.iter().map(|file| file.content.len()).sum();
    let mut content = Vec::with_capacity(body.len() + bytes / 2 * 3 + 1_000 * files.len());
    let head = format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\n");
    content.extend_from_slice(head.as_bytes());
    if !text.trim().is_empty() {
        content.extend_from_slice(format!("--{boundary}\r\n{text_fields}").as_bytes());
        content.extend_from_slice(&body);
    }
    for file in files {
        let head = format!(
            "--{boundary}\r\nContent-Type: {}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment{}\r\n\r\n",
            file.media_type,
            file_name(file.name),
        );
        content.extend_from_slice(head.as_bytes());
        for line in file.content.chunks(LINE_BYTES) {
            content.extend_from_slice(BASE64_STANDARD.encode(line).as_bytes());
            content.extend_from_slice(b"\r\n");
        }
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    content
}

/// A delimiter that no line of the text begins with. Base64 has no `_`.
fn boundary(id: &str, text: &[u8]) -> String {
    let mut number = 0_u32;
    loop {
        let hash = digest(&SHA256, format!("{number} {id}").as_bytes());
        let hash = u64::from_be_bytes(hash.as_ref()[..8].try_into().unwrap_or_default());
        let boundary = format!("=_part_{hash:016x}");
        let is_in = text
            .windows(boundary.len())
            .any(|part| part == boundary.as_bytes());
        if !is_in {
            return boundary;
        }
        number += 1;
    }
}

/// The parameter with the name of a file: in quotes where it is short ASCII, else in the
/// encoded form of RFC 2231, in several pieces where it is long.
fn file_name(name: &str) -> String {
    let is_plain = |c: char| c == ' ' || (c.is_ascii_graphic() && !"\"\\%'*".contains(c));
    if name.len() <= PARAMETER && name.chars().all(is_plain) {
        return format!(";\r\n filename=\"{name}\"");
    }
    let encoded = utf8_percent_encode(name, NAME).to_string();
    if encoded.len() <= PARAMETER {
        return format!(";\r\n filename*=utf-8''{encoded}");
    }
    // Readers decode each piece by itself: a character stands in one.
    let mut pieces = vec![String::new()];
    for c in name.chars() {
        let mut bytes = [0; 4];
        let code = utf8_percent_encode(c.encode_utf8(&mut bytes), NAME).to_string();
        match pieces.last_mut() {
            Some(piece) if piece.len() + code.len() <= PARAMETER => *piece += &code,
            _ => pieces.push(code),
        }
    }
    let numbered = pieces.iter().enumerate().map(|(number, piece)| {
        let charset = if number == 0 { "utf-8''" } else { "" };
        format!(";\r\n filename*{number}*={charset}{piece}")
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};
    use proptest::{prop_assert, prop_assert_eq};

    use super::*;
    use crate::mime::Mail;

    fn file<'a>(name: &'a str, media_type: &'a str, content: &'a [u8]) -> ReplyFile<'a> {
        ReplyFile {
            name,
            media_type,
            content,
        }
    }

    #[test]
    fn a_mail_with_files_has_these_bytes() {
        let long = [0; 60];
        let files = [
            file("receipt.pdf", "application/pdf", b"%PDF-1.7"),
            file("Re\u{e7}u.png", "image/png", &long),
        ];
        let found = write("Ol\u{e1}", &files, "a@care.example");
        let found = String::from_utf8(found).expect("ASCII");
        let (_, after) = found.split_once("boundary=\"").expect("a boundary");
        let (boundary, _) = after.split_once('"').expect("quoted");
        let expected = "Content-Type: multipart/mixed;\r\n boundary=\"B\"\r\n\r\n\
            --B\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nOl=C3=A1\r\n\
            --B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename=\"receipt.pdf\"\r\n\r\nJVBERi0xLjc=\r\n\
            --B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename*=utf-8''Re%C3%A7u.png\r\n\r\n\
            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\nAAAA\r\n--B--\r\n";
        assert_eq!(
            found,
            expected
                .replace("--B", &format!("--{boundary}"))
                .replace("\"B\"", &format!("\"{boundary}\""))
        );
    }

    #[test]
    fn a_mail_of_files_alone_has_no_part_for_a_text() {
        let files = [file("receipt.pdf", "application/pdf", b"%PDF-1.7")];
        let found = write("", &files, "a@care.example");
        let found = String::from_utf8(found).expect("ASCII");
        assert!(!found.contains("text/plain"), "{found}");
        assert_eq!(
            found.matches("\r\nContent-Disposition: attachment").count(),
            1
        );
    }

    #[test]
    fn the_delimiter_is_not_in_the_text() {
        let first = boundary("a", b"");
        let second = boundary("a", first.as_bytes());
        assert_ne!(first, second);
        assert_eq!(boundary("a", b""), first);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        /// Through the reader of mails.
        #[test]
        fn any_file_comes_back_with_its_name(
            // As the host takes them: without the characters that no name may have.
            name in "[a-zA-Z0-9!#$%&'()+,;=@^_{}~\u{e9}\u{8c22}\\[\\]-]([ .]?[a-zA-Z0-9!#$%&'()+,;=@^_{}~\u{e9}\u{8c22}\\[\\]-]){0,60}",
            content in proptest::collection::vec(0_u8..=255, 0..300),
        ) {
            let files = [file(&name, "application/pdf", &content)];
            let bytes = write("Hello", &files, "a");
            prop_assert!(bytes.is_ascii());
            for line in bytes.split(|byte| *byte == b'\n') {
                prop_assert!(line.len() <= 90);
            }
            let mail = Mail::read(&bytes);
            let mut parts = Vec::new();
            mail.root.parts(&mut parts);
            prop_assert_eq!(parts.len(), 2);
            prop_assert_eq!(parts[1].content().to_vec(), content);
            prop_assert_eq!(parts[1].name.clone(), Some(name));
        }
    }
}
