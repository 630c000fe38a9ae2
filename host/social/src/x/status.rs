//! A post and a deletion as the Account Activity API delivers them.

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item};
use serde_json::Value;

use super::message::Message;
use super::post::{Post, Wording};
use super::{PUBLIC, X, is_id, media};

/// Names of the lists, by which events are counted.
const CREATED: &str = "tweet_create_events";
const DELETED: &str = "tweet_delete_events";

/// The item of a post. Ids are read as text: the number beside is rounded.
pub(super) fn decode(adapter: &X, delivery: &Value, place: &str, status: &Value) -> Item {
    let id = status.text(&["id_str"]).filter(|id| is_id(id));
    let Some(id) = id else {
        return Item::undecodable(&format!("{place}.id_str"), "is missing or not an id");
    };
    let author = status.text(&["user", "id_str"]);
    let extended = status.get("extended_tweet");
    let extended = extended.filter(|it| it.text(&["full_text"]).is_some());
    let wording = extended.unwrap_or(status);
    let text = wording.text(&["full_text"]).or(wording.text(&["text"]));
    let files = wording.at(&["extended_entities", "media"]);
    let files = files.or(status.at(&["extended_entities", "media"]));
    let files = files.and_then(Value::as_array).into_iter().flatten();
    let files = files.filter_map(|file| {
        let kind = media::of_type(file.text(&["type"]).unwrap_or_default());
        Some((kind, file.text(&["id_str"])?))
    });
    let at = status.milliseconds("timestamp_ms");
    let post = Post {
        id,
        first: id,
        author,
        answered: status.text(&["in_reply_to_user_id_str"]),
        user: status
            .get("user")
            .filter(|_| author != Some(&adapter.account)),
        at: at.or_else(|| status.text(&["created_at"]).and_then(time)),
        language: status.text(&["lang"]),
        thread: None,
        parent: status.text(&["in_reply_to_status_id_str"]),
        quoted: status.text(&["quoted_status_id_str"]),
        is_repost: status.get("retweeted_status").is_some_and(Value::is_object),
        wording: Wording {
            text: text.unwrap_or_default(),
            range: wording.list("display_text_range"),
            links: wording.at(&["entities"]),
        },
        media: media::of_post(adapter, id, files),
        // It is a text here.
        has_blocked_author: delivery.flag(&["user_has_blocked"])
            || delivery.text(&["user_has_blocked"]) == Some("true"),
    };
    post.into_item(adapter, CREATED, place)
}

/// The item of a deletion. Intake takes deletions by customers only.
pub(super) fn decode_deletion(adapter: &X, place: &str, deletion: &Value) -> Item {
    let author = deletion.text(&["status", "user_id"]);
    if author == Some(&adapter.account) {
        return Item::event(&[DELETED]);
    }
    let id = deletion.text(&["status", "id"]).filter(|id| is_id(id));
    let Some(id) = id else {
        return Item::undecodable(&format!("{place}.status.id"), "is missing or not an id");
    };
    let mut message = Message::new(adapter, PUBLIC, id);
    message.interaction.received_at = deletion.milliseconds("timestamp_ms");
    message.set_customer(author, None);
    message.into_item(InteractionKind::Delete, place)
}

/// `Fri Jul 24 21:23:23 +0000 2026`.
fn time(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%a %b %d %H:%M:%S %z %Y", text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_or_is_none() {
        for (text, expected) in [
            (
                "Fri Jul 24 21:23:23 +0000 2026",
                Some("2026-07-24T21:23:23Z"),
            ),
            ("Mon Jul 24 21:23:23 +0000 2026", None),
            ("2026-07-24T21:23:23Z", None),
            ("", None),
        ] {
            let found = time(text).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
