use patchbay_adapter::{EncodeError, Outbound, OutboundMail, Reply};
use patchbay_model::interaction::WrittenBy;
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, decode, delivery, time};
use crate::exchange;
use crate::golden::message_id;

const KEY: &str = "reply-0123456789abcdef0123456789abcdef-4";

fn reply<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    Reply {
        key: KEY,
        in_reply_to: Some("CAF1@mail.example.org"),
        subject: Some("My order 4711"),
        written_at: time("2026-03-03T10:15:00Z"),
        ..exchange::reply("email", ACCOUNT, to, text)
    }
}

fn encode_with(settings: Value, reply: &Reply<'_>) -> Result<OutboundMail, EncodeError> {
    let adapter = (SUBJECT.kind().open)(&SUBJECT.config(settings)).expect("valid settings");
    let parts = adapter.encode(reply)?;
    match <[Outbound; 1]>::try_from(parts) {
        Ok([Outbound::Mail(mail)]) => Ok(mail),
        other => panic!("{other:?}"),
    }
}

fn encode(reply: &Reply<'_>) -> Result<OutboundMail, EncodeError> {
    encode_with((SUBJECT.settings)(), reply)
}

fn text(mail: &OutboundMail) -> String {
    String::from_utf8(mail.message.clone()).expect("ASCII")
}

/// A field, unfolded.
fn field(mail: &OutboundMail, name: &str) -> Option<String> {
    let text = text(mail);
    let (header, _) = text.split_once("\r\n\r\n").expect("a header");
    let unfolded = header.replace("\r\n ", " ");
    let mut fields = unfolded
        .split("\r\n")
        .filter_map(|line| line.split_once(": "));
    let found = fields.find(|(it, _)| *it == name);
    found.map(|(_, value)| value.to_owned())
}

#[test]
fn a_reply_is_one_mail_with_these_bytes() {
    let settings = json!({
        "accounts": [ACCOUNT],
        "message-domain": "care.northwind.example",
        "sender-name": "Northwind, Care",
        "submission": "smtp://mail.northwind.example",
    });
    let own = "reply-0123456789abcdef0123456789abcdef-2@care.northwind.example";
    let answer = Reply {
        references: &["CAF0@mail.example.org", own],
        ..reply("jo@example.org", "Olá Jo,\n\nit is on its way.")
    };
    let mail = encode_with(settings, &answer).expect("encoded");
    let expected = "Date: Tue, 3 Mar 2026 10:15:00 +0000\r\n\
        Message-ID: <reply-0123456789abcdef0123456789abcdef-4@care.northwind.example>\r\n\
        From: \"Northwind, Care\"\r\n <help@northwind.example>\r\n\
        To: jo@example.org\r\n\
        Subject: Re: My order 4711\r\n\
        In-Reply-To: <CAF1@mail.example.org>\r\n\
        References: <CAF0@mail.example.org>\r\n <reply-0123456789abcdef0123456789abcdef-2@care.northwind.example>\r\n <CAF1@mail.example.org>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\
        \r\n\
        Ol=C3=A1 Jo,\r\n\r\nit is on its way.\r\n";
    assert_eq!(text(&mail), expected);
    assert_eq!(
        (mail.from.as_str(), mail.to.as_str()),
        (ACCOUNT, "jo@example.org")
    );
    assert_eq!(mail.key, format!("{KEY}/1"));
    assert_eq!(mail.message_id, format!("{KEY}@care.northwind.example"));
    let shown = format!("{mail:?}");
    assert!(
        !shown.contains("example.org") && !shown.contains("on its way"),
        "{shown}"
    );
}

#[test]
fn the_same_reply_encodes_to_the_same_bytes() {
    let long = "Uma frase com acentuação. ".repeat(2_000);
    let bytes = || {
        encode(&reply("jo@example.org", &long))
            .expect("encoded")
            .message
    };
    assert_eq!(bytes(), bytes());
}

/// Back through the adapter: the customer's answer and a report find the reply, also
/// one of the second account, which the address alone names.
#[test]
fn what_comes_back_to_a_reply_finds_it() {
    for account in [ACCOUNT, "sales@northwind.example"] {
        let sent = Reply {
            account,
            ..reply("jo@example.org", "Hello")
        };
        let mail = encode(&sent).expect("encoded");
        let id = message_id("email", account, &mail.message_id);
        let to = field(&mail, "Reply-To").expect("an address with a key");
        let answer =
            format!("From: jo@example.org\nTo: {to}\nMessage-ID: <2@example.org>\n\nThanks\n");
        let answer = decode(&answer).interaction;
        assert_eq!(answer.in_reply_to, Some(id.clone()));
        assert_eq!(answer.account.as_deref(), Some(account));
        let report = format!(
            "From: MAILER-DAEMON@example.org\nTo: {}\nReturn-Path: <>\nSubject: failure notice\n\nNo mailbox here by that name.\n",
            mail.from
        );
        let items = SUBJECT.decode(delivery(report.as_bytes())).expect("signed");
        let shown = serde_json::to_value(&items).expect("serialises");
        assert_eq!(shown[0]["message"], json!(id));
        assert_eq!(shown[0]["account"], json!(account));
        assert_eq!(shown[0]["key"], json!(mail.key));
        // A copy of the mail itself is no message.
        let items = SUBJECT.decode(delivery(&mail.message)).expect("signed");
        let shown = serde_json::to_value(&items).expect("serialises");
        assert_eq!(shown, json!([{"item": "event", "name": "own-message"}]));
    }
}

