use patchbay_adapter::{Credential, EncodeError, Exchange, Outcome, Receipt, Reply};
use serde_json::json;

use super::{ACCOUNT, SUBJECT, adapter, adapter_with};
use crate::decision::shown;
use crate::exchange::{answer, outcome, reply, requests};

fn to<'a>(conversation: Option<&'a str>, text: &'a str) -> Reply<'a> {
    Reply {
        conversation,
        ..reply("zendesk", ACCOUNT, "8447388090494", text)
    }
}

#[test]
fn a_reply_is_a_public_comment() {
    let reply = to(Some("5158"), "Olá {{ticket.requester.email}}");
    let requests = requests(&*adapter(), &reply).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    let Credential::Basic { user, password } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(
        (user.as_str(), password.expose()),
        ("patchbay@northwind.example/token", &b"hush-token"[..])
    );
    assert_eq!(
        shown(request),
        json!([
            "reply-01J/1",
            "PUT",
            "https://zendesk.example/api/v2/tickets/5158",
            {"ticket": {
                "comment": {"body": "Olá {\u{200b}{ticket.requester.email}}", "public": true},
                "metadata": {"patchbay_key": "reply-01J/1"},
            }}
        ])
    );
}

#[test]
fn the_api_is_that_of_the_subdomain() {
    let own = adapter_with("api-base", json!(null)).expect("opens");
    let requests = requests(&*own, &to(Some("5158"), "Hi")).expect("encoded");
    assert_eq!(
        requests[0].url,
        "https://northwind.zendesk.com/api/v2/tickets/5158"
    );
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let refused = |reply: &Reply<'_>| requests(&*adapter(), reply).err();
    assert_eq!(refused(&to(None, "Olá")), Some(EncodeError::Unanswered));
    for conversation in ["", "5158/tags", "-1", "abc"] {
        let reply = to(Some(conversation), "Olá");
        assert_eq!(
            refused(&reply),
            Some(EncodeError::Address),
            "{conversation}"
        );
    }
    assert_eq!(refused(&to(Some("5158"), "")), Some(EncodeError::Empty));
    let other = Reply {
        account: "another",
        ..to(Some("5158"), "Olá")
    };
    assert_eq!(refused(&other), Some(EncodeError::Account));
}

#[test]
fn a_retry_has_the_same_bytes() {
    let bytes = || {
        let requests = requests(&*adapter(), &to(Some("5158"), "Hi"));
        requests.expect("encoded")[0].body.clone()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn the_audit_has_the_number_of_the_comment() {
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "9876543210124".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 200, &[], SUBJECT.answers[0]), accepted);
    for (status, expected) in [
        (200, "uncertain"),
        (302, "channel-broken"),
        (401, "channel-broken"),
        (403, "refused"),
        (404, "recipient-unreachable"),
        // Two updates met: nothing was written.
        (409, "retry"),
        (422, "refused"),
        (429, "retry"),
        (500, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"error":"UpdateConflict","description":"Safe Update prevented the update"}"#,
            r#"{"audit":{"events":[{"id":2,"type":"Change"}]}}"#,
        ] {
            assert_eq!(
                outcome(&*adapter(), status, body),
                expected,
                "{status} {body}"
            );
        }
    }
    match answer(&*adapter(), 429, &[("Retry-After", "93")], "") {
        Outcome::Retry { after, .. } => {
            assert_eq!(after, Some(std::time::Duration::from_secs(93)));
        }
        other => panic!("{other:?}"),
    }
    let maintenance = answer(&*adapter(), 503, &[("Retry-After", "60")], "");
    assert_eq!(maintenance.as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
