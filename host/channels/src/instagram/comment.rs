//! Comments on posts of the account, and mentions of it elsewhere.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item};
use serde_json::{Map, Value};

use crate::meta::{Account, Comment};

/// A change of the field `comments`, `live_comments` or `mentions`.
pub(super) fn decode(account: Account<'_>, place: &str, field: &str, value: &Value) -> Item {
    match field {
        "mentions" => mention(account, place, value),
        field => comment(account, place, field, value),
    }
}

/// A comment. It has no time: that of the delivery is not the comment's.
fn comment(account: Account<'_>, place: &str, field: &str, value: &Value) -> Item {
    let Some(id) = value.text(&["id"]) else {
        return Item::undecodable(&format!("{place}.id"), "is missing");
    };
    let author = value.text(&["from", "id"]);
    let username = value.text(&["from", "username"]);
    let comment = Comment {
        id,
        post: value.text(&["media", "id"]),
        parent: value.text(&["parent_id"]),
        author,
        name: username,
        // The account has another id among those who comment.
        is_own: author.is_some()
            && (author == Some(account.id) || author == value.text(&["from", "self_ig_scoped_id"])),
    };
    let is_own = comment.is_own;
    let kind = InteractionKind::Message;
    let event = Item::event(&[field, "own"]);
    comment.into_item(account, kind, place, event, |interaction, attributes| {
        interaction.text = value.text(&["text"]).unwrap_or_default().to_owned();
        let username = username.filter(|_| !is_own);
        attributes.set("username", username.map(Value::from));
    })
}

/// A mention in a comment or a caption: ids only. The text, the author and the
/// time would need a request.
fn mention(account: Account<'_>, place: &str, value: &Value) -> Item {
    let media = value.text(&["media_id"]);
    let comment = value.text(&["comment_id"]);
    let Some(id) = comment.or(media) else {
        return Item::undecodable(&format!("{place}.media_id"), "is missing");
    };
    let mut kept = Map::new();
    kept.extend(media.map(|id| ("media_id".to_owned(), id.into())));
    kept.extend(comment.map(|id| ("comment_id".to_owned(), id.into())));
    let comment = Comment {
        id,
        post: media,
        parent: None,
        author: None,
        name: None,
        is_own: false,
    };
    let kind = InteractionKind::Message;
    let event = Item::event(&["mentions"]);
    comment.into_item(account, kind, place, event, |_, attributes| {
        attributes.set("mention", Some(Value::Object(kept)));
    })
}
