//! A mail comes in by a webhook, and its reply leaves by the company's mail server.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::networks::Answer;
use super::networks::stand_in::StandIn;
use super::office::Office;

/// Variable whose value is the secret: every process has it.
const VARIABLE: &str = "PATH";
const HOOK: &str = "/webhooks/northwind/email/main";
const MAIL: &str = "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Order 7\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n";

async fn deliver(office: &Office, mail: &str) -> u16 {
    let secret = std::env::var(VARIABLE).expect("set in every process");
    let now = jiff::Timestamp::now().as_second();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let signed = format!("a.{now}.{mail}");
    let signature = BASE64_STANDARD.encode(ring::hmac::sign(&key, signed.as_bytes()));
    let request = format!(
        "POST {HOOK} HTTP/1.1\r\nHost: care.northwind.example\r\nConnection: close\r\nContent-Type: message/rfc822\r\nwebhook-id: a\r\nwebhook-timestamp: {now}\r\nwebhook-signature: v1,{signature}\r\nContent-Length: {}\r\n\r\n{mail}",
        mail.len()
    );
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
