//! A mail comes in by a webhook, and its reply leaves by the company's mail server.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::office::Office;

/// Variable whose value is the secret: every process has it.
const VARIABLE: &str = "PATH";
const HOOK: &str = "/webhooks/northwind/email/main";
const MAIL: &str = "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Order 7\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n";

/// Lines that mail servers got, one list a session.
type Sessions = Arc<Mutex<Vec<Vec<String>>>>;

/// A mail server that takes every mail.
async fn mail_server() -> (String, Sessions) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let sessions = Sessions::default();
    let taken = Arc::clone(&sessions);
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            let mut session = Vec::new();
            let mut is_content = false;
            let _ = writer.write_all(b"220 mail.example\r\n").await;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match (is_content, line.as_str()) {
                    (true, ".") => {
                        is_content = false;
                        taken.lock().expect("no panic").push(session.clone());
                        "250 2.0.0 queued\r\n"
                    }
                    (true, _) => "",
                    (false, "DATA") => {
                        is_content = true;
                        "354 go on\r\n"
                    }
                    (false, "QUIT") => "221 bye\r\n",
                    (false, _) => "250 ok\r\n",
                };
                session.push(line);
                let _ = writer.write_all(answer.as_bytes()).await;
            }
        }
    });
    (format!("smtp-plain://{address}"), sessions)
}

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
    let (submission, sessions) = mail_server().await;
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
    let sessions = sessions.lock().expect("no panic").clone();
    let [session] = &sessions[..] else {
        panic!("{sessions:?}");
    };
    for line in [
        "RCPT TO:<jo@example.org>",
        "In-Reply-To: <1@example.org>",
        "Subject: Re: Order 7",
        "It left this morning.",
    ] {
        assert!(session.iter().any(|it| it == line), "{line}: {session:?}");
    }
    let is_ours = |line: &&String| line.starts_with("Message-ID: <reply-");
    assert_eq!(session.iter().filter(is_ours).count(), 1, "{session:?}");
}
