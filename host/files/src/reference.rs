//! How an attachment names an uploaded file: `upload:ID?upload=NUMBER&sha256=DIGEST`, an id
//! within its conversation, and which bytes had the id when the reply was written.

use std::fmt;

/// What begins a reference.
const SCHEME: &str = "upload:";
/// Most bytes of an id.
const ID_BYTES: usize = 64;
/// Hexadecimal digits of a SHA-256.
const DIGEST_DIGITS: usize = 64;

/// The reference to an uploaded file of a conversation, as the URL of an attachment.
///
/// The id alone can name other bytes later: an upload of the same id may follow the removal
/// of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReference {
    /// Id of the file in its conversation.
    pub id: String,
    /// Number of the upload.
    pub upload: u64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
}

impl FileReference {
    /// The reference in the URL of an attachment; `None` for any other URL.
    pub fn parse(url: &str) -> Option<FileReference> {
        let (id, rest) = url.strip_prefix(SCHEME)?.split_once("?upload=")?;
        let (upload, sha256) = rest.split_once("&sha256=")?;
        let is_digest = sha256.len() == DIGEST_DIGITS && sha256.bytes().all(is_hex);
        (is_file_id(id) && is_digest && upload.bytes().all(is_hex)).then_some(())?;
        Some(FileReference {
            id: id.to_owned(),
            upload: u64::from_str_radix(upload, 16).ok()?,
            sha256: sha256.to_owned(),
        })
    }
}

impl fmt::Display for FileReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FileReference { id, upload, sha256 } = self;
        write!(f, "{SCHEME}{id}?upload={upload:016x}&sha256={sha256}")
    }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// The id in a reference; `None` for any other URL.
pub fn file_id(url: &str) -> Option<&str> {
    let reference = url.strip_prefix(SCHEME)?;
    reference.split('?').next()
}

/// Whether a client may give a file this id: 1 to 64 letters, digits, `-`, `_` and `.`, and
/// neither `.` nor `..`, which are no segment of a path.
pub fn is_file_id(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=ID_BYTES).contains(&id.len()) && id.bytes().all(is_part) && !matches!(id, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_the_bytes_of_a_file_and_no_other_url_does() {
        let reference = FileReference {
            id: "a-1.x".to_owned(),
            upload: u64::MAX - 1,
            sha256: "0123456789abcdef".repeat(4),
        };
        let url = reference.to_string();
        assert_eq!(FileReference::parse(&url), Some(reference.clone()));
        assert_eq!(file_id(&url), Some("a-1.x"));
        for (from, to) in [
            ("a-1.x", "a/1"),
            ("a-1.x", ""),
            ("upload=", "upload=+"),
            ("fffe&", "fffe0&"),
            ("cdef", "cde"),
            ("upload:", "UPLOAD:"),
        ] {
            let other = url.replacen(from, to, 1);
            assert_eq!(FileReference::parse(&other), None, "{other}");
        }
        for url in ["media:email/a/1", "https://upload:a", "UPLOAD:a", ""] {
            assert_eq!(file_id(url), None, "{url}");
        }
        let other = FileReference {
            upload: 1,
            ..reference.clone()
        };
        assert_ne!(other.to_string(), url);
    }

    #[test]
    fn an_id_is_a_segment_of_a_path() {
        for (id, is) in [
            ("a", true),
            ("A-1_b.c", true),
            ("...", true),
            ("", false),
            (".", false),
            ("..", false),
            ("a/b", false),
            ("a?b", false),
            ("é", false),
        ] {
            assert_eq!(is_file_id(id), is, "{id}");
        }
        assert!(!is_file_id(&"a".repeat(65)));
    }
}
