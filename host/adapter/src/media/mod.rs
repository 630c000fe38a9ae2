//! Files of an interaction. A provider's URL of a file expires, differs between two
//! deliveries of one message, or contains a token, so an interaction carries a
//! reference that only the host resolves: `media:CHANNEL/ACCOUNT/ID`, with what
//! downloads the file, where that can differ, after `?`.

mod fetch;
mod reference;

pub use self::fetch::{MediaFailure, MediaRequest, ProviderQuery};
pub use self::fetch::{is_of_domain, open_query, provider_url};
pub use self::reference::MediaReference;
pub use patchbay_files::{content_type, is_content_type_decided};

use patchbay_model::interaction::Attachment;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest part of a reference, before encoding.
const PART_BYTES: usize = 512;

/// What a part keeps as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A reference to a file by the parts of its id; `None` if one is too long.
pub fn reference(channel: &str, account: &str, parts: &[&str]) -> Option<String> {
    let mut reference = format!("media:{channel}");
    for part in std::iter::once(&account).chain(parts) {
        reference.push('/');
        reference += &encode(part)?;
    }
    Some(reference)
}

/// A part of a reference; `None` if it is too long.
pub fn encode(part: &str) -> Option<String> {
    (part.len() <= PART_BYTES).then(|| utf8_percent_encode(part, ENCODED).to_string())
}

/// A file of which only the kind is known.
pub fn bare(kind: &str) -> Attachment {
    Attachment {
        kind: kind.to_owned(),
        name: None,
        media_type: None,
        size: None,
        url: None,
    }
}

/// The kind of a file by its media type.
pub fn kind_of(media_type: &str) -> &'static str {
    let media_type = media_type.to_ascii_lowercase();
    match media_type.split('/').next() {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ if media_type.contains("vcard") => "other",
        Some("application" | "text") => "document",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_no_character_with_a_meaning_in_a_url() {
        let reference = |parts: &[&str]| reference("sms", "+351", parts);
        assert_eq!(
            reference(&["MM1", "a/b?c#d é"]).as_deref(),
            Some("media:sms/%2B351/MM1/a%2Fb%3Fc%23d%20%C3%A9")
        );
        assert_eq!(reference(&[&"x".repeat(513)]), None);
    }

    #[test]
    fn a_media_type_has_a_kind() {
        for (media_type, kind) in [
            ("image/jpeg", "image"),
            ("Audio/ogg; codecs=opus", "audio"),
            ("text/x-vCard", "other"),
            ("application/pdf", "document"),
            ("", "other"),
        ] {
            assert_eq!(kind_of(media_type), kind, "{media_type}");
        }
    }
}
