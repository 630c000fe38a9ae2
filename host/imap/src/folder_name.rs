//! Names of folders in commands: modified UTF-7 (RFC 3501, 5.1.3), which every server
//! takes, in a quoted string.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

/// Base64 with `,` for `/` and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// A name as a quoted string. Control characters, which no name has, are left out.
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    let mut other = Vec::new();
    for char in name.chars().filter(|char| !char.is_control()) {
        if !char.is_ascii() {
            let mut units = [0; 2];
            let units = char.encode_utf16(&mut units);
            other.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        shift(&mut text, &mut other);
        match char {
            '&' => text.push_str("&-"),
            '"' | '\\' => text.extend(['\\', char]),
            _ => text.push(char),
        }
    }
    shift(&mut text, &mut other);
    text.push('"');
    text
}

/// Writes what was not ASCII so far.
fn shift(text: &mut String, other: &mut Vec<u8>) {
    if !other.is_empty() {
        text.push('&');
        text.push_str(&BASE64.encode(&other));
        text.push('-');
        other.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two are those of RFC 3501, 5.1.3.
    #[test]
    fn a_name_is_written_in_modified_utf_7() {
        for (name, expected) in [
            (
                "~peter/mail/台北/日本語",
                r#""~peter/mail/&U,BTFw-/&ZeVnLIqe-""#,
            ),
            ("Jo & Co", r#""Jo &- Co""#),
            ("INBOX", r#""INBOX""#),
            ("Entwürfe", r#""Entw&APw-rfe""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("a\r\nb", r#""ab""#),
            ("😀", r#""&2D3eAA-""#),
        ] {
            assert_eq!(quoted(name), expected);
        }
    }
}
