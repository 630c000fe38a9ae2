//! Bodies in `multipart/form-data` that upload one file (RFC 7578).

use std::fmt::Write as _;

use ring::digest::{Context, SHA256};

/// A file of a form.
#[derive(Clone, Copy, Debug)]
pub struct FormFile<'a> {
    /// Name of its field.
    pub field: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

/// The media type and the bytes of a form with fields and a file: the same for the same
/// content.
///
/// The delimiter is a digest of the content. So no content can have it, and a text or file
/// cannot add fields to the form.
pub fn multipart(fields: &[(&str, &str)], file: FormFile<'_>) -> (String, Vec<u8>) {
    let boundary = boundary(fields, file);
    let mut head = String::new();
    for (name, value) in fields {
        // Writing into a string cannot fail.
        let _ = write!(
            head,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    let FormFile {
        field, media_type, ..
    } = file;
    let name = quoted(file.name);
    let _ = write!(
        head,
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let body = [head.as_bytes(), file.content, tail.as_bytes()].concat();
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// `part-` and 32 hexadecimal digits.
fn boundary(fields: &[(&str, &str)], file: FormFile<'_>) -> String {
    let mut digest = Context::new(&SHA256);
    let mut add = |text: &[u8]| {
        digest.update(&(text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    for (name, value) in fields {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    for text in [file.field, file.name, file.media_type] {
        add(text.as_bytes());
    }
    add(file.content);
    let mut boundary = "part-".to_owned();
    for byte in &digest.finish().as_ref()[..16] {
        let _ = write!(boundary, "{byte:02x}");
    }
    boundary
}

/// A name in quotes, as browsers write it (HTML, 4.10.21.8): the three characters that would
/// end it are percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(name: &'a str, content: &'a [u8]) -> FormFile<'a> {
        FormFile {
            field: "document",
            name,
            media_type: "application/pdf",
            content,
        }
    }

    #[test]
    fn a_form_has_its_fields_before_its_file() {
        let fields = [("chat_id", "7"), ("caption", "Ol\u{e1}\r\n2")];
        let (media_type, body) = multipart(&fields, file("R\u{e9}cu.pdf", b"%PDF\xff"));
        let boundary = media_type
            .strip_prefix("multipart/form-data; boundary=")
            .expect("a boundary");
        let expected = [
            "--B\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n\
             --B\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nOl\u{e1}\r\n2\r\n\
             --B\r\nContent-Disposition: form-data; name=\"document\"; filename=\"R\u{e9}cu.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF"
                .replace("--B", &format!("--{boundary}"))
                .into_bytes(),
            b"\xff".to_vec(),
            format!("\r\n--{boundary}--\r\n").into_bytes(),
        ];
        assert_eq!(body, expected.concat());
        assert_eq!(
            multipart(&fields, file("R\u{e9}cu.pdf", b"%PDF\xff")).1,
            body
        );
    }

    #[test]
    fn another_text_name_or_content_has_another_delimiter() {
        let delimiter = |value: &str, name: &str, content: &[u8]| {
            multipart(&[("caption", value)], file(name, content)).0
        };
        let first = delimiter("a", "a.pdf", b"a");
        for other in [
            delimiter("b", "a.pdf", b"a"),
            delimiter("a", "b.pdf", b"a"),
            delimiter("a", "a.pdf", b"b"),
            delimiter("aa", ".pdf", b"a"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_name_stays_within_its_quotes() {
        let (_, body) = multipart(&[], file("a\"; name=\"chat_id\r\n.pdf", b"x"));
        let body = String::from_utf8(body).expect("text");
        assert!(
            body.contains("filename=\"a%22; name=%22chat_id%0D%0A.pdf\"\r\n"),
            "{body}"
        );
    }
}
