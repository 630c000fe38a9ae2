//! A notification and the post in it.

use jiff::Timestamp;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction, document,
};
use patchbay_model::channel::Visibility;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES as MODEL_NAME_BYTES};
use patchbay_model::interaction::{Attachment, Author};
use patchbay_model::language_tag;
use serde_json::Value;

use super::outbound::Answered;
use super::{Bluesky, CHANNEL, POSTS, is_cid, media, record_of};

/// Reasons whose post a customer wrote to the account.
pub(super) const REASONS: [&str; 3] = ["mention", "reply", "quote"];
/// Most links, and most labels, that are kept.
const LIST: usize = 32;
/// Most bytes of a link or of the description of a file.
const LINK_BYTES: usize = 2_048;
/// Most bytes of a label and of a handle.
const LABEL_BYTES: usize = 253;

/// The item of a delivery: a notification.
pub(super) fn decode(adapter: &Bluesky, body: &[u8]) -> Item {
    let notification = match document::parse(body) {
        Ok(notification) => notification,
        Err(problem) => return Item::undecodable("$", problem),
    };
    let Some(reason) = notification.text(&["reason"]) else {
        return Item::undecodable("reason", "is missing");
    };
    if !REASONS.contains(&reason) {
        return Item::event(&[reason]);
    }
    let uri = notification.text(&["uri"]);
    let Some((uri, (did, collection))) = uri.and_then(|uri| Some((uri, record_of(uri)?))) else {
        return Item::undecodable("uri", "is missing or not the URI of a record");
    };
    if collection != POSTS {
        return Item::event(&[reason, "other-record"]);
    }
    if did == adapter.account {
        return Item::event(&[reason, "own"]);
    }
    let Some(cid) = notification.text(&["cid"]).filter(|cid| is_cid(cid)) else {
        return Item::undecodable("cid", "is missing or not one");
    };
    let record = notification.get("record").unwrap_or(&Value::Null);
    let parent = reference(record, "parent");
    let root = reference(record, "root");
    let is_answer = record.get("reply").is_some_and(|reply| !reply.is_null());
    if (parent.is_some(), root.is_some()) != (is_answer, is_answer) {
        return Item::undecodable("record.reply", "has no root, or no parent");
    }
    message(adapter, &notification, (uri, cid, did), (root, parent))
}

/// URI and CID of the root or the parent of a post.
fn reference<'a>(record: &'a Value, name: &str) -> Option<(&'a str, &'a str)> {
    let uri = record.text(&["reply", name, "uri"]);
    let cid = record.text(&["reply", name, "cid"]);
    let uri = uri.filter(|uri| record_of(uri).is_some());
    uri.zip(cid.filter(|cid| is_cid(cid)))
}

type Reference<'a> = Option<(&'a str, &'a str)>;

