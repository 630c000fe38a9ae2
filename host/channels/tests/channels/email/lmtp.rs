//! Mails that the company's own mail server delivers, with their envelope.

use patchbay_adapter::{
    Adapter, InboundWay, Item, MailRecipient, Outbound, Rejection, Reply, VerifiedRequest,
};
use patchbay_email::{DeliveredMail, MailEnvelope};
use patchbay_model::interaction::{Interaction, WrittenBy};
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, decode, delivery, time};

const MAIL: &str = "Message-ID: <1@example.org>\r\nFrom: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nDate: Tue, 3 Mar 2026 10:15:00 +0100\r\nSubject: Order\r\n\r\nWhere is it?\r\n";
const SALES: &str = "sales@northwind.example";

fn settings() -> Value {
    let mut settings = (SUBJECT.settings)();
    settings["inbound"] = json!("lmtp");
    settings
}

/// The adapter of a connection by LMTP, which has no signing secret.
fn adapter() -> Box<dyn Adapter> {
    let mut config = SUBJECT.config(settings());
    config.secrets = Default::default();
    config.settings.remove("submission-user");
    (SUBJECT.kind().open)(&config).expect("opened")
}

fn items(adapter: &dyn Adapter, from: Option<&str>, to: &[&str], mail: &str) -> Vec<Item> {
    let envelope = MailEnvelope {
        return_path: from.map(str::to_owned),
        recipients: to.iter().map(|it| (*it).to_owned()).collect(),
    };
    let at = time("2026-03-03T10:00:00Z").as_second();
    let delivered = DeliveredMail::new(&envelope, at, mail.as_bytes());
    let request = delivered.request();
    adapter.decode(&VerifiedRequest::of_own_mail_server(&request))
}

fn interaction(from: Option<&str>, to: &[&str], mail: &str) -> Interaction {
    match <[Item; 1]>::try_from(items(&*adapter(), from, to, mail)) {
        Ok([Item::Interaction(decoded)]) => decoded.interaction,
        other => panic!("{other:?}"),
    }
}

const JO: Option<&str> = Some("jo@example.org");

#[test]
fn a_connection_by_lmtp_has_no_signing_secret_and_no_webhook() {
    let config = SUBJECT.config(settings());
    assert_eq!(
        patchbay_email::KIND.inbound_way(&config.settings),
        InboundWay::Lmtp
    );
    let adapter = adapter();
    let delivery = delivery(MAIL.as_bytes());
    let request = delivery.request();
    let refused = adapter.verify(&request, delivery.now);
    assert_eq!(refused.err(), Some(Rejection::Missing));
    let mut webhook = SUBJECT.config((SUBJECT.settings)());
    assert_eq!(
        patchbay_email::KIND.inbound_way(&webhook.settings),
        InboundWay::Webhook
    );
    webhook.secrets = Default::default();
    let missing = (SUBJECT.kind().open)(&webhook).expect_err("no secret");
    assert!(missing.to_string().contains("signing-secret"), "{missing}");
    let mut other = SUBJECT.config(settings());
    other.settings.insert("inbound".to_owned(), json!("pop3"));
    let unknown = (SUBJECT.kind().open)(&other).expect_err("no such way");
    assert!(unknown.to_string().contains("`imap`"), "{unknown}");
}

#[test]
fn one_mail_by_http_and_by_lmtp_is_one_message() {
    let posted = decode(MAIL).interaction;
    let delivered = interaction(JO, &[ACCOUNT], MAIL);
    assert_eq!(delivered, posted);
    assert_eq!(delivered.received_at, Some(time("2026-03-03T09:15:00Z")));
}

#[test]
fn the_envelope_chooses_the_account_where_the_mail_names_none() {
    let hidden = MAIL.replace("To: help@northwind.example\r\n", "");
    for (mail, to, account, tag) in [
        (MAIL, &[ACCOUNT][..], ACCOUNT, None),
        (MAIL, &[SALES], ACCOUNT, None),
        (&hidden, &[SALES], SALES, None),
        (
            &hidden,
            &["sales+vip@northwind.example"],
            SALES,
            Some("vip"),
        ),
        (
            &hidden,
            &["SALES+a&b=c@northwind.example"],
            SALES,
            Some("a&b=c"),
        ),
        (&hidden, &[SALES, ACCOUNT], SALES, None),
    ] {
        let found = interaction(JO, to, mail);
        assert_eq!(found.account.as_deref(), Some(account), "{to:?}");
        let found = found.attributes.get("address_tag").and_then(Value::as_str);
        assert_eq!(found, tag, "{to:?}");
    }
    let both = interaction(JO, &[SALES, ACCOUNT], MAIL);
    assert_eq!(both.id, interaction(JO, &[ACCOUNT], MAIL).id);
}

