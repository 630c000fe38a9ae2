//! Files of an MMS. The provider may redirect to where it stores them, by a URL that is
//! signed and needs no token.

use patchbay_adapter::Response;
use patchbay_adapter::media::{
    MediaFailure, MediaReference, MediaRequest, ProviderQuery, provider_url,
};

use super::{Twilio, is_sid};

/// Domains of the provider's files (assumption).
const DOMAINS: &[&str] = &["twilio.com", "twiliocdn.com", "amazonaws.com"];

/// The request for a file of a message.
pub(super) fn request(adapter: &Twilio, file: &MediaReference) -> Option<MediaRequest> {
    let [message, id] = &file.id[..] else {
        return None;
    };
    let is_message = is_sid(message, "MM") || is_sid(message, "SM");
    if !is_message || !is_sid(id, "ME") {
        return None;
    }
    Some(MediaRequest::Content(ProviderQuery {
        url: format!(
            "{}/Messages/{message}/Media/{id}",
            adapter.account.resource()
        ),
        credential: Some(adapter.account.credential()),
    }))
}

/// Where a redirect leads.
pub(super) fn location(
    adapter: &Twilio,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Err(MediaFailure::of(answer));
    }
    let place = answer.headers.only("location").ok().flatten();
    let url = place.and_then(|place| provider_url(place, DOMAINS, adapter.account.resource()));
    Ok(ProviderQuery {
        url: url.ok_or(MediaFailure::Unexpected)?,
        credential: None,
    })
}