fn message(
    adapter: &Bluesky,
    notification: &Value,
    (uri, cid, did): (&str, &str, &str),
    (root, parent): (Reference<'_>, Reference<'_>),
) -> Item {
    let record = notification.get("record").unwrap_or(&Value::Null);
    let (ids, account) = (&adapter.ids, adapter.account.as_str());
    let root = root.unwrap_or((uri, cid));
    let handle = notification.text(&["author", "handle"]);
    let handle = handle.filter(|it| it.len() <= LABEL_BYTES && !it.contains(char::is_whitespace));
    let name = notification.text(&["author", "displayName"]).or(handle);
    let embed = Embed::read(record);

    let mut attributes = Attributes::default();
    let provider_id = Answered::words((uri, cid), root, handle);
    attributes.set("provider_id", Some(provider_id.into()));
    attributes.set("username", handle.map(Value::from));
    attributes.set("quoted", embed.quoted.map(Value::from));
    attributes.set("links", list(links(record, embed.link)));
    attributes.set("descriptions", list(embed.descriptions()));
    let labels = notification.list("labels").iter();
    let labels = labels.filter_map(|label| label.text(&["val"]));
    let labels = labels.filter(|label| label.len() <= LABEL_BYTES);
    attributes.set("labels", list(labels.map(str::to_owned).collect()));

    let verified = ["verifiedStatus", "trustedVerifierStatus"]
        .iter()
        .any(|name| notification.text(&["author", "verification", name]) == Some("valid"));
    let mut interaction = blank_interaction(ids.id(account, uri), CHANNEL, Visibility::Public);
    interaction.account = Some(account.to_owned());
    interaction.text = record.text(&["text"]).unwrap_or_default().to_owned();
    let language = record.list("langs").first().and_then(Value::as_str);
    interaction.language = language.and_then(language_tag::normalize);
    // The other time of a post is what its author says.
    let time = notification.text(&["indexedAt"]);
    interaction.received_at = time.and_then(|at| at.parse::<Timestamp>().ok());
    interaction.author = Author {
        address: Some(did.to_owned()),
        name: name.map(|name| cut(name, MODEL_NAME_BYTES).to_owned()),
        reach: None,
        verified: verified.then_some(true),
    };
    // The thread of the customer, so that people below one post stay apart.
    interaction.conversation = Some(ids.conversation(account, &[root.0, did]));
    interaction.in_reply_to = parent.map(|(uri, _)| ids.id(account, uri));
    interaction.attachments = embed.files(account, did);
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item("record")
}

/// What a post shows beside its text.
struct Embed<'a> {
    quoted: Option<&'a str>,
    /// The page of a card.
    link: Option<&'a str>,
    images: &'a [Value],
    video: Option<&'a Value>,
}

impl<'a> Embed<'a> {
    fn read(record: &'a Value) -> Embed<'a> {
        let nothing = &Value::Null;
        let embed = record.get("embed").unwrap_or(nothing);
        // A quotation with a file has both, one level down.
        let media = embed.get("media").unwrap_or(embed);
        let quoted = embed.text(&["record", "uri"]);
        let quoted = quoted.or_else(|| embed.text(&["record", "record", "uri"]));
        Embed {
            quoted: quoted.filter(|uri| record_of(uri).is_some()),
            link: media.text(&["external", "uri"]),
            images: media.list("images"),
            video: media.get("video").map(|_| media),
        }
    }

    fn files(&self, account: &str, did: &str) -> Vec<Attachment> {
        let cid = |file: &Value, name: &str| {
            let cid = file.text(&[name, "ref", "$link"]).filter(|cid| is_cid(cid));
            cid.map(str::to_owned)
        };
        let images = self.images.iter().take(ATTACHMENTS);
        let images = images.filter_map(|it| Some(("image", cid(it, "image")?)));
        let videos = self.video.into_iter();
        let videos = videos.filter_map(|it| Some(("video", cid(it, "video")?)));
        let files = images.chain(videos).take(ATTACHMENTS);
        let files = files.map(|(kind, cid)| media::attachment(account, kind, did, &cid));
        files.collect()
    }

    /// What the author says that the files show.
    fn descriptions(&self) -> Vec<String> {
        let files = self.images.iter().take(ATTACHMENTS).chain(self.video);
        let texts = files.filter_map(|file| file.text(&["alt"]));
        texts.map(|text| cut(text, LINK_BYTES).to_owned()).collect()
    }
}

/// Where the links of a text lead: the text shows short forms of them.
fn links(record: &Value, card: Option<&str>) -> Vec<String> {
    let features = record
        .list("facets")
        .iter()
        .flat_map(|it| it.list("features"));
    let links = features
        .filter_map(|feature| feature.text(&["uri"]))
        .chain(card);
    let mut kept: Vec<String> = Vec::new();
    for link in links.filter(|link| link.len() <= LINK_BYTES) {
        if kept.len() < LIST && !kept.iter().any(|known| known == link) {
            kept.push(link.to_owned());
        }
    }
    kept
}

fn list(texts: Vec<String>) -> Option<Value> {
    (!texts.is_empty()).then(|| texts.into_iter().take(LIST).collect())
}
