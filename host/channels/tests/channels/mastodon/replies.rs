use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, adapter, open};
use crate::exchange::{reply, requests};

const TO: &str = "jo@social.example";

fn encode(reply: &Reply<'_>) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter().as_ref(), reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

fn answer<'a>(to_post: &'a str, text: &'a str) -> Reply<'a> {
    Reply {
        in_reply_to: Some(to_post),
        conversation: Some("0123456789abcdef0123456789abcdef"),
        ..reply("mastodon", ACCOUNT, TO, text)
    }
}

#[test]
fn a_reply_is_one_post_that_begins_with_the_mention() {
    let encoded = encode(&answer(
        "116165190311790011 public",
        "It left & comes today",
    ));
    let encoded = encoded.expect("encoded");
    let [(request, body)] = &encoded[..] else {
        panic!("{encoded:?}");
    };
    assert_eq!(request.url, "https://mastodon.example/api/v1/statuses");
    assert_eq!(request.content_type, "application/json");
    assert_eq!(request.key, "reply-01J/1");
    let key = ("idempotency-key", "reply-01J/1".to_owned());
    assert_eq!(request.headers, [key]);
    let Credential::Bearer(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), b"hush");
    assert_eq!(
        body,
        &json!({
            "status": "@jo@social.example It left & comes today",
            "in_reply_to_id": "116165190311790011",
            "visibility": "public",
        })
    );
}

/// The company's followers are not the customer's: what only followers could read is
/// answered in private.
#[test]
fn a_reply_is_never_visible_to_more_people_than_what_it_answers() {
    for (answered, expected) in [
        ("1 public", "public"),
        ("1 unlisted", "unlisted"),
        ("1 private", "direct"),
        ("1 direct", "direct"),
        ("1 limited", "direct"),
        ("1", "direct"),
        ("1 ", "direct"),
        ("1 public x", "direct"),
    ] {
        let encoded = encode(&answer(answered, "Hi")).expect("encoded");
        assert_eq!(encoded[0].1["visibility"], expected, "{answered}");
        assert_eq!(encoded[0].1["in_reply_to_id"], "1");
    }
}

#[test]
fn the_same_reply_has_the_same_bytes_at_every_attempt() {
    let first = encode(&answer("1 direct", &"Word. ".repeat(400))).expect("encoded");
    let later = Reply {
        now: "2026-03-03T12:00:00Z".parse().expect("a time"),
        ..answer("1 direct", "")
    };
    let text = "Word. ".repeat(400);
    let again = encode(&Reply {
        text: &text,
        ..later
    })
    .expect("encoded");
    let bytes = |encoded: &[(OutboundRequest, Value)]| -> Vec<_> {
        let parts = encoded.iter();
        parts
            .map(|(it, _)| (it.headers.clone(), it.body.clone()))
            .collect()
    };
    assert!(first.len() > 1);
    assert_eq!(bytes(&first), bytes(&again));
}

/// A link counts 23, and of the mention the name: `@jo ` is 4 characters.
#[test]
fn a_post_that_is_too_long_is_refused_and_not_divided() {
    let too_long = Some(EncodeError::TooLongForOne { limit: 500 });
    let link = format!("https://a.example/{}", "x".repeat(600));
    for (text, refused) in [
        ("a".repeat(496), None),
        ("a".repeat(497), too_long.clone()),
        ("👩‍👩‍👧‍👦".repeat(496), None),
        (format!("{} {link}", "a".repeat(472)), None),
        (format!("{} {link}", "a".repeat(473)), too_long.clone()),
    ] {
        for answered in ["1 public", "1 unlisted"] {
            assert_eq!(encode(&answer(answered, &text)).err(), refused, "{text}");
        }
    }
    let adapter = open(json!({"max-characters": 5_000})).expect("opened");
    let text = "a".repeat(4_996);
    assert!(requests(&*adapter, &answer("1 public", &text)).is_ok());
}

#[test]
fn a_private_mention_is_divided_and_each_part_has_the_mention() {
    let text = "A sentence with some words. ".repeat(60);
    let encoded = encode(&answer("1 private", &text)).expect("encoded");
    assert_eq!(encoded.len(), 4);
    for (index, (request, body)) in encoded.iter().enumerate() {
        assert_eq!(request.key, format!("reply-01J/{}", index + 1));
        assert_eq!(request.headers[0].1, request.key);
        let part = body["status"].as_str().expect("text");
        assert!(part.starts_with("@jo@social.example A sentence"), "{part}");
        assert!(part.chars().count() <= 500, "{part}");
        assert_eq!(body["in_reply_to_id"], "1");
    }
}

#[test]
fn a_content_warning_is_repeated_and_counts() {
    let text = "a".repeat(490);
    let short = Reply {
        subject: Some("Lamp"),
        ..answer("1 public", &text)
    };
    assert_eq!(
        encode(&short).expect("encoded")[0].1["spoiler_text"],
        "Lamp"
    );
    let long = Reply {
        subject: Some("A lamp!"),
        ..short
    };
    let too_long = EncodeError::TooLongForOne { limit: 500 };
    assert_eq!(encode(&long).err(), Some(too_long.clone()));
    // A warning that leaves no room.
    let warning = "x".repeat(512);
    let full = Reply {
        subject: Some(&warning),
        in_reply_to: Some("1 direct"),
        ..long
    };
    assert_eq!(encode(&full).err(), Some(too_long));
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let hi = answer("1 public", "Hi");
    let unanswered = Reply {
        in_reply_to: None,
        ..hi.clone()
    };
    assert_eq!(encode(&unanswered).err(), Some(EncodeError::Unanswered));
    for id in ["", "../1 public", "1/2", " public", "1?x=2 public"] {
        let other = answer(id, "Hi");
        assert_eq!(encode(&other).err(), Some(EncodeError::Address), "{id}");
    }
    for to in [
        "",
        "jo",
        "jo@",
        "@social.example",
        "j o@social.example",
        "jo@social.example @all",
    ] {
        let other = Reply { to, ..hi.clone() };
        assert_eq!(encode(&other).err(), Some(EncodeError::Address), "{to}");
    }
    let other = Reply {
        account: "care@other.example",
        ..hi.clone()
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(
        encode(&answer("1 public", " ")).err(),
        Some(EncodeError::Empty)
    );
    for (key, error) in [
        ("a\r\nb", EncodeError::KeyForm),
        ("é", EncodeError::KeyForm),
        (&"k".repeat(254), EncodeError::Key { limit: 255 }),
    ] {
        let other = Reply { key, ..hi.clone() };
        assert_eq!(encode(&other).err(), Some(error), "{key}");
    }
}
