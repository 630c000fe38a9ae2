//! Files of posts and direct messages. A reference has the id of the file, and behind `?`
//! what asks for it: the post, or the direct message with the name of its picture.
//!
//! The pictures and videos of posts, and the videos of direct messages, are at addresses that
//! need no token. The pictures of direct messages come from the API, with the user's token.

use patchbay_adapter::Response;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::{
    self, MediaFailure, MediaReference, MediaRequest, ProviderQuery, provider_url,
};
use patchbay_model::input::ATTACHMENTS;
use patchbay_model::interaction::Attachment;
use serde_json::Value;

use super::{DIRECT, PUBLIC, X, is_id, problem};

/// Domains of the provider's files.
const DOMAINS: &[&str] = &["twimg.com"];
/// What asks a post, or a direct message, for its files.
const EXPANSION: &str = "expansions=attachments.media_keys&media.fields=url,variants";
/// Most bytes of the name of a picture.
const NAME_BYTES: usize = 50;
/// Bits a second of the video that is downloaded: 720 lines. A better one can be longer than
/// the host takes, and shows an agent nothing more.
const BIT_RATE: u64 = 2_176_000;

/// The files of a post by their kind and id.
pub(super) fn of_post<'m>(
    adapter: &X,
    post: &str,
    files: impl Iterator<Item = (&'static str, &'m str)>,
) -> Vec<Attachment> {
    let files = files.take(ATTACHMENTS);
    let files = files.map(|(kind, id)| attachment((kind, PUBLIC), adapter, id, post));
    files.collect()
}

/// The file of a direct message with this id. Its address needs the token, or gives access
/// to anyone who has it.
pub(super) fn of_direct_message(adapter: &X, message: &str, data: &Value) -> Option<Attachment> {
    let file = data.at(&["attachment", "media"])?;
    let name = file.text(&["type"]).unwrap_or_default();
    let kind = of_type(name);
    let Some(id) = file.text(&["id_str"]) else {
        return Some(media::bare(kind));
    };
    let picture = file.text(&["media_url_https"]).and_then(picture_name);
    let asked = match picture.filter(|_| name == "photo") {
        Some(picture) => format!("{message}/{picture}"),
        None => message.to_owned(),
    };
    Some(attachment((kind, DIRECT), adapter, id, &asked))
}

fn attachment((kind, channel): (&str, &str), adapter: &X, id: &str, asked: &str) -> Attachment {
    let file = media::reference(channel, &adapter.account, &[id]);
    Attachment {
        url: file
            .zip(media::encode(asked))
            .map(|(file, asked)| format!("{file}?{asked}")),
        ..media::bare(kind)
    }
}

/// The kind of a file by its media key, `3_2080765800000000001`. The list of files
/// beside a post is not read: it can be absent in another delivery of the same post.
pub(super) fn of_key(key: &str) -> &'static str {
    match key.split_once('_') {
        Some(("3" | "16", _)) => "image",
        Some(("7" | "13", _)) => "video",
        _ => "other",
    }
}

/// The kind of a file by the provider's name.
pub(super) fn of_type(name: &str) -> &'static str {
    match name {
        "photo" | "animated_gif" => "image",
        "video" => "video",
        _ => "other",
    }
}

/// The request for a file, or for where it is.
pub(super) fn request(adapter: &X, file: &MediaReference) -> Option<MediaRequest> {
    let [id] = &file.id[..] else {
        return None;
    };
    let asked = file.download.as_deref()?;
    let (asked, picture) = match asked.split_once('/') {
        Some((asked, picture)) => (asked, Some(picture)),
        None => (asked, None),
    };
    if !is_id(number_of(id)) || !is_id(asked) {
        return None;
    }
    let base = &adapter.base;
    let lookup = match (&*file.channel, picture) {
        (PUBLIC, None) => format!("{base}/2/tweets/{asked}?{EXPANSION}"),
        (DIRECT, None) => {
            format!("{base}/2/dm_events/{asked}?dm_event.fields=attachments&{EXPANSION}")
        }
        (DIRECT, Some(picture)) => {
            let picture = picture_query(adapter, asked, id, picture)?;
            return Some(MediaRequest::Content(picture));
        }
        _ => return None,
    };
    Some(MediaRequest::Lookup(ProviderQuery {
        url: lookup,
        credential: Some(adapter.access.clone()),
    }))
}

