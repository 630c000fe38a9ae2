//! Files of direct messages: the provider lists those of a message with a URL each,
//! which is signed and needs no token (assumption: in the order of the delivery).

use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{
    MediaFailure, MediaReference, MediaRequest, ProviderQuery, provider_url,
};
use patchbay_adapter::{Credential, Response};
use serde_json::Value;

use super::error_code::GRAPH;
use super::inbox::Inbox;
use crate::meta::attachment::FILE_DOMAINS;
use crate::meta::file;

/// Where an attachment of each kind has its URL.
const URLS: &[&[&str]] = &[
    &["image_data", "url"],
    &["video_data", "url"],
    &["file_url"],
    &["audio_data", "url"],
];

/// The request for the attachments of a message. A file of a public comment is shown by
/// the provider only.
pub(super) fn request(inbox: &Inbox, file: &MediaReference) -> Option<MediaRequest> {
    let [message, _] = &file.id[..] else {
        return None;
    };
    if file.channel != inbox.product.direct {
        return None;
    }
    let url = inbox.app.object_url(message)?;
    let token = inbox.app.access_token.first().clone();
    Some(MediaRequest::Lookup(ProviderQuery {
        url: format!("{url}?fields=attachments"),
        credential: Some(Credential::Bearer(token)),
    }))
}

/// The URL of the file at its position.
pub(super) fn location(
    inbox: &Inbox,
    reference: &MediaReference,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    let index = reference.id.last().and_then(|index| index.parse().ok());
    let index: usize = index.ok_or(MediaFailure::Unexpected)?;
    let url = file::location(answer, &GRAPH, |document| url(document, index))?;
    let url = provider_url(&url, &FILE_DOMAINS, inbox.app.endpoint());
    Ok(ProviderQuery {
        url: url.ok_or(MediaFailure::Unexpected)?,
        credential: None,
    })
}

fn url(document: &Value, index: usize) -> Option<&str> {
    let list = document.at(&["attachments", "data"])?;
    let file = list.as_array()?.get(index)?;
    URLS.iter().find_map(|path| file.text(path))
}
