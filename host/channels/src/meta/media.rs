//! Files of direct messages, comments and posts: the provider lists those of each with a URL,
//! which is signed and needs no token (assumption: in the order of the delivery). The
//! reference of a public one names the field with the list behind `?`.

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

/// Field with the file of a comment.
pub(crate) const OF_COMMENT: &str = "attachment";
/// Field with the files of a post, and with those of a direct message.
pub(crate) const OF_POST: &str = "attachments";

/// Where an attachment of each kind of a direct message has its URL.
const DIRECT_URLS: &[&[&str]] = &[
    &["image_data", "url"],
    &["video_data", "url"],
    &["file_url"],
    &["audio_data", "url"],
];

/// The request for the attachments of a message, comment or post.
pub(super) fn request(inbox: &Inbox, file: &MediaReference) -> Option<MediaRequest> {
    let [object, _] = &file.id[..] else {
        return None;
    };
    let field = match file.download.as_deref() {
        None if file.channel == inbox.product.direct => OF_POST,
        Some(field @ (OF_COMMENT | OF_POST)) if file.channel == inbox.product.public => field,
        _ => return None,
    };
    let url = inbox.app.object_url(object)?;
    let token = inbox.app.access_token.first().clone();
    Some(MediaRequest::Lookup(ProviderQuery {
        url: format!("{url}?fields={field}"),
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
    let document = answer.json();
    file::check(answer, &document, &GRAPH)?;
    let urls = match reference.channel == inbox.product.direct {
        true => direct_urls(&document, index),
        false => public_urls(&document, index),
    };
    let urls = urls.ok_or(MediaFailure::Gone)?;
    if urls.is_empty() {
        return Err(MediaFailure::Unsupported);
    }
    let endpoint = inbox.app.endpoint();
    let mut usable = urls.into_iter();
    let url = usable.find_map(|url| provider_url(url, &FILE_DOMAINS, endpoint));
    Ok(ProviderQuery {
        url: url.ok_or(MediaFailure::Unexpected)?,
        credential: None,
    })
}

/// Where the file of a direct message is; `None`: it has no such file.
fn direct_urls(document: &Value, index: usize) -> Option<Vec<&str>> {
    let list = document.at(&[OF_POST, "data"])?;
    let file = list.as_array()?.get(index)?;
    let url = DIRECT_URLS.iter().find_map(|path| file.text(path))?;
    Some(vec![url])
}

/// Where the file of a comment or post is, the best first; `None`: it has no such file. The
/// picture of a video is not the video.
fn public_urls(document: &Value, index: usize) -> Option<Vec<&str>> {
    let of_comment = document.get(OF_COMMENT).into_iter();
    let of_post = document.at(&[OF_POST]).unwrap_or(&Value::Null);
    let attachments = of_comment.chain(of_post.list("data"));
    // The pictures of an album are below one attachment.
    let mut files = attachments.flat_map(|attachment| {
        let below = attachment.at(&["subattachments"]).unwrap_or(&Value::Null);
        match below.list("data") {
            [] => std::slice::from_ref(attachment),
            below => below,
        }
    });
    let file = files.nth(index)?;
    let is_video = file
        .text(&["type"])
        .is_some_and(|it| it.starts_with("video"));
    let video = file.text(&["media", "source"]);
    let picture = file.text(&["media", "image", "src"]);
    let urls = video.into_iter().chain(picture.filter(|_| !is_video));
    Some(urls.collect())
}
