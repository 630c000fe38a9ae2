//! Files of messages: the provider gives a URL that needs the token.

use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{
    MediaFailure, MediaReference, MediaRequest, ProviderQuery, provider_url,
};
use patchbay_adapter::{Credential, Response};

use super::{Slack, error_code, is_id};

/// Domains of the provider's files.
const DOMAINS: &[&str] = &["slack.com", "slack-files.com"];
/// Errors that say that the file is not there (docs.slack.dev, `files.info`).
const GONE: &[&str] = &["file_not_found", "file_deleted"];

/// The request for a file's URL.
pub(super) fn request(adapter: &Slack, file: &MediaReference) -> Option<MediaRequest> {
    let [id] = &file.id[..] else {
        return None;
    };
    let url = is_id(id).then(|| format!("{}/files.info?file={id}", adapter.base))?;
    Some(MediaRequest::Lookup(query(adapter, url)))
}

/// The file's URL. A file of another service has none of the provider's.
pub(super) fn location(
    adapter: &Slack,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    let document = answer.json();
    if !document.flag(&["ok"]) {
        return Err(match document.text(&["error"]) {
            Some(error) if GONE.contains(&error) => MediaFailure::Gone,
            error => match error.and_then(error_code::find) {
                Some((_, kind)) => MediaFailure::of_kind(kind, answer.retry_after()),
                None => MediaFailure::of(answer),
            },
        });
    }
    if document.text(&["file", "mode"]) == Some("tombstone") {
        return Err(MediaFailure::Gone);
    }
    let url = document.text(&["file", "url_private_download"]);
    let url = url.or_else(|| document.text(&["file", "url_private"]));
    let url = url.and_then(|url| provider_url(url, DOMAINS, &adapter.base));
    Ok(query(adapter, url.ok_or(MediaFailure::Unsupported)?))
}

fn query(adapter: &Slack, url: String) -> ProviderQuery {
    ProviderQuery {
        url,
        credential: Some(Credential::Bearer(adapter.bot_token.first().clone())),
    }
}
