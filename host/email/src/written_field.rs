//! Fields and bodies of the mails that the company writes: ASCII, in short lines.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Longest line of a body or of a folded field, without its end.
const LINE: usize = 76;
/// Most bytes of text in an encoded word of 75 characters (RFC 2047, 2).
const WORD_BYTES: usize = 45;

/// Text as the value of an unstructured field, or as a display name. What is not
/// ASCII, or too long for a line, becomes encoded words.
pub(super) fn text_value(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    // Readers decode an encoded word wherever it stands.
    let is_short = text.len() <= LINE - "Subject: ".len();
    if text.chars().all(is_plain) && is_short && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD_BYTES));
        words.push(format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
}

/// A mailbox with a name.
pub(super) fn mailbox(name: Option<&str>, address: &str) -> String {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return address.to_owned();
    };
    let is_atom =
        |c: char| c == ' ' || c.is_ascii_alphanumeric() || "!#$%&'*+-/?^_`{|}~".contains(c);
    let encoded = text_value(name);
    let shown = match encoded == name && !name.chars().all(is_atom) {
        true => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
        false => encoded,
    };
    format!("{shown}\r\n <{address}>")
}

/// A text as the body of a part, and its transfer encoding. Lines end in CRLF.
pub(super) fn body(text: &str) -> (&'static str, Vec<u8>) {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    let is_plain = |line: &&str| {
        line.len() <= LINE
            && line.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
            && !line.ends_with(' ')
            // Old programs take it for the beginning of a mail.
            && !line.starts_with("From ")
    };
    let mut body = Vec::with_capacity(text.len() + text.len() / 4);
    if lines.iter().all(is_plain) {
        for line in lines {
            body.extend_from_slice(line.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        return ("7bit", body);
    }
    for line in lines {
        quote_line(line.as_bytes(), &mut body);
    }
    ("quoted-printable", body)
}

/// One line as quoted-printable (RFC 2045, 6.7).
fn quote_line(line: &[u8], body: &mut Vec<u8>) {
    let mut column = 0;
    for (index, byte) in line.iter().enumerate() {
        let is_last = index + 1 == line.len();
        let is_blank = matches!(byte, b' ' | b'\t') && !is_last;
        let is_from = index == 0 && line.starts_with(b"From ");
        let is_plain = (byte.is_ascii_graphic() && *byte != b'=' && !is_from) || is_blank;
        let code = match is_plain {
            true => vec![*byte],
            false => format!("={byte:02X}").into_bytes(),
        };
        // Room for the `=` of a soft line break.
        if column + code.len() > LINE - 1 {
            body.extend_from_slice(b"=\r\n");
            column = 0;
        }
        column += code.len();
        body.extend_from_slice(&code);
    }
    body.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};
    use proptest::{prop_assert, prop_assert_eq};

    use super::*;
    use crate::header::{Header, decode_words};
    use crate::part::Part;

    #[test]
    fn a_value_is_ascii() {
        for (text, value) in [
            ("Re: My order", "Re: My order"),
            ("Re: Café", "=?utf-8?B?UmU6IENhZsOp?="),
            ("=?x", "=?utf-8?B?PT94?="),
        ] {
            assert_eq!(text_value(text), value);
        }
        for (name, shown) in [
            (None, "help@northwind.example"),
            (Some(""), "help@northwind.example"),
            (Some("Northwind"), "Northwind\r\n <help@northwind.example>"),
            (
                Some("Northwind, Inc. \"Care\""),
                "\"Northwind, Inc. \\\"Care\\\"\"\r\n <help@northwind.example>",
            ),
            (
                Some("Ação"),
                "=?utf-8?B?QcOnw6Nv?=\r\n <help@northwind.example>",
            ),
        ] {
            assert_eq!(mailbox(name, "help@northwind.example"), shown);
        }
    }

    #[test]
    fn a_body_is_ascii_in_short_lines() {
        for (text, encoding, bytes) in [
            ("Hello\n\nJo", "7bit", "Hello\r\n\r\nJo\r\n"),
            ("a\r\nb", "7bit", "a\r\nb\r\n"),
            ("Olá = 5", "quoted-printable", "Ol=C3=A1 =3D 5\r\n"),
            (
                "blank \nFrom here\n\t",
                "quoted-printable",
                "blank=20\r\n=46rom here\r\n=09\r\n",
            ),
            (".\n..", "7bit", ".\r\n..\r\n"),
        ] {
            let (found, body) = body(text);
            assert_eq!(
                (found, String::from_utf8_lossy(&body).as_ref()),
                (encoding, bytes)
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_comes_back_and_every_line_is_short(text in "[ -~éã谢👩\\n]{0,400}") {
            let (encoding, body) = body(&text);
            prop_assert!(body.is_ascii());
            for line in body.split(|byte| *byte == b'\n') {
                prop_assert!(line.len() <= 77);
            }
            let mail = format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n");
            let mail = [mail.as_bytes(), &body].concat();
            let (header, content) = Header::split(&mail);
            let part = Part::new(&header, content, "1".to_owned());
            let read = part.text(&part.content()).replace("\r\n", "\n");
            let expected: String = text.lines().map(|line| format!("{line}\n")).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn any_subject_comes_back(text in "[!-~éã谢👩]( ?[!-~éã谢👩]){0,200}") {
            let value = text_value(&text);
            prop_assert!(value.is_ascii());
            for line in value.split("\r\n") {
                prop_assert!(line.len() <= LINE);
            }
            prop_assert_eq!(decode_words(&value.replace("\r\n", "")), text);
        }
    }
}
