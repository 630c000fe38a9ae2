//! How an attachment names an uploaded file: `upload:ID`, an id within its conversation.

/// What begins a reference.
const SCHEME: &str = "upload:";
/// Most bytes of an id.
const ID_BYTES: usize = 64;

/// The reference to an uploaded file of a conversation, as the URL of an attachment.
pub fn file_reference(id: &str) -> String {
    format!("{SCHEME}{id}")
}

/// The id in a reference; `None` for any other URL.
pub fn file_id(url: &str) -> Option<&str> {
    url.strip_prefix(SCHEME)
}

/// Whether a client may give a file this id: 1 to 64 letters, digits, `-`, `_` and `.`.
pub fn is_file_id(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=ID_BYTES).contains(&id.len()) && id.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_file_and_no_other_url_does() {
        assert_eq!(file_id(&file_reference("a-1")), Some("a-1"));
        for url in ["media:email/a/1", "https://upload:a", "UPLOAD:a", ""] {
            assert_eq!(file_id(url), None, "{url}");
        }
        for (id, is) in [
            ("a", true),
            ("A-1_b.c", true),
            ("", false),
            ("a/b", false),
            ("é", false),
        ] {
            assert_eq!(is_file_id(id), is, "{id}");
        }
        assert!(!is_file_id(&"a".repeat(65)));
    }
}