#[test]
fn the_subject_of_an_answer_has_re_once() {
    for (subject, expected) in [
        ("My order", "Re: My order"),
        ("Re: My order", "Re: My order"),
        ("RE: re: My order", "Re: My order"),
        ("AW: Antw: SV: RES: Meine Karte", "Re: Meine Karte"),
        ("Re[2]: My order", "Re: My order"),
        ("Re : My order", "Re: My order"),
        ("Fwd: My order", "Re: Fwd: My order"),
        ("Order: 4711", "Re: Order: 4711"),
        ("", "Re:"),
    ] {
        let answer = Reply {
            subject: Some(subject),
            ..reply("jo@example.org", "Hello")
        };
        let mail = encode(&answer).expect("encoded");
        assert_eq!(
            field(&mail, "Subject").as_deref(),
            Some(expected.trim_end()),
            "{subject}"
        );
    }
    let new = Reply {
        in_reply_to: None,
        ..reply("jo@example.org", "Hello")
    };
    assert_eq!(
        field(&encode(&new).expect("encoded"), "Subject").as_deref(),
        Some("My order 4711")
    );
    let without = Reply {
        subject: None,
        ..new
    };
    assert_eq!(field(&encode(&without).expect("encoded"), "Subject"), None);
}

#[test]
fn only_what_a_policy_wrote_is_marked_as_automatic() {
    for (written_by, in_reply_to, expected) in [
        (WrittenBy::Human, Some("1@example.org"), None),
        (WrittenBy::Human, None, None),
        (
            WrittenBy::Policy,
            Some("1@example.org"),
            Some("auto-replied"),
        ),
        (WrittenBy::Policy, None, Some("auto-generated")),
    ] {
        let answer = Reply {
            written_by,
            in_reply_to,
            ..reply("jo@example.org", "Hello")
        };
        let mail = encode(&answer).expect("encoded");
        assert_eq!(field(&mail, "Auto-Submitted").as_deref(), expected);
    }
}

#[test]
fn references_are_cut_from_the_middle() {
    let ids: Vec<String> = (0..50)
        .map(|number| format!("{number}@example.org"))
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let answer = Reply {
        references: &ids,
        in_reply_to: Some("49@example.org"),
        ..reply("jo@example.org", "Hello")
    };
    let found = field(&encode(&answer).expect("encoded"), "References").expect("a field");
    let found: Vec<&str> = found.split(' ').collect();
    assert_eq!(found.len(), 20);
    assert_eq!(
        (found[0], found[1], found[19]),
        ("<0@example.org>", "<31@example.org>", "<49@example.org>")
    );
    // What is no id of a mail is left out: a mail without one has a digest instead.
    let odd = [
        "a b@example.org",
        "a@b>\r\nBcc: x@y",
        "digest",
        "",
        "é@example.org",
    ];
    let answer = Reply {
        references: &odd,
        in_reply_to: Some("digest"),
        ..reply("jo@example.org", "Hello")
    };
    let mail = encode(&answer).expect("encoded");
    assert_eq!(
        (field(&mail, "References"), field(&mail, "In-Reply-To")),
        (None, None)
    );
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    for (to, expected) in [
        ("jo@example.org", Some("jo@example.org")),
        ("Jo.O'Neil+x@Example.org", Some("Jo.O'Neil+x@Example.org")),
        ("jo@bücher.example", Some("jo@xn--bcher-kva.example")),
        ("jo@example.org\r\nBcc: x@y.example", None),
        ("jo@example.org>", None),
        ("jo@home@example.org", None),
        ("jo bloggs@example.org", None),
        ("jö@example.org", None),
        ("jo@localhost", None),
        ("jo", None),
        ("", None),
        ("a@b.example, c@d.example", None),
    ] {
        let mail = encode(&reply(to, "Hello"));
        match expected {
            Some(expected) => assert_eq!(mail.expect("encoded").to, expected),
            None => assert_eq!(mail.err(), Some(EncodeError::Address), "{to:?}"),
        }
    }
    let base = || reply("jo@example.org", "Hello");
    for (changed, error) in [
        (
            Reply {
                text: " \n",
                ..base()
            },
            EncodeError::Empty,
        ),
        (
            Reply {
                subject: Some("a\r\nBcc: x@y.example"),
                ..base()
            },
            EncodeError::Subject { limit: 1_000 },
        ),
        (
            Reply {
                subject: Some("a\u{0}"),
                ..base()
            },
            EncodeError::Subject { limit: 1_000 },
        ),
        (
            Reply {
                account: "other@northwind.example",
                ..base()
            },
            EncodeError::Account,
        ),
        (
            Reply {
                key: "a b",
                ..base()
            },
            EncodeError::KeyForm,
        ),
        (
            Reply {
                key: "a\r\nb",
                ..base()
            },
            EncodeError::KeyForm,
        ),
        (
            Reply {
                key: "a@b",
                ..base()
            },
            EncodeError::KeyForm,
        ),
    ] {
        assert_eq!(encode(&changed).err(), Some(error));
    }
    let long = "x".repeat(65_537);
    assert_eq!(
        encode(&reply("jo@example.org", &long)).err(),
        Some(EncodeError::TooLong { limit: 65_536 })
    );
    let key = "k".repeat(129);
    assert_eq!(
        encode(&Reply {
            key: &key,
            ..base()
        })
        .err(),
        Some(EncodeError::Key { limit: 128 })
    );
}
