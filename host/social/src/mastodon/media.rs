//! Files of statuses. The server says where a file is; anyone who has its address may read
//! it, so no request for a file has the token.

use patchbay_adapter::Response;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{
    self, MediaFailure, MediaReference, MediaRequest, ProviderQuery, open_query,
};
use patchbay_model::interaction::Attachment;

use super::{CHANNEL, Mastodon, is_id};

/// A file of a status.
pub(super) fn attachment(adapter: &Mastodon, kind: &str, status: &str, file: &str) -> Attachment {
    Attachment {
        url: media::reference(CHANNEL, &adapter.account, &[status, file]),
        ..media::bare(kind)
    }
}

/// The request for the status that has the file.
pub(super) fn request(adapter: &Mastodon, file: &MediaReference) -> Option<MediaRequest> {
    let [status, id] = &file.id[..] else {
        return None;
    };
    let is_known = is_id(status) && is_id(id);
    is_known.then(|| MediaRequest::Lookup(adapter.query(&format!("/api/v1/statuses/{status}"))))
}

/// The file's address in the status. The server's own copy, else that of the author's server.
pub(super) fn location(
    adapter: &Mastodon,
    file: &MediaReference,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    if answer.status != 200 {
        return Err(MediaFailure::of(answer));
    }
    let status = answer.json();
    if status.id(&["id"]).as_deref() != file.id.first().map(String::as_str) {
        return Err(MediaFailure::Unexpected);
    }
    let wanted = file.id.get(1).map(String::as_str);
    let mut files = status.list("media_attachments").iter();
    let found = files.find(|it| it.id(&["id"]).as_deref() == wanted);
    let found = found.ok_or(MediaFailure::Gone)?;
    let addresses = ["url", "remote_url"].into_iter();
    let mut addresses = addresses.filter_map(|name| found.text(&[name]));
    let query = addresses.find_map(|url| open_query(url, &adapter.base));
    query.ok_or(MediaFailure::Unsupported)
}
