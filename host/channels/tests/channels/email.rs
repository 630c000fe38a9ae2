//! E-mail: what a single golden case does not show.

mod bounds;
mod deliveries;
mod imap;
mod lmtp;
mod replies;
mod submission;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use patchbay_adapter::{DecodedInteraction, Item};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "help@northwind.example";
const SIGNING_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

pub(crate) const SUBJECT: Subject = Subject {
    name: "email",
    settings: || {
        json!({
            "accounts": [ACCOUNT, "sales@northwind.example"],
            "message-domain": "care.northwind.example",
            "token-domain": "care.northwind.example",
            "authserv-id": "mx.northwind.example",
            "forwarders": ["form@northwind.example"],
            "own-lists": ["support.northwind.example"],
            "submission": "smtps://mail.northwind.example",
            "submission-user": "care",
        })
    },
    secrets: &[
        ("signing-secret", SIGNING_SECRET),
        ("mailbox-password", "hush-mailbox"),
        ("mailbox-refresh-token", "hush-refresh"),
        ("mailbox-client-secret", "hush-client"),
        ("mailbox-token", "hush-token"),
        ("submission-password", "hush-hush"),
    ],
    sign: |delivery: &mut Delivery| {
        let (id, time) = ("msg_1", delivery.now.as_second().to_string());
        let key = SIGNING_SECRET.strip_prefix("whsec_").expect("a prefix");
        let key = BASE64_STANDARD.decode(key).expect("base64");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let signed = [id.as_bytes(), b".", time.as_bytes(), b".", &delivery.body].concat();
        let code = BASE64_STANDARD.encode(ring::hmac::sign(&key, &signed));
        delivery.header("webhook-id", id);
        delivery.header("webhook-timestamp", &time);
        delivery.header("webhook-signature", &format!("v1,{code}"));
    },
    words: &[
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n",
        "Content-Type: message/rfc822\n\n",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "=?utf-8?q?",
        "=?utf-8?b?",
        "?=",
        "filename*0*=",
        "utf-8''%",
        "charset=\"",
        "<",
        ">",
        "(",
        "\"",
        "@",
        ",",
        ":",
        ";",
        "\n\n",
        "\r\n ",
        "--",
        "On 1 x wrote:\n> ",
        "<blockquote>",
        "<a href=\"https://a.example\">",
        "Action: failed\n",
        "Status: 5.1.1\n",
        "Authentication-Results: mx.northwind.example; dmarc=pass",
        "From: help@northwind.example\n",
        "References: <a@b>\n",
        "\u{0}",
        "\u{200b}",
    ],
    answers: &["250 2.0.0 Ok"],
};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A mail as a provider posts it.
fn delivery(mail: &[u8]) -> Delivery {
    let mut delivery = Delivery::new("message/rfc822", mail);
    delivery.now = time("2026-03-03T10:00:00Z");
    delivery
}

fn decode(mail: &str) -> DecodedInteraction {
    let items = SUBJECT.decode(delivery(mail.as_bytes())).expect("signed");
    match <[Item; 1]>::try_from(items) {
        Ok([Item::Interaction(decoded)]) => *decoded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let open = |settings: Value| match (SUBJECT.kind().open)(&SUBJECT.config(settings)) {
        Ok(adapter) => format!("{adapter:?}"),
        Err(error) => error.to_string(),
    };
    let domain = "care.example.com";
    for (settings, part) in [
        (json!({}), "missing field `accounts`"),
        (
            json!({"accounts": [ACCOUNT]}),
            "missing field `message-domain`",
        ),
        (
            json!({"accounts": [], "message-domain": domain}),
            "`accounts` must list",
        ),
        (
            json!({"accounts": ["help"], "message-domain": domain}),
            "`accounts` must list",
        ),
        (
            json!({"accounts": ["a@b.example\r\nX: y"], "message-domain": domain}),
            "`accounts` must list",
        ),
        (
            json!({"accounts": [ACCOUNT], "message-domain": "x y"}),
            "`message-domain` must be",
        ),
        (
            json!({"accounts": [ACCOUNT], "message-domain": domain, "token-domain": "@"}),
            "`token-domain` must be",
        ),
        (
            json!({"accounts": [ACCOUNT], "message-domain": domain, "forwarders": ["x"]}),
            "`forwarders` must list",
        ),
        (
            json!({"accounts": [ACCOUNT], "message-domain": domain, "own-hops": 0}),
            "`own-hops` must be",
        ),
        (
            json!({"accounts": [ACCOUNT], "message-domain": domain}),
            "help@northwind.example",
        ),
    ] {
        let shown = open(settings.clone());
        assert!(shown.contains(part), "{settings}: {shown}");
    }
    let adapter = SUBJECT.open();
    assert!(adapter.serves("HELP@Northwind.example"));
    assert!(!adapter.serves("other@northwind.example"));
}
