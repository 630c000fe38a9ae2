use patchbay_adapter::{Credential, EncodeError, Exchange, Outcome, Receipt, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::decision::shown;
use crate::exchange::{answer, outcome, reply, requests};

fn to<'a>(address: &'a str, text: &'a str) -> Reply<'a> {
    Reply {
        conversation: Some("81"),
        ..reply("zammad", ACCOUNT, address, text)
    }
}

/// The fields that differ between networks: type, `to` and subject.
fn way(reply: &Reply<'_>) -> Value {
    let requests = requests(&*adapter(), reply).expect("encoded");
    let body: Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    json!([body["type"], body["to"], body["subject"]])
}

#[test]
fn a_reply_is_a_public_article_with_the_planted_key() {
    let reply = Reply {
        subject: Some("Order\r\n 787556"),
        ..to("emily@example.com", "It is <b>here</b>.")
    };
    let requests = requests(&*adapter(), &reply).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    let Credential::Header { name, value } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(
        (*name, value.expose()),
        ("authorization", &b"Token token=hush-token"[..])
    );
    assert_eq!(
        shown(request),
        json!([
            "reply-01J/1",
            "POST",
            "https://zammad.example/api/v1/ticket_articles",
            {
                "ticket_id": 81,
                "type": "email",
                "sender": "Agent",
                "internal": false,
                "content_type": "text/plain",
                "body": "It is <b>here</b>.",
                "preferences": {"patchbay_key": "reply-01J/1"},
                "to": "emily@example.com",
                "subject": "Order 787556",
            }
        ])
    );
}

/// The addresses are those of the golden cases.
#[test]
fn the_address_says_how_a_reply_reaches_the_customer() {
    for (address, expected) in [
        (
            "emily@example.com",
            json!(["email", "emily@example.com", null]),
        ),
        ("+351912345678", json!(["sms", "+351912345678", null])),
        (
            "telegram:8",
            json!(["telegram personal-message", null, null]),
        ),
        ("whatsapp:8", json!(["whatsapp message", null, null])),
        ("customer:8", json!(["note", null, null])),
    ] {
        assert_eq!(way(&to(address, "Hi")), expected, "{address}");
    }
    let with_subject = Reply {
        subject: Some("Order"),
        ..to("telegram:8", "Hi")
    };
    assert_eq!(way(&with_subject)[2], json!(null));
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let refused = |reply: &Reply<'_>| requests(&*adapter(), reply).err();
    for address in [
        "",
        "emily",
        "a@b@c",
        "a@b.example, c@d.example",
        "Emily <emily@example.com>",
        "a@b.example\r\nBcc: c@d.example",
        "x:8",
        "facebook:8",
        "hologram-message:8",
        "telegram:",
        "telegram:x",
        &format!("{}@example.com", "x".repeat(250)),
    ] {
        let reply = to(address, "Hi");
        assert_eq!(refused(&reply), Some(EncodeError::Address), "{address}");
    }
    let mail = to("emily@example.com", "Hi");
    let nowhere = Reply {
        conversation: None,
        ..mail.clone()
    };
    assert_eq!(refused(&nowhere), Some(EncodeError::Unanswered));
    let above = Reply {
        conversation: Some("81/../1"),
        ..mail.clone()
    };
    assert_eq!(refused(&above), Some(EncodeError::Address));
    let other = Reply {
        account: "another",
        ..mail
    };
    assert_eq!(refused(&other), Some(EncodeError::Account));
    let empty = to("emily@example.com", "\n");
    assert_eq!(refused(&empty), Some(EncodeError::Empty));
}

#[test]
fn a_retry_has_the_same_bytes() {
    let bytes = || {
        let requests = requests(&*adapter(), &to("emily@example.com", "Hi"));
        requests.expect("encoded")[0].body.clone()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn an_answer_is_the_article_or_goes_by_its_status() {
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "105".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 201, &[], SUBJECT.answers[0]), accepted);
    for (status, expected) in [
        (200, "uncertain"),
        (301, "channel-broken"),
        (401, "channel-broken"),
        (403, "refused"),
        (404, "recipient-unreachable"),
        (422, "refused"),
        (429, "retry"),
        (500, "uncertain"),
        (504, "uncertain"),
    ] {
        for body in ["", "<html>", "{}", r#"{"error":"x","error_human":"y"}"#] {
            assert_eq!(
                outcome(&*adapter(), status, body),
                expected,
                "{status} {body}"
            );
        }
    }
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
