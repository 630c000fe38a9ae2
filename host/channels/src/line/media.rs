//! Files of messages, from the provider's host for content. A video can take a while
//! until it is ready (status 202).

use patchbay_adapter::Credential;
use patchbay_adapter::media::{MediaReference, MediaRequest, ProviderQuery};

use super::Line;

/// The request for the file of a message.
pub(super) fn request(adapter: &Line, file: &MediaReference) -> Option<MediaRequest> {
    let [message] = &file.id[..] else {
        return None;
    };
    let is_id = message.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then(|| {
        MediaRequest::Content(ProviderQuery {
            url: format!("{}/v2/bot/message/{message}/content", adapter.content_base),
            credential: Some(Credential::Bearer(adapter.access_token.first().clone())),
        })
    })
}
