//! Files and links of a direct message.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Attributes, form, media};
use patchbay_config::web_address::WebAddress;
use patchbay_model::input::ATTACHMENTS;
use patchbay_model::interaction::{Attachment, Interaction};
use serde_json::{Map, Value, json};

use super::inbox::Account;

/// Domains of the provider's files. A URL there is signed and expires; it differs
/// between two deliveries of one message.
pub(crate) const FILE_DOMAINS: [&str; 3] = ["fbsbx.com", "fbcdn.net", "cdninstagram.com"];

/// Adds the attachments of a message with this id. A file is a reference by its
/// position: the host asks for its URL when it fetches it.
pub(super) fn add(
    account: Account<'_>,
    id: &str,
    message: &Value,
    interaction: &mut Interaction,
    attributes: &mut Attributes,
) {
    let mut links = Vec::new();
    let attachments = message.list("attachments").iter().enumerate();
    for (index, attachment) in attachments.take(ATTACHMENTS) {
        let kind = attachment.text(&["type"]).unwrap_or("other");
        let url = attachment.text(&["payload", "url"]);
        let url = url.or_else(|| attachment.text(&["url"]));
        let mut file = |kind: &str| {
            let index = index.to_string();
            let channel = account.inbox.product.direct;
            interaction.attachments.push(Attachment {
                url: media::reference(channel, account.id, &[id, &index]),
                ..media::bare(kind)
            });
        };
        match kind {
            "image" | "video" | "audio" => file(kind),
            "file" => file("document"),
            "story_mention" => {
                file("other");
                attributes.set("story_mention", Some(true.into()));
            }
            // Of these some are files and some links to a page.
            "fallback" | "share" | "post" | "ig_post" | "reel" | "ig_reel" | "ig_story" => {
                match url.filter(|url| !is_file(url)) {
                    Some(url) => links.push(link(url, attachment)),
                    None if kind.ends_with("reel") => {
                        file("video");
                        attributes.set("reel", Some(reel(attachment)));
                    }
                    None => file("other"),
                }
            }
            "template" => {
                let template = attachment.text(&["payload", "template_type"]);
                attributes.set("template", template.map(Value::from));
                if interaction.text.is_empty() {
                    let title = attachment.text(&["title"]);
                    interaction.text = title.unwrap_or_default().to_owned();
                }
            }
            kind => attributes.set("unsupported", Some(unsupported(kind))),
        }
        let sticker = attachment.id(&["payload", "sticker_id"]);
        attributes.set("sticker", sticker.map(|id| id.into_owned().into()));
    }
    if !links.is_empty() {
        attributes.set("links", Some(links.into()));
    }
}

/// What the provider does not pass on, or this version does not know.
pub(super) fn unsupported(kind: &str) -> Value {
    let kind = patchbay_adapter::field::cut(kind, 128);
    json!({"type": kind, "codes": []})
}

fn reel(attachment: &Value) -> Value {
    let id = attachment.id(&["payload", "reel_video_id"]);
    let title = attachment.text(&["payload", "title"]);
    let mut kept = Map::new();
    kept.extend(id.map(|id| ("id".to_owned(), id.into_owned().into())));
    kept.extend(title.map(|title| ("title".to_owned(), title.into())));
    Value::Object(kept)
}

/// A link with its title.
fn link(url: &str, attachment: &Value) -> Value {
    let title = attachment.text(&["payload", "title"]);
    let title = title.or_else(|| attachment.text(&["title"]));
    let mut kept = Map::new();
    kept.insert("url".to_owned(), unwrapped(url).into());
    kept.extend(title.map(|title| ("title".to_owned(), title.into())));
    Value::Object(kept)
}

fn has_domain(url: &str, domains: &[&str]) -> bool {
    let Ok(address) = WebAddress::parse(url) else {
        return false;
    };
    media::is_of_domain(address.host(), domains)
}

/// Whether a URL is of a file of the provider.
fn is_file(url: &str) -> bool {
    has_domain(url, &FILE_DOMAINS)
}

/// The page to which the provider's redirect leads, or the URL itself. A redirect has
/// a hash that differs between deliveries (assumption).
fn unwrapped(url: &str) -> String {
    if !has_domain(url, &["l.facebook.com", "l.instagram.com"]) {
        return url.to_owned();
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let parameters = form::parameters(query.as_bytes());
    let target = form::only(&parameters, "u").ok().flatten();
    let target = target.and_then(|target| std::str::from_utf8(target).ok());
    target.unwrap_or(url).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_provider_is_known_by_its_domain() {
        for (url, is) in [
            (
                "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=A",
                true,
            ),
            ("https://scontent.xx.FBCDN.net/v/1.jpg", true),
            ("https://fbcdn.net/1", true),
            ("https://notfbcdn.net/1", false),
            ("https://shop.example/?u=https://x.fbcdn.net/", false),
            ("no URL", false),
        ] {
            assert_eq!(is_file(url), is, "{url}");
        }
    }

    #[test]
    fn a_redirect_is_replaced_by_its_target() {
        for (url, page) in [
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fshop.example%2Fp%3Fa%3D1&h=AT0x",
                "https://shop.example/p?a=1",
            ),
            (
                "https://l.facebook.com/l.php?h=AT0x",
                "https://l.facebook.com/l.php?h=AT0x",
            ),
            ("https://shop.example/?u=x", "https://shop.example/?u=x"),
        ] {
            assert_eq!(unwrapped(url), page);
        }
    }
}
