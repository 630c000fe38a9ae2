use jiff::Timestamp;
use patchbay_adapter::{Adapter, Credential, EncodeError, OutboundRequest, Reply};
use patchbay_model::interaction::WrittenBy;
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT};
use crate::exchange::{reply, requests};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A direct message an hour after the customer wrote.
fn message(text: &str) -> Reply<'_> {
    Reply {
        in_reply_to: Some("m_a"),
        last_inbound: Some(time("2026-01-01T10:00:00Z")),
        now: time("2026-01-01T11:00:00Z"),
        ..reply("messenger", ACCOUNT, "7654321098765432", text)
    }
}

fn comment(text: &str) -> Reply<'_> {
    Reply {
        channel: "facebook",
        in_reply_to: Some("122093847561029384_1000000000000001"),
        ..message(text)
    }
}

fn with_agent_permission() -> Box<dyn Adapter> {
    let mut settings = (SUBJECT.settings)();
    settings["human-agent"] = true.into();
    (SUBJECT.kind().open)(&SUBJECT.config(settings)).expect("valid")
}

fn encode(
    adapter: &dyn Adapter,
    reply: &Reply<'_>,
) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter, reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

#[test]
fn a_direct_message_is_a_response_with_the_planted_key() {
    let requests = encode(SUBJECT.open().as_ref(), &message("Já vamos ver.")).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    let url = "https://graph.example/v24.0/102938475610293/messages";
    assert_eq!(
        (request.key.as_str(), request.url.as_str()),
        ("reply-01J/1", url)
    );
    let Credential::Bearer(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), b"hush");
    assert_eq!(
        body,
        &json!({
            "recipient": {"id": "7654321098765432"},
            "messaging_type": "RESPONSE",
            "message": {"text": "Já vamos ver.", "metadata": "reply-01J/1"},
        })
    );
}

#[test]
fn a_comment_is_answered_under_the_comment() {
    // Comments have no window.
    let late = Reply {
        now: time("2027-01-01T00:00:00Z"),
        ..comment("Às 10 h.")
    };
    let requests = encode(SUBJECT.open().as_ref(), &late).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    let url = "https://graph.example/v24.0/122093847561029384_1000000000000001/comments";
    assert_eq!(request.url, url);
    assert_eq!(body, &json!({"message": "Às 10 h."}));
    for (in_reply_to, error) in [
        (None, EncodeError::Unanswered),
        (Some("1/../2"), EncodeError::Address),
        (Some(""), EncodeError::Address),
    ] {
        let other = Reply {
            in_reply_to,
            ..comment("Olá")
        };
        let refused = SUBJECT.open().encode(&other).err();
        assert_eq!(refused, Some(error), "{in_reply_to:?}");
    }
}

#[test]
fn a_long_reply_has_parts_in_the_unit_of_its_channel() {
    let sentence = "Uma frase com algumas palavras. ";
    let text = sentence.repeat(100);
    for (reply, limit, field) in [
        (message(&text), 2_000, ["message", "text"].as_slice()),
        (comment(&text), 1_000, &["message"]),
    ] {
        let requests = encode(SUBJECT.open().as_ref(), &reply).expect("encoded");
        assert_eq!(requests.len(), text.len().div_ceil(limit), "{limit}");
        for (index, (request, body)) in requests.iter().enumerate() {
            assert_eq!(request.key, format!("reply-01J/{}", index + 1));
            let text = field.iter().fold(body, |value, name| &value[*name]);
            let text = text.as_str().expect("a text");
            assert!(
                text.chars().count() <= limit && text.ends_with('.'),
                "{text}"
            );
        }
    }
}

/// After a day only agents write, only with the tag, and only where the app has the
/// permission. Inside of the window there is no tag.
#[test]
fn the_tag_of_agents_is_used_after_the_window_only() {
    let adapters = [SUBJECT.open(), with_agent_permission()];
    let closed = Err(EncodeError::WindowClosed);
    for (now, written_by, without, with) in [
        (
            "2026-01-02T09:59:59Z",
            WrittenBy::Human,
            Ok("RESPONSE"),
            Ok("RESPONSE"),
        ),
        (
            "2026-01-02T09:59:59Z",
            WrittenBy::Policy,
            Ok("RESPONSE"),
            Ok("RESPONSE"),
        ),
        (
            "2026-01-02T10:00:00Z",
            WrittenBy::Human,
            closed.clone(),
            Ok("MESSAGE_TAG"),
        ),
        (
            "2026-01-02T10:00:00Z",
            WrittenBy::Policy,
            closed.clone(),
            closed.clone(),
        ),
        (
            "2026-01-08T09:59:59Z",
            WrittenBy::Human,
            closed.clone(),
            Ok("MESSAGE_TAG"),
        ),
        (
            "2026-01-08T10:00:00Z",
            WrittenBy::Human,
            closed.clone(),
            closed.clone(),
        ),
    ] {
        let reply = Reply {
            now: time(now),
            written_by,
            ..message("Olá")
        };
        for (adapter, expected) in adapters.iter().zip([without, with]) {
            let requests = encode(adapter.as_ref(), &reply);
            let kind = requests.map(|requests| {
                let body = &requests[0].1;
                let is_tagged = body.get("tag") == Some(&json!("HUMAN_AGENT"));
                let kind = body["messaging_type"].as_str().expect("a text").to_owned();
                assert_eq!(is_tagged, kind == "MESSAGE_TAG");
                kind
            });
            assert_eq!(kind, expected.map(str::to_owned), "{now} {written_by:?}");
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let long = "k".repeat(999);
    let other = |change: fn(&mut Reply<'_>)| {
        let mut reply = message("Olá");
        change(&mut reply);
        SUBJECT.open().encode(&reply).err()
    };
    assert_eq!(other(|it| it.text = " "), Some(EncodeError::Empty));
    assert_eq!(other(|it| it.account = "2"), Some(EncodeError::Account));
    assert_eq!(other(|it| it.to = "a/b"), Some(EncodeError::Address));
    assert_eq!(
        other(|it| it.channel = "whatsapp"),
        Some(EncodeError::Address)
    );
    let reply = Reply {
        key: &long,
        ..message("Olá")
    };
    let refused = SUBJECT.open().encode(&reply).err();
    assert_eq!(refused, Some(EncodeError::Key { limit: 1_000 }));
}
