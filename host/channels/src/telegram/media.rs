//! Files of messages: the provider gives a path for an hour, below the bot's token. It
//! gives out files of at most 20 MB.

use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::{Credential, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Telegram;

/// What stays as it is in a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// Longest path of a file.
const PATH_BYTES: usize = 512;

/// The request for a file's path.
pub(super) fn request(adapter: &Telegram, file: &MediaReference) -> Option<MediaRequest> {
    let id = file
        .download
        .as_deref()
        .or_else(|| Some(file.id.first()?))?;
    let id = utf8_percent_encode(id, ENCODED);
    Some(MediaRequest::Lookup(query(
        adapter,
        format!(
            "{}/bot{}/getFile?file_id={id}",
            adapter.base,
            Credential::PLACEHOLDER
        ),
    )))
}

/// The file below the path of the answer.
pub(super) fn location(
    adapter: &Telegram,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    let document = answer.json();
    if !document.flag(&["ok"]) {
        return Err(failure(answer, document.text(&["description"])));
    }
    let path = document.text(&["result", "file_path"]);
    let path = path.filter(|path| is_path(path));
    let path = path.ok_or(MediaFailure::Unexpected)?;
    let (base, token) = (&adapter.base, Credential::PLACEHOLDER);
    Ok(query(adapter, format!("{base}/file/bot{token}/{path}")))
}

/// What an error means. A file that is unknown or too large has the status 400 and is
/// told by its words.
fn failure(answer: &Response<'_>, description: Option<&str>) -> MediaFailure {
    match (answer.status, description) {
        (400, Some(text)) if text.contains("file is too big") => MediaFailure::TooLarge,
        (400, _) => MediaFailure::Gone,
        _ => MediaFailure::of(answer),
    }
}

/// Whether a path stays below the token and changes nothing of the URL.
fn is_path(path: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_segment = |segment: &str| {
        !segment.is_empty() && segment.bytes().any(|it| it != b'.') && segment.bytes().all(is_part)
    };
    path.len() <= PATH_BYTES && path.split('/').all(is_segment)
}

fn query(adapter: &Telegram, url: String) -> ProviderQuery {
    ProviderQuery {
        url,
        credential: Some(Credential::Path(adapter.bot_token.first().clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_token() {
        for (path, is) in [
            ("photos/file_0.jpg", true),
            ("documents/file-1.tar.gz", true),
            ("../botX/getMe", false),
            ("a//b", false),
            ("/etc/passwd", false),
            ("a?b", false),
            ("a#b", false),
            ("{credential}", false),
            ("", false),
        ] {
            assert_eq!(is_path(path), is, "{path}");
        }
    }
}