/// Where the file of a post or of a direct message is.
pub(super) fn location(
    adapter: &X,
    reference: &MediaReference,
    answer: &Response<'_>,
) -> Result<ProviderQuery, MediaFailure> {
    let document = answer.json();
    let wanted = reference.id.first().map_or("", String::as_str);
    let files = document.at(&["includes"]).unwrap_or(&Value::Null);
    let mut files = files.list("media").iter();
    let found = files.find(|file| is_of_key(wanted, file.text(&["media_key"])));
    let Some(file) = found.filter(|_| answer.status == 200) else {
        return Err(problem::media_failure(answer, &document));
    };
    let url = best_variant(file).or_else(|| file.text(&["url"]));
    let url = url.ok_or(MediaFailure::Unsupported)?;
    if let Some(url) = provider_url(url, DOMAINS, &adapter.base) {
        let credential = None;
        return Ok(ProviderQuery { url, credential });
    }
    // The address of a picture of a direct message takes no token of OAuth 2.0.
    let message = reference.download.as_deref();
    let message = message.filter(|_| reference.channel == DIRECT);
    let picture = message.zip(picture_name(url));
    let query = picture.and_then(|(it, picture)| picture_query(adapter, it, wanted, picture));
    query.ok_or(MediaFailure::Unexpected)
}

/// The request for the picture of a direct message.
fn picture_query(adapter: &X, message: &str, id: &str, picture: &str) -> Option<ProviderQuery> {
    let number = number_of(id);
    let is_usable = is_id(message) && is_id(number) && is_picture_name(picture);
    let base = &adapter.base;
    is_usable.then(|| ProviderQuery {
        url: format!("{base}/2/dm_conversations/media/{message}/{number}/{picture}"),
        credential: Some(adapter.access.clone()),
    })
}

/// The address of the video of a file that an agent can see well enough.
fn best_variant(file: &Value) -> Option<&str> {
    let variants = file.list("variants").iter();
    let variants = variants.filter(|it| it.text(&["content_type"]) == Some("video/mp4"));
    let variants = variants.filter_map(|it| {
        let rate = it.get("bit_rate").and_then(Value::as_u64);
        Some((rate.unwrap_or_default(), it.text(&["url"])?))
    });
    let nearest = variants.min_by_key(|(rate, _)| (*rate > BIT_RATE, rate.abs_diff(BIT_RATE)));
    nearest.map(|(_, url)| url)
}

/// Whether a media key is the wanted one. The Account Activity API gives the number without
/// the kind before it.
fn is_of_key(wanted: &str, key: Option<&str>) -> bool {
    key.is_some_and(|key| key == wanted || number_of(key) == wanted)
}

/// The number of a media key.
fn number_of(key: &str) -> &str {
    key.split_once('_').map_or(key, |(_, number)| number)
}

/// The name of a picture, the end of its address.
fn picture_name(url: &str) -> Option<&str> {
    let (_, name) = url.rsplit_once('/')?;
    is_picture_name(name).then_some(name)
}

fn is_picture_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=NAME_BYTES).contains(&name.len())
        && name.bytes().all(is_part)
        && name.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_video_that_is_downloaded_is_good_and_not_too_long() {
        let rates = |rates: &[u64]| {
            let variants = rates.iter().map(|rate| {
                json!({"bit_rate": rate, "content_type": "video/mp4", "url": rate.to_string()})
            });
            let list = json!({"content_type": "application/x-mpegURL", "url": "list"});
            let variants: Vec<Value> = std::iter::once(list).chain(variants).collect();
            let file = json!({"variants": variants});
            best_variant(&file).map(str::to_owned)
        };
        for (offered, chosen) in [
            (&[632_000, 2_176_000, 950_000][..], Some("2176000")),
            (&[10_368_000, 632_000, 950_000], Some("950000")),
            (&[10_368_000, 5_000_000], Some("5000000")),
            (&[0], Some("0")),
            (&[], None),
        ] {
            assert_eq!(rates(offered).as_deref(), chosen, "{offered:?}");
        }
    }

    #[test]
    fn the_name_of_a_picture_changes_nothing_of_a_path() {
        for (url, name) in [
            (
                "https://ton.twitter.com/1.1/ton/data/dm/1/2/oP5p-3_9h.jpg",
                Some("oP5p-3_9h.jpg"),
            ),
            ("https://ton.twitter.com/1/2/a.jpg?x=1", None),
            ("https://ton.twitter.com/1/2/..", None),
            ("https://ton.twitter.com/1/2/", None),
            ("a.jpg", None),
        ] {
            assert_eq!(picture_name(url), name, "{url}");
        }
    }
}
