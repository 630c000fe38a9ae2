//! Pictures of posts, which anyone can read.

use patchbay_adapter::media::{self, MediaReference, MediaRequest, ProviderQuery};
use patchbay_model::interaction::Attachment;

use super::{CHANNEL, is_cid, is_did};

/// The network's own server of pictures.
const PICTURES: &str = "https://cdn.bsky.app/img/feed_fullsize/plain";

/// A file in the repository of an author. Of a video only the network's player has the
/// address.
pub(super) fn attachment(account: &str, kind: &str, did: &str, cid: &str) -> Attachment {
    Attachment {
        url: media::reference(CHANNEL, account, &[kind, did, cid]),
        ..media::bare(kind)
    }
}

/// The request for a picture.
pub(super) fn request(file: &MediaReference) -> Option<MediaRequest> {
    let [kind, did, cid] = &file.id[..] else {
        return None;
    };
    let is_picture = kind == "image" && is_did(did) && is_cid(cid);
    is_picture.then(|| {
        MediaRequest::Content(ProviderQuery {
            url: format!("{PICTURES}/{did}/{cid}@jpeg"),
            credential: None,
        })
    })
}
