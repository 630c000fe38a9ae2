use patchbay_adapter::{Credential, EncodeError, Exchange, Outcome, Receipt, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::{answer, outcome, reply, requests};

fn to<'a>(conversation: Option<&'a str>, text: &'a str) -> Reply<'a> {
    Reply {
        conversation,
        ..reply("chatwoot", ACCOUNT, "contact:8", text)
    }
}

/// A `source_id` would keep the message from the customer.
#[test]
fn a_reply_is_a_public_message_with_the_planted_key() {
    let reply = to(Some("207"), "Olá {{contact.email}}");
    let requests = requests(&*adapter(), &reply).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(
        request.url,
        "https://chatwoot.example/api/v1/accounts/1/conversations/207/messages"
    );
    let Credential::Header { name, value } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(
        (*name, value.expose()),
        ("api_access_token", &b"hush-token"[..])
    );
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(
        body,
        json!({
            "content": "Olá {\u{200b}{contact.email}}",
            "message_type": "outgoing",
            "private": false,
            "content_type": "text",
            "content_attributes": {"patchbay_key": "reply-01J/1"},
        })
    );
}

#[test]
fn a_long_reply_is_one_message_and_a_retry_has_the_same_bytes() {
    let text = "Uma frase com algumas palavras. ".repeat(300);
    let bytes = || {
        let requests = requests(&*adapter(), &to(Some("207"), &text)).expect("encoded");
        let bodies = requests.into_iter().map(|request| request.body);
        bodies.collect::<Vec<_>>()
    };
    assert_eq!(bytes().len(), 1);
    assert_eq!(bytes(), bytes());
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let refused = |reply: &Reply<'_>| requests(&*adapter(), reply).err();
    assert_eq!(refused(&to(None, "Olá")), Some(EncodeError::Unanswered));
    for conversation in ["", "207/labels", "-1", "abc"] {
        let reply = to(Some(conversation), "Olá");
        assert_eq!(
            refused(&reply),
            Some(EncodeError::Address),
            "{conversation}"
        );
    }
    assert_eq!(refused(&to(Some("207"), " ")), Some(EncodeError::Empty));
    let other = Reply {
        account: "2",
        ..to(Some("207"), "Olá")
    };
    assert_eq!(refused(&other), Some(EncodeError::Account));
}

#[test]
fn an_answer_is_the_message_or_goes_by_its_status() {
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "655".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 200, &[], SUBJECT.answers[0]), accepted);
    for (status, expected) in [
        // A page of something in between: the message may be there.
        (200, "uncertain"),
        (302, "channel-broken"),
        (401, "channel-broken"),
        (403, "refused"),
        (404, "recipient-unreachable"),
        (409, "retry"),
        (422, "refused"),
        (429, "retry"),
        (500, "uncertain"),
        (502, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in ["", "<html>", "{}", r#"{"error":"x"}"#] {
            assert_eq!(
                outcome(&*adapter(), status, body),
                expected,
                "{status} {body}"
            );
        }
    }
    let closed = answer(&*adapter(), 503, &[("Retry-After", "5")], "");
    assert_eq!(closed.as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
