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

fn post<'a>(text: &'a str) -> Reply<'a> {
    Reply {
        in_reply_to: Some("2080765813578191303"),
        conversation: Some("0123456789abcdef0123456789abcdef"),
        ..reply("x", ACCOUNT, "2200000000000000002", text)
    }
}

#[test]
fn a_public_reply_is_one_post_below_the_answered_one() {
    let encoded = encode(&post("Está a caminho & chega hoje")).expect("encoded");
    let [(request, body)] = &encoded[..] else {
        panic!("{encoded:?}");
    };
    assert_eq!(request.url, "https://x.example/api/2/tweets");
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(request.content_type, "application/json");
    let Credential::Bearer(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), b"hush");
    assert_eq!(
        body,
        &json!({
            "text": "Está a caminho & chega hoje",
            "reply": {"in_reply_to_tweet_id": "2080765813578191303"},
        })
    );
}

/// By the count of X: a link counts 23, an emoji 2.
#[test]
fn a_public_reply_that_is_too_long_is_refused_and_not_divided() {
    let too_long = Some(EncodeError::TooLongForOne { limit: 280 });
    let link = format!("https://a.com/{}", "x".repeat(300));
    for (text, refused) in [
        ("a".repeat(280), None),
        ("a".repeat(281), too_long.clone()),
        ("😀".repeat(140), None),
        ("😀".repeat(141), too_long.clone()),
        (format!("{} {link}", "a".repeat(256)), None),
        (format!("{} {link}", "a".repeat(257)), too_long),
    ] {
        assert_eq!(encode(&post(&text)).err(), refused, "{text}");
    }
}

#[test]
fn a_direct_message_goes_to_the_person_in_numbered_parts() {
    let text = "Uma frase com algumas palavras. ".repeat(700);
    let to = |text| reply("x-direct", ACCOUNT, "2200000000000000002", text);
    let encoded = encode(&to(&text)).expect("encoded");
    assert_eq!(encoded.len(), 3);
    for (index, (request, body)) in encoded.iter().enumerate() {
        assert_eq!(request.key, format!("reply-01J/{}", index + 1));
        assert_eq!(
            request.url,
            "https://x.example/api/2/dm_conversations/with/2200000000000000002/messages"
        );
        let part = body["text"].as_str().expect("text");
        assert!((1..=10_000).contains(&part.chars().count()));
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1));
    }
    assert_eq!(encode(&to("Olá")).expect("encoded").len(), 1);
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let unanswered = Reply {
        in_reply_to: None,
        ..post("Olá")
    };
    assert_eq!(encode(&unanswered).err(), Some(EncodeError::Unanswered));
    for id in ["", "abc", "1/2", "../1", "1?x=2"] {
        let other = Reply {
            in_reply_to: Some(id),
            ..post("Olá")
        };
        assert_eq!(encode(&other).err(), Some(EncodeError::Address), "{id}");
        let direct = reply("x-direct", ACCOUNT, id, "Olá");
        assert_eq!(encode(&direct).err(), Some(EncodeError::Address), "{id}");
    }
    let other = Reply {
        account: "1",
        ..post("Olá")
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(encode(&post(" ")).err(), Some(EncodeError::Empty));
    let other = reply("sms", ACCOUNT, "1", "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Address));
}
