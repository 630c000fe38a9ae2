use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, adapter};
use crate::exchange::{reply, requests};

fn encode(reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError> {
    requests(adapter().as_ref(), reply)
}

fn post<'a>(text: &'a str) -> Reply<'a> {
    Reply {
        in_reply_to: Some("4520:7"),
        conversation: Some("0123456789abcdef0123456789abcdef"),
        ..reply("discourse", ACCOUNT, "20417", text)
    }
}

#[test]
fn a_reply_is_one_post_below_the_answered_one() {
    let requests = encode(&post("Está a caminho & **chega** hoje")).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.url, "https://discourse.example/posts.json");
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(request.content_type, "application/json");
    assert_eq!(
        request.headers,
        [("api-username", "Northwind_Care".to_owned())]
    );
    let Credential::Header { name, value } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(
        (*name, value.expose()),
        ("api-key", &b"key-of-the-test"[..])
    );
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "topic_id": 4520,
            "raw": "Está a caminho & **chega** hoje",
            "reply_to_post_number": 7,
        })
    );
    assert!(!format!("{request:?}").contains("key-of-the-test"));
    // A retry is the same bytes.
    let again = encode(&post("Está a caminho & **chega** hoje")).expect("encoded");
    assert_eq!(again[0].body, request.body);
}

#[test]
fn without_a_base_of_the_api_a_reply_goes_to_the_forum() {
    let mut settings = super::settings();
    settings["account"] = "northwind.example/forum".into();
    settings
        .as_object_mut()
        .expect("an object")
        .remove("api-base");
    let kind = super::SUBJECT.kind();
    let adapter = (kind.open)(&super::SUBJECT.config(settings)).expect("valid settings");
    let reply = Reply {
        account: "northwind.example/forum",
        ..post("Olá")
    };
    let requests = requests(&*adapter, &reply).expect("encoded");
    assert_eq!(
        requests[0].url,
        "https://northwind.example/forum/posts.json"
    );
    assert!(adapter.serves("northwind.example/forum") && !adapter.serves(ACCOUNT));
}

#[test]
fn a_reply_that_is_too_long_is_refused_and_not_divided() {
    assert_eq!(encode(&post(&"é".repeat(32_000))).err(), None);
    let too_long = EncodeError::TooLongForOne { limit: 32_000 };
    assert_eq!(encode(&post(&"é".repeat(32_001))).err(), Some(too_long));
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let unanswered = Reply {
        in_reply_to: None,
        ..post("Olá")
    };
    assert_eq!(encode(&unanswered).err(), Some(EncodeError::Unanswered));
    for id in [
        "",
        ":",
        "4520",
        "4520:",
        ":7",
        "4520:7:1",
        "4520:+7",
        "4520:-7",
        "a:b",
        "99999999999999999999:1",
    ] {
        let other = Reply {
            in_reply_to: Some(id),
            ..post("Olá")
        };
        assert_eq!(encode(&other).err(), Some(EncodeError::Address), "{id}");
    }
    let other = Reply {
        account: "other.example",
        ..post("Olá")
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    let other = Reply {
        channel: "x",
        ..post("Olá")
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Address));
    assert_eq!(encode(&post(" ")).err(), Some(EncodeError::Empty));
}
