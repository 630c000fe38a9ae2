use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, adapter};
use crate::exchange::{reply, requests};

fn encode(reply: &Reply<'_>) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter().as_ref(), reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

fn to<'a>(conversation: Option<&'a str>, text: &'a str) -> Reply<'a> {
    Reply {
        conversation,
        ..reply("slack", ACCOUNT, "U0ANA", text)
    }
}

/// Nothing in a reply is markup: it mentions no one and has no link with another text.
#[test]
fn a_reply_goes_into_the_thread_without_markup_and_with_the_planted_key() {
    let text = "<!channel> a & b *c*";
    let requests = encode(&to(Some("C0HELP:1767225600.000100"), text)).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.url, "https://slack.example/api/chat.postMessage");
    let Credential::Bearer(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), b"hush");
    assert_eq!(
        body,
        &json!({
            "channel": "C0HELP",
            "thread_ts": "1767225600.000100",
            "text": "&lt;!channel&gt; a &amp; b *c*",
            "mrkdwn": false,
            "metadata": {
                "event_type": "patchbay_reply",
                "event_payload": {"key": "reply-01J/1"},
            },
        })
    );
}

#[test]
fn a_direct_message_is_answered_in_its_channel() {
    for (conversation, channel) in [(Some("D0ANA"), "D0ANA"), (None, "U0ANA")] {
        let body = &encode(&to(conversation, "Olá")).expect("encoded")[0].1;
        assert_eq!(body["channel"], channel);
        assert!(body.get("thread_ts").is_none(), "{body}");
    }
}

#[test]
fn a_long_reply_has_numbered_parts() {
    let text = "Uma frase com algumas palavras. ".repeat(300);
    let requests = encode(&to(Some("D0ANA"), &text)).expect("encoded");
    assert_eq!(requests.len(), 3);
    for (index, (request, body)) in requests.iter().enumerate() {
        let key = format!("reply-01J/{}", index + 1);
        assert_eq!(request.key, key);
        assert_eq!(body["metadata"]["event_payload"]["key"], *key);
        let part = body["text"].as_str().expect("text");
        assert!((1..=4_000).contains(&part.chars().count()));
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    for conversation in [
        "",
        "c0help",
        "C0HELP:",
        "C0HELP:x",
        "C0HELP:1:2",
        "ana@a.example",
    ] {
        let refused = encode(&to(Some(conversation), "Olá")).err();
        assert_eq!(refused, Some(EncodeError::Address), "{conversation}");
    }
    let other = reply("slack", "T1", "U0ANA", "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(encode(&to(None, "")).err(), Some(EncodeError::Empty));
}
