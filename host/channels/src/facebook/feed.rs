//! What people write on a page in public: comments, posts on the page, and mentions
//! of the page elsewhere.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Attributes, InteractionKind, Item, media};
use patchbay_model::input::ATTACHMENTS;
use patchbay_model::interaction::{Attachment, Interaction};
use serde_json::{Value, json};

use crate::meta::{Account, Comment, OF_COMMENT, OF_POST};

/// A change of the field `feed` or `mention`.
pub(super) fn decode(account: Account<'_>, place: &str, field: &str, value: &Value) -> Item {
    let Some(item) = value.text(&["item"]) else {
        return Item::undecodable(&format!("{place}.item"), "is missing");
    };
    let is_mention = field == "mention";
    // A mention can name its author in fields of its own.
    let author = value.text(&["from", "id"]);
    let author = author.or_else(|| value.text(&["sender_id"]));
    let is_own = author == Some(account.id);
    let is_comment = match item {
        "comment" => true,
        // What the page publishes opens no conversation, and of a post without an
        // author nothing says that it is not the page's.
        "post" | "status" | "photo" | "video" | "share" if author.is_some() && !is_own => false,
        _ => return Item::event(&[field, item]),
    };
    let verb = value.text(&["verb"]).unwrap_or("other");
    let event = Item::event(&[field, item, verb]);
    let kind = match verb {
        "add" => InteractionKind::Message,
        "edit" | "edited" => InteractionKind::Edit,
        "remove" | "delete" => InteractionKind::Delete,
        _ => return event,
    };
    let post = value.text(&["post_id"]);
    let name = match is_comment {
        true => "comment_id",
        false => "post_id",
    };
    let Some(id) = value.text(&[name]) else {
        return Item::undecodable(&format!("{place}.{name}"), "is missing");
    };
    let parent = value.text(&["parent_id"]).filter(|_| is_comment);
    let comment = Comment {
        id,
        post,
        parent: parent.filter(|parent| Some(*parent) != post),
        author,
        name: value
            .text(&["from", "name"])
            .or_else(|| value.text(&["sender_name"])),
        is_own,
    };
    comment.into_item(account, kind, place, event, |interaction, attributes| {
        interaction.received_at = value.seconds("created_time");
        if kind != InteractionKind::Delete {
            add_content(account, id, item, value, interaction, attributes);
        }
        attributes.set("mention", is_mention.then_some(true.into()));
    })
}

/// Adds text, files and link. A URL of a photo is signed and expires: the host asks
/// for it when it fetches the file.
fn add_content(
    account: Account<'_>,
    id: &str,
    item: &str,
    value: &Value,
    interaction: &mut Interaction,
    attributes: &mut Attributes,
) {
    interaction.text = value.text(&["message"]).unwrap_or_default().to_owned();
    let kind = match item {
        "video" => "video",
        _ => "image",
    };
    let mut files = vec![
        value.text(&["photo"]).map(|_| "image"),
        value.text(&["video"]).map(|_| "video"),
    ];
    let several = value.list("photos").iter().take(ATTACHMENTS);
    files.extend(several.map(|photo| photo.as_str().map(|_| "image")));
    let link = value.text(&["link"]);
    let is_file = matches!(item, "photo" | "video");
    let has_file = files.iter().any(Option::is_some);
    files.push(link.filter(|_| is_file && !has_file).map(|_| kind));
    let files = files.into_iter().flatten().take(ATTACHMENTS).enumerate();
    let field = match item {
        "comment" => OF_COMMENT,
        _ => OF_POST,
    };
    let files = files.map(|(index, kind)| {
        let file = media::reference("facebook", account.id, &[id, &index.to_string()]);
        Attachment {
            url: file.map(|file| format!("{file}?{field}")),
            ..media::bare(kind)
        }
    });
    interaction.attachments = files.collect();
    if item == "share" {
        let link = link.map(|url| json!([{"url": url}]));
        attributes.set("links", link);
    }
    let is_hidden = value.flag(&["is_hidden"]);
    attributes.set("is_hidden", is_hidden.then_some(true.into()));
}
