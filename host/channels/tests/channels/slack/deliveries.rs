use patchbay_adapter::{DecodedInteraction, Item, Outcome};
use patchbay_model::channel::Visibility;
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::{Delivery, message_id};

fn decode(event: Value) -> Item {
    let envelope = json!({"type": "event_callback", "team_id": ACCOUNT, "event": event});
    match &SUBJECT.decode_json(&envelope)[..] {
        [item] => item.clone(),
        other => panic!("{other:?}"),
    }
}

fn interaction(event: Value) -> DecodedInteraction {
    match decode(event) {
        Item::Interaction(decoded) => *decoded,
        other => panic!("{other:?}"),
    }
}

fn message(fields: Value) -> Value {
    let mut message = json!({
        "type": "message",
        "user": "U0ANA",
        "channel": "C0HELP",
        "ts": "1767225600.000100",
        "text": "a",
    });
    let fields = fields.as_object().expect("an object").clone();
    message.as_object_mut().expect("an object").extend(fields);
    message
}

/// An event that does not say it: `app_mention`, reactions.
#[test]
fn the_visibility_is_that_of_the_channel() {
    for (channel, channel_type, visibility) in [
        ("C0HELP", Some("channel"), Visibility::Public),
        ("C0HELP", Some("group"), Visibility::Private),
        ("C0HELP", None, Visibility::Public),
        ("G0HELP", None, Visibility::Private),
        ("D0HELP", None, Visibility::Private),
        ("D0HELP", Some("im"), Visibility::Private),
        ("G0HELP", Some("mpim"), Visibility::Private),
        ("C0HELP", Some("hologram"), Visibility::Private),
    ] {
        let mut event = message(json!({"channel": channel}));
        if let Some(channel_type) = channel_type {
            event["channel_type"] = channel_type.into();
        }
        let found = interaction(event).interaction.visibility;
        assert_eq!(found, Some(visibility), "{channel} {channel_type:?}");
    }
}

/// Retries differ in headers only, and a retry may be the only delivery.
#[test]
fn the_number_of_a_retry_changes_nothing() {
    let envelope =
        json!({"type": "event_callback", "team_id": ACCOUNT, "event": message(json!({}))});
    let delivery = |retry: Option<&str>| {
        let mut delivery = Delivery::new("application/json", envelope.to_string().as_bytes());
        if let Some(retry) = retry {
            delivery.header("x-slack-retry-num", retry);
            delivery.header("x-slack-retry-reason", "http_timeout");
        }
        SUBJECT.decode(delivery).expect("signed")
    };
    assert_eq!(delivery(None), delivery(Some("1")));
}

/// The ids of the receipt, of the echo and of reactions meet, and the echo names the
/// reply.
#[test]
fn what_refers_to_our_message_has_the_id_of_its_receipt() {
    let body = r#"{"ok":true,"channel":"C0HELP","ts":"1767225660.000200"}"#;
    let receipt = match answer(&*adapter(), 200, &[], body) {
        Outcome::Accepted(receipt) => receipt.provider_id,
        other => panic!("{other:?}"),
    };
    let id = message_id("slack", ACCOUNT, &receipt);
    let echo = interaction(message(json!({
        "ts": "1767225660.000200",
        "user": "U0BOT",
        "bot_id": "B0CARE",
        "metadata": {
            "event_type": "patchbay_reply",
            "event_payload": {"key": "reply-01J/1"},
        },
    })));
    assert_eq!(echo.kind.as_str(), "echo");
    assert_eq!(echo.interaction.id, id);
    assert_eq!(echo.key.as_deref(), Some("reply-01J/1"));
    let reaction = interaction(json!({
        "type": "reaction_added",
        "user": "U0ANA",
        "reaction": "eyes",
        "item": {"type": "message", "channel": "C0HELP", "ts": "1767225660.000200"},
    }));
    assert_eq!(reaction.interaction.id, id);
}

#[test]
fn forms_are_events() {
    for (body, name) in [
        (
            "payload=%7B%22type%22%3A%22view_submission%22%7D",
            "interactive.view_submission",
        ),
        ("token=x&command=%2Fweather&text=94070", "slash_command"),
        ("payload=x", "interactive.other"),
    ] {
        let delivery = Delivery::new("application/x-www-form-urlencoded", body.as_bytes());
        let items = SUBJECT.decode(delivery).expect("signed");
        let name = name.to_owned();
        assert_eq!(items, [Item::Event { name }]);
    }
}
