use jiff::Timestamp;
use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, JO, adapter};
use crate::exchange::{reply, requests};

const WRITTEN: &str = "2026-03-03T10:00:00.25Z";

fn encode(reply: &Reply<'_>) -> Result<(OutboundRequest, Value), EncodeError> {
    let mut requests = requests(adapter().as_ref(), reply)?;
    assert_eq!(requests.len(), 1);
    let request = requests.remove(0);
    let body = serde_json::from_slice(&request.body).expect("JSON");
    Ok((request, body))
}

fn post(did: &str, key: &str) -> String {
    format!("at://{did}/app.bsky.feed.post/{key}")
}

/// Of a post deep in a thread: its root is neither the post nor the one above it.
fn answered() -> String {
    let (parent, root) = (post(JO, "3parent"), post("did:web:ana.example", "3root"));
    format!("{parent} bafyparent {root} bafyroot jo.example")
}

fn answer<'a>(answered: &'a str, text: &'a str) -> Reply<'a> {
    Reply {
        in_reply_to: Some(answered),
        conversation: Some("0123456789abcdef0123456789abcdef"),
        written_at: WRITTEN.parse().expect("a time"),
        ..reply("bluesky", ACCOUNT, JO, text)
    }
}

#[test]
fn a_reply_names_its_parent_and_the_root_of_the_parent() {
    let (request, body) = encode(&answer(&answered(), "It left today")).expect("encoded");
    assert_eq!(
        request.url,
        "https://pds.example/xrpc/com.atproto.repo.putRecord"
    );
    assert_eq!(request.content_type, "application/json");
    assert_eq!(request.key, "reply-01J/1");
    assert!(matches!(request.credential, Credential::Token(_)));
    let key = body["rkey"].as_str().expect("a key");
    assert_eq!(key.len(), 13);
    assert_eq!(
        body,
        json!({
            "repo": ACCOUNT,
            "collection": "app.bsky.feed.post",
            "rkey": key,
            "record": {
                "$type": "app.bsky.feed.post",
                "text": "It left today",
                "createdAt": WRITTEN,
                "reply": {
                    "root": {"uri": post("did:web:ana.example", "3root"), "cid": "bafyroot"},
                    "parent": {"uri": post(JO, "3parent"), "cid": "bafyparent"},
                },
            },
        })
    );
}

/// What may have been written is written again under the same key.
#[test]
fn the_same_reply_has_the_same_bytes_at_every_attempt() {
    let answered = answered();
    let first = answer(&answered, "Hi");
    let (request, body) = encode(&first).expect("encoded");
    let later = Reply {
        now: "2026-03-04T10:00:00Z".parse().expect("a time"),
        ..first.clone()
    };
    assert_eq!(encode(&later).expect("encoded").0.body, request.body);
    let key = |reply: &Reply<'_>| encode(reply).expect("encoded").1["rkey"].clone();
    let other = Reply {
        key: "reply-01K",
        ..first.clone()
    };
    assert_ne!(key(&other), body["rkey"]);
    // Another text is another record under the same key, and no second post.
    let edited = Reply {
        text: "Ho",
        ..first
    };
    assert_eq!(key(&edited), body["rkey"]);
}

#[test]
fn links_mentions_and_topics_are_facets_by_bytes() {
    let text = "Olá @jo.example 👋 https://a.example/é #Ajuda @other.example";
    let (_, body) = encode(&answer(&answered(), text)).expect("encoded");
    let facet = |start: u64, end: u64, feature: Value| json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]});
    assert_eq!(
        body["record"]["facets"],
        json!([
            facet(
                5,
                16,
                json!({"$type": "app.bsky.richtext.facet#mention", "did": JO})
            ),
            facet(
                22,
                42,
                json!({"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/é"})
            ),
            facet(
                43,
                49,
                json!({"$type": "app.bsky.richtext.facet#tag", "tag": "Ajuda"})
            ),
        ])
    );
    // Without the handle there is no mention.
    let answered = answered();
    let without = answered.strip_suffix(" jo.example").expect("a handle");
    let (_, body) = encode(&answer(without, "@jo.example hi")).expect("encoded");
    assert_eq!(body["record"].get("facets"), None);
}

#[test]
fn a_post_that_is_too_long_is_refused_and_not_divided() {
    let characters = Some(EncodeError::TooLongForOne { limit: 300 });
    let bytes = Some(EncodeError::TooLongForOne { limit: 3_000 });
    for (text, refused) in [
        ("a".repeat(300), None),
        ("a".repeat(301), characters.clone()),
        ("é".repeat(300), None),
        // 25 bytes each.
        ("👩‍👩‍👧‍👦".repeat(120), None),
        ("👩‍👩‍👧‍👦".repeat(121), bytes),
        ("👩‍👩‍👧‍👦".repeat(301), characters),
    ] {
        assert_eq!(encode(&answer(&answered(), &text)).err(), refused, "{text}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let answered = answered();
    let hi = answer(&answered, "Hi");
    let unanswered = Reply {
        in_reply_to: None,
        ..hi.clone()
    };
    assert_eq!(encode(&unanswered).err(), Some(EncodeError::Unanswered));
    let parent = post(JO, "3parent");
    for id in [
        String::new(),
        parent.clone(),
        format!("{parent} bafy"),
        format!("{parent} bafy {parent}"),
        format!("{parent} bafy {parent} ba/fy"),
        format!("{parent} bafy https://a.example bafy"),
        format!("at://jo.example/app.bsky.feed.post/1 bafy {parent} bafy"),
        format!("{parent}  bafy {parent} bafy"),
    ] {
        assert_eq!(
            encode(&answer(&id, "Hi")).err(),
            Some(EncodeError::Address),
            "{id}"
        );
    }
    for to in ["", "jo.example", "did:plc:a b"] {
        let other = Reply { to, ..hi.clone() };
        assert_eq!(encode(&other).err(), Some(EncodeError::Address), "{to}");
    }
    let other = Reply {
        account: JO,
        ..hi.clone()
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(
        encode(&answer(&answered, " ")).err(),
        Some(EncodeError::Empty)
    );
    let early = Reply {
        written_at: Timestamp::MIN,
        ..hi
    };
    assert_eq!(encode(&early).err(), Some(EncodeError::Time));
}