/// The server that delivers at last adds `Return-Path`, and by LMTP that is this host: a
/// field of that name was written by the sender.
#[test]
fn the_return_path_of_the_envelope_counts_and_not_the_field() {
    let with_path = |path: &str| format!("Return-Path: {path}\r\n{MAIL}");
    for (from, mail, reason) in [
        (JO, MAIL.to_owned(), None),
        (None, MAIL.to_owned(), Some("null-return-path")),
        (JO, with_path("<>"), None),
        (
            None,
            with_path("<jo@example.org>"),
            Some("null-return-path"),
        ),
        (
            None,
            format!("Auto-Submitted: auto-replied\r\n{MAIL}"),
            Some("auto-submitted"),
        ),
    ] {
        let found = interaction(from, &[ACCOUNT], &mail);
        let given = found.attributes.get("automatic_reason");
        assert_eq!(given.and_then(Value::as_str), reason, "{mail}");
        assert_eq!(found.automatic, reason.is_some());
    }
    let posted = decode(&with_path("<>")).interaction;
    assert!(posted.automatic, "by HTTP the field is all there is");
}

/// The company's mail server is the last that adds a `Received`: the host adds none.
#[test]
fn results_above_the_field_of_the_companys_mail_server_count() {
    let results =
        "Authentication-Results: mx.northwind.example; dmarc=pass header.from=example.org\r\n";
    let received =
        "Received: from a.example by mx.northwind.example; Tue, 3 Mar 2026 10:15:01 +0100\r\n";
    for (fields, verified) in [
        (format!("{results}{received}"), Some(true)),
        (format!("{received}{results}"), None),
        (results.replace("mx.", "evil.") + received, None),
    ] {
        let found = interaction(JO, &[ACCOUNT], &format!("{fields}{MAIL}"));
        assert_eq!(found.author.verified, verified, "{fields}");
    }
}

#[test]
fn an_address_belongs_to_the_connection_that_made_it_or_has_the_account() {
    let adapter = adapter();
    let written_at = time("2026-03-03T09:00:00Z");
    let parts = adapter.encode(&Reply {
        key: "reply-0123456789abcdef0123456789abcdef-4",
        channel: "email",
        written_by: WrittenBy::Human,
        account: ACCOUNT,
        to: "jo@example.org",
        conversation: None,
        in_reply_to: None,
        references: &[],
        subject: None,
        last_inbound: None,
        now: written_at,
        written_at,
        text: "Yes",
        template: None,
        files: &[],
    });
    let Ok([Outbound::Mail(mail)]) = parts.as_deref() else {
        panic!("{parts:?}");
    };
    let forged = mail.from.replacen(".", ".0", 1);
    for (address, expected) in [
        (mail.from.as_str(), Some(MailRecipient::Token)),
        (&mail.from.to_uppercase(), Some(MailRecipient::Token)),
        (
            &mail.from.replacen("bounce+", "reply+", 1),
            Some(MailRecipient::FormOfToken),
        ),
        (&forged, Some(MailRecipient::FormOfToken)),
        (
            "reply+x@care.northwind.example",
            Some(MailRecipient::FormOfToken),
        ),
        (
            "REPLY+x@CARE.northwind.example",
            Some(MailRecipient::FormOfToken),
        ),
        (ACCOUNT, Some(MailRecipient::Account)),
        ("Help+x@Northwind.Example", Some(MailRecipient::Account)),
        ("help@northwind.example.evil.example", None),
        ("other@northwind.example", None),
        ("reply@care.northwind.example", None),
        ("reply+x@northwind.example", None),
        ("other+x@care.northwind.example", None),
        ("", None),
    ] {
        assert_eq!(adapter.mail_recipient(address), expected, "{address}");
    }
    // A report to the return path of the reply is its state.
    let report = "From: MAILER-DAEMON@mx.example\r\nTo: x@example.org\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; jo@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    let found = items(&*adapter, None, &[&mail.from], report);
    assert!(matches!(&found[..], [Item::Status(_)]), "{found:?}");
}
