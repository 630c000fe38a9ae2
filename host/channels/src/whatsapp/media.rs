//! Files of messages. The provider gives a URL for five minutes, which needs the token;
//! it keeps a file for seven days (assumption).

use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{
    MediaFailure, MediaReference, MediaRequest, ProviderQuery, provider_url,
};
use patchbay_adapter::{Credential, Response};

use super::{CODES, WhatsApp};
use crate::meta;

/// Domains of the provider's files.
const DOMAINS: &[&str] = &["fbsbx.com", "fbcdn.net", "whatsapp.net"];

/// The request for a file's URL. The number must be the one that received it.
pub(super) fn request(adapter: &WhatsApp, file: &MediaReference) -> Option<MediaRequest> {
    let [id] = &file.id[..] else {
        return None;
    };
    let url = adapter.app.object_url(id)?;
    Some(MediaRequest::Lookup(query(
        adapter,
        format!("{url}?phone_number_id={}", file.account),
    )))
}

/// The file's URL.
pub(super) fn location(
    adapter: &WhatsApp,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    let document = answer.json();
    meta::check_file(answer, &document, &CODES)?;
    let url = document.text(&["url"]).ok_or(MediaFailure::Gone)?;
    let url = provider_url(url, DOMAINS, adapter.app.endpoint());
    Ok(query(adapter, url.ok_or(MediaFailure::Unexpected)?))
}

fn query(adapter: &WhatsApp, url: String) -> ProviderQuery {
    ProviderQuery {
        url,
        credential: Some(Credential::Bearer(adapter.app.access_token.first().clone())),
    }
}
