//! A mail comes in by a webhook, and its reply leaves by the company's mail server.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use patchbay_config::bound::{Bound, Scope};
use serde_json::json;

use super::client;
use super::networks::Answer;
use super::networks::stand_in::StandIn;
use super::office::Office;
use crate::ServerSettings;

/// Variable whose value is the secret: every process has it.
const VARIABLE: &str = "PATH";
const HOOK: &str = "/webhooks/northwind/email/main";
const MAIL: &str = "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Order 7\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n";

/// A request with a mail, signed now.
pub(super) fn signed(mail: &str) -> String {
    let secret = std::env::var(VARIABLE).expect("set in every process");
    let now = jiff::Timestamp::now().as_second();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let signed = format!("a.{now}.{mail}");
    let signature = BASE64_STANDARD.encode(ring::hmac::sign(&key, signed.as_bytes()));
    format!(
        "POST {HOOK} HTTP/1.1\r\nHost: care.northwind.example\r\nConnection: close\r\nContent-Type: message/rfc822\r\nwebhook-id: a\r\nwebhook-timestamp: {now}\r\nwebhook-signature: v1,{signature}\r\nContent-Length: {}\r\n\r\n{mail}",
        mail.len()
    )
}

async fn deliver(office: &Office, mail: &str) -> u16 {
    let request = signed(mail);
    office.server.client.raw(request.as_bytes()).await.status
}

