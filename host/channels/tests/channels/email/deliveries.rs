use patchbay_adapter::{Item, Rejection};
use serde_json::json;

use super::{ACCOUNT, SUBJECT, decode, delivery};
use crate::golden::message_id;

const MAIL: &str = "Message-ID: <1@example.org>\nFrom: Jo <jo@example.org>\nTo: help@northwind.example\nDate: Tue, 3 Mar 2026 10:15:00 +0100\nSubject: Order\n\nWhere is it?\n";

#[test]
fn one_mail_by_two_ways_is_one_message() {
    let first = decode(MAIL).interaction;
    for same in [
        MAIL.replace('\n', "\r\n"),
        format!("Received: from a by b; Tue, 3 Mar 2026 10:15:01 +0100\n{MAIL}"),
        MAIL.replace("Jo <jo@example.org>", "\"Jo\" <JO@Example.org>"),
        MAIL.replace("Order", "=?utf-8?q?Order?="),
        MAIL.replace(
            "\n\nWhere is it?\n",
            "\nContent-Transfer-Encoding: base64\n\nV2hlcmUgaXMgaXQ/Cg==\n",
        ),
    ] {
        assert_eq!(decode(&same).interaction.id, first.id, "{same}");
    }
}

#[test]
fn mails_that_share_a_message_id_are_two_messages() {
    let first = decode(MAIL).interaction;
    for (from, to) in [
        ("Where", "There"),
        ("Order", "Offer"),
        ("10:15", "10:16"),
        ("jo@", "bo@"),
        ("1@example", "2@example"),
        ("Message-ID: <1@example.org>\n", ""),
    ] {
        let other = decode(&MAIL.replacen(from, to, 1)).interaction;
        assert_ne!(other.id, first.id, "{from} {to}");
    }
    let second = MAIL.replacen("Where", "There", 1);
    let reference = |mail: &str| decode(mail).interaction.attributes["message_ref"].clone();
    assert_eq!(reference(MAIL), reference(&second));
}

/// The hash of a receipt: account, and Message-ID without brackets.
#[test]
fn what_answers_our_message_names_the_id_of_its_receipt() {
    let own = "reply-0123456789abcdef0123456789abcdef-4@care.northwind.example";
    let id = message_id("email", ACCOUNT, own);
    for fields in [
        format!("In-Reply-To: <{own}>"),
        format!("In-Reply-To: <other@example.org> <{own}>"),
        format!("In-Reply-To: <other@example.org>\nReferences: <{own}> <x@example.org>"),
        format!("References: <a@example.org> <{own}> <x@example.org>"),
        format!("Subject: Fwd: Order\nReferences: <{own}>"),
    ] {
        let interaction = decode(&format!("{fields}\n{MAIL}")).interaction;
        assert_eq!(interaction.in_reply_to.as_ref(), Some(&id), "{fields}");
        assert_eq!(interaction.conversation, None);
    }
    for (fields, provider_id) in [
        (
            "In-Reply-To: <a@example.org>\nReferences: <b@example.org> <c@example.org>",
            Some("a@example.org"),
        ),
        (
            "References: <b@example.org> <c@example.org>",
            Some("c@example.org"),
        ),
        ("Subject: Fwd: Order\nReferences: <b@example.org>", None),
        ("Subject: WG: Auftrag\nIn-Reply-To: <b@example.org>", None),
        ("In-Reply-To: nothing", None),
        (
            "Subject: Re: Order [reply-0123456789abcdef0123456789abcdef-4]",
            None,
        ),
    ] {
        let interaction = decode(&format!("{fields}\n{MAIL}")).interaction;
        let expected = provider_id.map(|id| message_id("email", ACCOUNT, id));
        assert_eq!(interaction.in_reply_to, expected, "{fields}");
    }
}

#[test]
fn a_long_text_is_whole_and_one_beyond_the_limit_is_cut() {
    for (bytes, kept, whole) in [
        (200_000, 200_000, json!(null)),
        (600_000, 524_288, json!(600_000)),
        (3_000_000, 524_288, json!(3_000_000)),
    ] {
        let mail = MAIL.replace("Where is it?\n", &"é".repeat(bytes / 2));
        let interaction = decode(&mail).interaction;
        assert_eq!(interaction.text.len(), kept);
        let attribute = interaction.attributes.get("whole_bytes").cloned();
        assert_eq!(attribute.unwrap_or_default(), whole);
    }
}

#[test]
fn a_history_that_is_too_long_is_cut_with_its_size() {
    let history: String = (0..1_000)
        .map(|line| format!("> line {line} of the history\n"))
        .collect();
    let mail = MAIL.replace("Where is it?\n", &format!("Thanks!\n\nOn Tue, 3 Mar 2026 at 10:15, Northwind <help@northwind.example> wrote:\n{history}"));
    let interaction = decode(&mail).interaction;
    assert_eq!(interaction.text, "Thanks!");
    let quoted = interaction.attributes["quoted"].as_str().expect("a text");
    assert_eq!(quoted.len(), 7 << 10);
    assert!(
        interaction.attributes["quoted_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes > 20_000)
    );
    let original = interaction.attributes["original"]
        .as_str()
        .expect("a reference");
    assert_eq!(
        original,
        format!("media:email/help%40northwind.example/{}", interaction.id)
    );
}

/// The limit is checked before anything is hashed: the signature is not read.
#[test]
fn a_mail_beyond_the_limit_is_refused() {
    let limit = 35 << 20;
    let mut mail = MAIL.as_bytes().to_vec();
    mail.resize(limit, b'x');
    assert_eq!(
        SUBJECT.decode(delivery(&mail)).map(|items| items.len()),
        Ok(1)
    );
    mail.push(b'x');
    let unsigned = delivery(&mail);
    let adapter = SUBJECT.open();
    let result = adapter
        .verify(&unsigned.request(), unsigned.now)
        .map(|_| ());
    assert_eq!(result, Err(Rejection::TooLarge));
    assert_eq!(SUBJECT.decode(delivery(&mail)), Err(Rejection::TooLarge));
}

#[test]
fn the_date_counts_within_a_week_before_the_request() {
    for (date, is_kept) in [
        ("Tue, 3 Mar 2026 10:00:00 +0000", true),
        ("Tue, 24 Feb 2026 10:00:00 +0000", true),
        ("Tue, 24 Feb 2026 09:59:59 +0000", false),
        ("Tue, 3 Mar 2026 10:05:00 +0000", true),
        ("Tue, 3 Mar 2026 10:05:01 +0000", false),
        ("Thu, 1 Jan 1970 00:00:00 +0000", false),
        ("Thu, 1 Jan 2099 00:00:00 +0000", false),
        ("now", false),
    ] {
        let mail = MAIL.replace("Tue, 3 Mar 2026 10:15:00 +0100", date);
        let interaction = decode(&mail).interaction;
        assert_eq!(interaction.received_at.is_some(), is_kept, "{date}");
    }
}

#[test]
fn a_body_that_is_no_mail_is_undecodable() {
    for body in [
        "",
        "{\"from\": \"jo@example.org\"}",
        "\n\nFrom: below",
        "plain words",
    ] {
        let items = SUBJECT.decode(delivery(body.as_bytes())).expect("signed");
        assert!(
            matches!(&items[..], [Item::Undecodable(_)]),
            "{body}: {items:?}"
        );
    }
}
