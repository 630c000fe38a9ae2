//! An event of the X Activity API.

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item};
use serde_json::Value;

use super::message::{Message, found_user};
use super::post::{Post, Wording};
use super::{PUBLIC, X, delivery, direct_message, is_id, media};

/// Types whose payload is a post. The type says by which subscription it came.
const POSTS: &[&str] = &[
    "post.create",
    "post.mention.create",
    "post.reply.create",
    "post.quote.create",
];
/// Place of the payload.
const PAYLOAD: &str = "data.payload";

/// The items of an event. `event_uuid` and `tag` belong to the delivery.
pub(super) fn decode(adapter: &X, event: &Value) -> Vec<Item> {
    let nothing = &Value::Null;
    let payload = event.get("payload").unwrap_or(nothing);
    let Some(kind) = event.text(&["event_type"]) else {
        return vec![Item::undecodable("data.event_type", "is missing")];
    };
    // Its filter can be empty.
    if kind == delivery::REVOKED {
        return vec![delivery::revoked(adapter, payload.text(&["user_id"]))];
    }
    let is_decoded = POSTS.contains(&kind)
        || matches!(
            kind,
            "post.delete" | "dm.received" | "dm.sent" | "chat.received" | "chat.sent"
        );
    if !is_decoded {
        return vec![Item::event(&[kind])];
    }
    match event.text(&["filter", "user_id"]) {
        Some(user) if user == adapter.account => {}
        Some(_) => return vec![Item::event(&["unknown-account"])],
        None => return vec![Item::undecodable("data.filter.user_id", "is missing")],
    }
    let includes = event.get("includes").unwrap_or(nothing);
    match kind {
        "post.delete" => vec![deletion(adapter, kind, payload, includes)],
        "dm.received" | "dm.sent" => direct_messages(adapter, kind, payload),
        "chat.received" | "chat.sent" => {
            vec![direct_message::decode_chat(adapter, kind, PAYLOAD, payload)]
        }
        _ => vec![post(adapter, kind, payload, includes)],
    }
}

fn direct_messages(adapter: &X, kind: &str, payload: &Value) -> Vec<Item> {
    let events = payload.list("direct_message_events");
    if events.is_empty() {
        return vec![Item::event(&[kind])];
    }
    let users = payload.get("users");
    Item::bounded(events.iter().enumerate().map(|(index, event)| {
        let place = format!("{PAYLOAD}.direct_message_events[{index}]");
        direct_message::decode(adapter, kind, &place, event, users)
    }))
}

fn post(adapter: &X, kind: &str, payload: &Value, includes: &Value) -> Item {
    let id = payload.text(&["id"]).filter(|id| is_id(id));
    let Some(id) = id else {
        return Item::undecodable(&format!("{PAYLOAD}.id"), "is missing or not an id");
    };
    let references = payload.list("referenced_tweets");
    let reference = |kind: &str| {
        let mut found = references
            .iter()
            .filter(|it| it.text(&["type"]) == Some(kind));
        found.next()?.text(&["id"])
    };
    let parent = reference("replied_to").or(payload.text(&["in_reply_to_tweet_id"]));
    let included = |id: &str| {
        let mut posts = includes.list("tweets").iter();
        posts.find(|post| post.text(&["id"]) == Some(id))
    };
    let parent_post = parent.and_then(included);
    let answered = payload.text(&["in_reply_to_user_id"]);
    let answered = answered.or_else(|| parent_post?.text(&["author_id"]));
    let author = payload.text(&["author_id"]);
    let customer = match author == Some(&adapter.account) {
        true => answered,
        false => author,
    };
    let note = payload.get("note_tweet");
    let note = note.filter(|note| note.text(&["text"]).is_some());
    let wording = note.unwrap_or(payload);
    let keys = payload.at(&["attachments"]).unwrap_or(&Value::Null);
    let keys = keys.list("media_keys").iter().filter_map(Value::as_str);
    let post = Post {
        id,
        first: first_id(payload).unwrap_or(id),
        author,
        answered,
        user: customer.and_then(|id| found_user(includes.list("users"), id)),
        at: payload
            .text(&["created_at"])
            .and_then(|at| at.parse::<Timestamp>().ok()),
        language: payload.text(&["lang"]),
        thread: payload.text(&["conversation_id"]),
        parent: parent.map(|id| parent_post.and_then(first_id).unwrap_or(id)),
        quoted: reference("quoted"),
        is_repost: reference("retweeted").is_some(),
        wording: Wording {
            text: wording.text(&["text"]).unwrap_or_default(),
            range: payload.list("display_text_range"),
            links: wording.at(&["entities"]).or(payload.at(&["entities"])),
        },
        media: media::of_post(adapter, id, keys.map(|key| (media::of_key(key), key))),
        has_blocked_author: false,
    };
    post.into_item(adapter, kind, PAYLOAD)
}

/// The id of the first wording of a post: every edit has a new one.
fn first_id(post: &Value) -> Option<&str> {
    let first = post.list("edit_history_tweet_ids").first()?.as_str();
    first.filter(|id| is_id(id))
}

/// Intake takes deletions by customers only.
fn deletion(adapter: &X, kind: &str, payload: &Value, includes: &Value) -> Item {
    let author = payload.text(&["author_id"]);
    if author == Some(&adapter.account) {
        return Item::event(&[kind]);
    }
    let id = payload.text(&["id"]).filter(|id| is_id(id));
    let Some(id) = id else {
        return Item::undecodable(&format!("{PAYLOAD}.id"), "is missing or not an id");
    };
    let user = author.and_then(|id| found_user(includes.list("users"), id));
    let mut message = Message::new(adapter, PUBLIC, id);
    message.set_customer(author, user);
    message.into_item(InteractionKind::Delete, PAYLOAD)
}