#[tokio::test]
async fn a_mail_is_answered_by_the_companys_mail_server() {
    let server = StandIn::mail(|_, _| Answer::smtp("", 250, "2.0.0 queued")).await;
    let submission = &server.url;
    let connection = format!(
        "[channel.email.connection.main]\nsettings = {{ accounts = [\"help@northwind.example\"], message-domain = \"care.northwind.example\", submission = \"{submission}\" }}\nsecrets = {{ signing-secret = {{ env = \"{VARIABLE}\" }} }}\n"
    );
    let office = Office::of(&["ana"], &connection).await;
    assert_eq!(deliver(&office, MAIL).await, 200);
    office.settled().await;
    let open = office.get("/conversations").await.json();
    let conversation = open["conversations"][0]["id"].as_str().expect("an id");
    let agent = office.get("/agents/ana").await.json();
    let offer = agent["offers"][0]["id"].as_u64().expect("an offer");
    let accept = format!("/offers/{offer}/accept");
    assert_eq!(office.post(&accept, json!({"by": "ana"})).await.status, 200);
    let replies = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": "ana", "id": "r1", "text": "It left this morning."});
    let sent = office.post(&replies, reply).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let path = format!("/conversations/{conversation}");
    let is_delivered = async || {
        let document = office.get(&path).await.json();
        let history = document["history"].as_array().expect("a history").clone();
        history
            .iter()
            .any(|entry| entry["kind"] == "reply-delivered")
    };
    for _ in 0..6_000 {
        if is_delivered().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(is_delivered().await);
    let mails = server.requests();
    let [mail] = &mails[..] else {
        panic!("{} mails", mails.len());
    };
    assert!(
        mail.head.contains("RCPT TO:<jo@example.org>"),
        "{}",
        mail.head
    );
    let text = String::from_utf8_lossy(&mail.body).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    for line in [
        "In-Reply-To: <1@example.org>",
        "Subject: Re: Order 7",
        "It left this morning.",
    ] {
        assert!(lines.contains(&line), "{line}: {text}");
    }
    let is_ours = |line: &&&str| line.starts_with("Message-ID: <reply-");
    assert_eq!(lines.iter().filter(is_ours).count(), 1, "{text}");
}

/// A connection that only receives, and an office with changed settings.
pub(super) async fn receiving(change: impl FnOnce(&mut ServerSettings)) -> Office {
    let connection = format!(
        "[channel.email.connection.main]\nsettings = {{ accounts = [\"help@northwind.example\"], message-domain = \"care.northwind.example\" }}\nsecrets = {{ signing-secret = {{ env = \"{VARIABLE}\" }} }}\n"
    );
    Office::built(&[], ("", &connection), change).await
}

/// A mail with a text, and a file of these bytes.
pub(super) fn mail_with_file(content: &[u8]) -> String {
    let content = BASE64_STANDARD.encode(content);
    format!(
        "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Broken\r\nMessage-ID: <2@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the picture.\r\n--b\r\nContent-Type: text/html; name=\"photo.pdf\"\r\nContent-Disposition: attachment; filename=\"photo.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}\r\n--b--\r\n"
    )
}

/// A file of the only interaction of the only conversation.
pub(super) async fn file(office: &Office, index: &str) -> client::Answer {
    office.settled().await;
    let open = office.get("/conversations").await.json();
    let id = open["conversations"][0]["id"].as_str().expect("an id");
    let shown = office.get(&format!("/conversations/{id}")).await.json();
    let ordinal = shown["said"][0]["ordinal"].as_u64().expect("an ordinal");
    let path = format!("/conversations/{id}/interactions/{ordinal}/attachments/{index}");
    office.get(&path).await
}

#[tokio::test]
async fn the_files_of_a_mail_are_downloaded_from_the_mail_that_the_host_keeps() {
    let office = receiving(|_| {}).await;
    let mail = mail_with_file(b"%PDF-1.7 broken handle");
    // As a provider repeats it.
    for _ in 0..2 {
        assert_eq!(deliver(&office, &mail).await, 200);
    }
    let photo = file(&office, "0").await;
    assert_eq!(
        (photo.status, photo.body.as_str()),
        (200, "%PDF-1.7 broken handle")
    );
    assert_eq!(photo.headers["content-type"], "application/pdf");
    assert_eq!(
        photo.headers["content-disposition"],
        "attachment; filename*=UTF-8''photo.pdf"
    );
    let whole = file(&office, "original").await;
    assert_eq!((whole.status, whole.body.as_str()), (200, mail.as_str()));
    assert_eq!(whole.headers["content-type"], "application/octet-stream");
    file(&office, "1").await.problem(404, "unknown-file");
    let journal = office.server.app.desk().expect("a desk");
    let report = journal.journal().check().expect("checked");
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[tokio::test]
async fn files_of_mails_leave_with_their_contact_and_beyond_the_setting() {
    let office = receiving(|_| {}).await;
    assert_eq!(deliver(&office, &mail_with_file(b"GIF89a")).await, 200);
    assert_eq!(file(&office, "0").await.status, 200);
    let open = office.get("/conversations").await.json();
    let contact = open["conversations"][0]["contact"].as_str().expect("one");
    let erased = office.delete(&format!("/contacts/{contact}")).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    let desk = office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("known");
    let journal = desk.journal();
    let inputs: Vec<_> = (1..9).map(patchbay_journal::Ordinal).collect();
    for input in journal.inputs(company, &inputs).expect("read") {
        let (channel, account) = (&input.channel, &input.account);
        let stored = journal.original(company, channel, account, &input.message);
        assert_eq!(stored.expect("read"), None);
    }
    // The host keeps none.
    let office = receiving(|settings| {
        let journal = settings.journal.as_mut().expect("a journal");
        journal.originals = 0;
    })
    .await;
    assert_eq!(deliver(&office, &mail_with_file(b"GIF89a")).await, 200);
    file(&office, "0").await.problem(410, "gone");
}

#[tokio::test]
async fn a_mail_whose_files_cannot_be_kept_is_not_acknowledged() {
    let office = receiving(|settings| {
        let bounds = &mut settings.bounds;
        bounds.set(Bound::StoredBytes, Scope::Company, 64 << 10);
        bounds.set(Bound::StoredBytes, Scope::Item, 1);
    })
    .await;
    let mail = mail_with_file(&[b'x'; 30 << 10]);
    assert_eq!(deliver(&office, &mail).await, 200);
    // Its file fits, and the mail beside it no longer does.
    let second = mail.replace("<2@", "<3@");
    for _ in 0..2 {
        assert_eq!(deliver(&office, &second).await, 503);
    }
    office.settled().await;
    let open = office.get("/conversations").await.json();
    assert_eq!(open["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!(open["conversations"][0]["interactions"], 1, "{open}");
}

/// Sealing a mail takes its size once more.
#[tokio::test]
async fn a_mail_counts_twice_while_it_is_stored() {
    let mail = mail_with_file(&[b'x'; 30 << 10]);
    let size = mail.len() as u64;
    for (most, status) in [(size * 2 - 1, 503), (size * 2, 200)] {
        let office = receiving(|settings| {
            settings.bounds.set(Bound::Bodies, Scope::Company, most);
        })
        .await;
        assert_eq!(deliver(&office, &mail).await, status, "{most}");
        assert_eq!(office.server.app.bounds.used(Bound::Bodies), 0);
    }
}
