//! Downloads of files: from the provider with the connection's credential, within the
//! bounds, and as nothing that a browser runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_config::bound::{Bound, Scope};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::client::Answer;
use super::office::Office;
use crate::ServerSettings;

/// Variable whose value is the token: every process has it.
const VARIABLE: &str = "PATH";
const ACCOUNT: &str = "1122334455667";
const PDF: &str = "%PDF-1.7 a receipt of 12.50";

fn secret() -> String {
    std::env::var(VARIABLE).expect("set in every process")
}

/// Heads of the requests that a provider got.
pub(super) type Heads = Arc<Mutex<Vec<String>>>;
/// What a provider answers, by the path without its query.
pub(super) type Files = BTreeMap<&'static str, String>;

/// An answer with a body; its length is said.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A provider on loopback. `{api}` in an answer is its address; a path without an
/// answer is one of a provider that never answers.
pub(super) async fn provider(files: Files) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let api = format!("http://{}", listener.local_addr().expect("an address"));
    let heads = Heads::default();
    let (taken, base) = (Arc::clone(&heads), api.clone());
    tokio::spawn(async move {
        let mut waiting = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            while !bytes.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut part).await.unwrap_or(0);
                assert!(read > 0, "an incomplete request");
                bytes.extend_from_slice(&part[..read]);
            }
            let head = String::from_utf8(bytes).expect("ASCII");
            let path = head.split(' ').nth(1).unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default().to_owned();
            taken.lock().expect("no panic").push(head);
            match files.get(&*path) {
                Some(text) => {
                    let text = text.replace("{api}", &base);
                    let _ = stream.write_all(text.as_bytes()).await;
                }
                None => waiting.push(stream),
            }
        }
    });
    (api, heads)
}

/// An office whose company has the number of the provider at this address.
async fn office(api: &str) -> Office {
    office_with(api, |_| {}).await
}

/// The same with changed settings.
async fn office_with(api: &str, change: impl FnOnce(&mut ServerSettings)) -> Office {
    let secret = format!("{{ env = \"{VARIABLE}\" }}");
    let connection = format!(
        "[channel.whatsapp.connection.main]\nsettings = {{ accounts = [\"{ACCOUNT}\"], api-base = \"{api}\" }}\nsecrets = {{ app-secret = {secret}, verify-token = {secret}, access-token = {secret} }}\n"
    );
    Office::built(&[], ("", &connection), change).await
}

/// Delivers an interaction with these attachments; the path of its files.
async fn files_of(office: &Office, attachments: Value) -> String {
    let interaction = json!({"id": "1", "channel": "whatsapp", "text": "See", "account": ACCOUNT,
        "author": {"address": "351912345678"}, "attachments": attachments,
        "attributes": {"original": "http://169.254.169.254/latest/meta-data"}});
    let taken = office.post("/interactions", interaction).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    office.settled().await;
    let open = office.get("/conversations").await.json();
    let id = open["conversations"][0]["id"].as_str().expect("an id");
    let shown = office.get(&format!("/conversations/{id}")).await.json();
    let ordinal = shown["said"][0]["ordinal"].as_u64().expect("an ordinal");
    format!("/conversations/{id}/interactions/{ordinal}/attachments")
}

fn reference(id: &str) -> Value {
    json!({"kind": "document", "name": "reçu \"1\".pdf", "url": format!("media:whatsapp/{ACCOUNT}/{id}")})
}

/// The files of a provider whose one file is found by a look-up.
fn one_file(content: String) -> Files {
    // Its length is not said: that of the address is not known yet.
    let found = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"url\":\"{api}/file\"}";
    [("/v24.0/4490", found.to_owned()), ("/file", content)].into()
}

async fn fetch(files: Files) -> (Answer, Heads) {
    let (api, heads) = provider(files).await;
    let office = office(&api).await;
    let path = files_of(&office, json!([reference("4490")])).await;
    (office.get(&format!("{path}/0")).await, heads)
}

#[tokio::test]
async fn a_file_is_looked_up_and_downloaded_with_the_credential() {
    let content = answer(200, "Content-Type: text/html\r\n", PDF);
    let (file, heads) = fetch(one_file(content)).await;
    assert_eq!((file.status, file.body.as_str()), (200, PDF));
    let header = |name: &str| file.headers.get(name).map(String::as_str);
    assert_eq!(header("content-type"), Some("application/pdf"));
    assert_eq!(header("content-length"), Some("27"));
    assert_eq!(
        header("content-disposition"),
        Some("attachment; filename*=UTF-8''re%C3%A7u%20%221%22.pdf")
    );
    assert_eq!(header("x-content-type-options"), Some("nosniff"));
    assert_eq!(header("cache-control"), Some("private, no-store"));
    assert_eq!(
        header("content-security-policy"),
        Some("sandbox; default-src 'none'")
    );
    let heads = heads.lock().expect("no panic").clone();
    let [lookup, content] = &heads[..] else {
        panic!("{} requests", heads.len());
    };
    assert!(lookup.starts_with("GET /v24.0/4490?phone_number_id=1122334455667 "));
    assert!(content.starts_with("GET /file "));
    for head in [lookup, content] {
        assert!(head.contains(&format!("Bearer {}", secret())), "no token");
    }
}

#[tokio::test]
async fn a_page_that_is_called_a_picture_is_saved_and_not_shown() {
    let page = "<!DOCTYPE html><script>alert(document.domain)</script>";
    let content = answer(200, "Content-Type: image/png\r\n", page);
    let (file, _) = fetch(one_file(content)).await;
    assert_eq!(file.status, 200, "{file:?}");
    assert_eq!(file.headers["content-type"], "application/octet-stream");
    assert!(file.headers["content-disposition"].starts_with("attachment"));
}

#[tokio::test]
async fn what_the_provider_does_not_give_is_said_without_its_answer() {
    let lookup = |status, headers: &str, body: &str| -> Files {
        [("/v24.0/4490", answer(status, headers, body))].into()
    };
    let gone = r#"{"error":{"code":100,"message":"customer 351912345678"}}"#;
    let revoked = r#"{"error":{"code":190,"message":"customer 351912345678"}}"#;
    for (files, status, kind) in [
        (lookup(400, "", gone), 410, "gone"),
        (lookup(401, "", revoked), 502, "provider-failed"),
        (lookup(200, "", "<html>"), 410, "gone"),
        (
            lookup(200, "", r#"{"url":"http://127.0.0.1:1/other"}"#),
            502,
            "provider-failed",
        ),
        (one_file(answer(404, "", "")), 410, "gone"),
        (one_file(answer(403, "", "")), 502, "provider-failed"),
        (one_file(answer(200, "", "")), 200, ""),
        (
            one_file("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n%PDF".to_owned()),
            502,
            "provider-failed",
        ),
    ] {
        let (file, _) = fetch(files).await;
        assert_eq!(file.status, status, "{file:?}");
        assert!(!file.body.contains("351912345678"), "{file:?}");
        assert!(!file.body.contains(&secret()), "a secret");
        if status != 200 {
            file.problem(status, kind);
        }
    }
    let busy = lookup(429, "Retry-After: 7\r\n", "");
    let (file, _) = fetch(busy).await;
    file.problem(503, "overloaded");
    assert_eq!(file.headers["retry-after"], "7");
}

#[tokio::test]
async fn a_file_ends_at_the_limit_with_or_without_a_length() {
    let long = "%PDF-1.7 ".repeat(300);
    let chunks = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    for content in [answer(200, "", &long), chunks] {
        let (api, _) = provider(one_file(content)).await;
        let office = office_with(&api, |settings| {
            settings.bounds.set(Bound::FileSize, Scope::Item, 1_024);
        })
        .await;
        let path = files_of(&office, json!([reference("4490")])).await;
        let problem = office.get(&format!("{path}/0")).await;
        let problem = problem.problem(413, "limit-exceeded");
        assert_eq!(problem["limit"], 1_024, "{problem}");
    }
}

#[tokio::test]
async fn only_files_of_the_conversation_are_downloaded() {
    let (api, heads) = provider(Files::new()).await;
    let office = office(&api).await;
    let attachments = json!([
        {"kind": "image"},
        {"kind": "image", "url": "media:viber/care/1"},
        {"kind": "image", "url": "media:whatsapp/999/1"},
        {"kind": "image", "url": "http://169.254.169.254/latest/meta-data"},
        // The operator permits loopback for webhooks, whose answers nobody sees.
        {"kind": "image", "url": format!("{api}/meta-data")},
    ]);
    let path = files_of(&office, attachments).await;
    for (index, status, kind) in [
        ("0", 404, "unknown-file"),
        ("1", 503, "connection-not-open"),
        ("2", 503, "connection-not-open"),
        ("3", 502, "provider-failed"),
        ("4", 502, "provider-failed"),
        ("5", 404, "unknown-file"),
        // No mail.
        ("original", 404, "unknown-file"),
        ("-1", 404, "unknown-file"),
        ("x", 404, "unknown-file"),
    ] {
        let answer = office.get(&format!("{path}/{index}")).await;
        answer.problem(status, kind);
        assert!(!answer.body.contains("meta-data"), "{answer:?}");
    }
    let (conversation, rest) = path.split_at("/conversations/".len() + 32);
    let other = rest.replace("/interactions/", "/interactions/9");
    office
        .get(&format!("{conversation}{other}/0"))
        .await
        .problem(404, "unknown-file");
    let unknown = format!("/conversations/{}{rest}/0", "0".repeat(32));
    let unknown = office.get(&unknown).await;
    unknown.problem(404, "unknown-conversation");
    assert!(heads.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn downloads_at_once_are_bounded_and_end_with_their_reader() {
    let (api, heads) = provider(Files::new()).await;
    let office = office_with(&api, |settings| {
        settings.bounds.set(Bound::Files, Scope::Company, 1);
    })
    .await;
    let path = files_of(&office, json!([reference("4490")])).await;
    let client = &office.server.client;
    let mut waiting = client.connect().await;
    let head = client.head("GET", &format!("/v1/companies/northwind{path}/0"));
    let written = waiting.write_all(format!("{head}\r\n").as_bytes()).await;
    written.expect("written");
    while heads.lock().expect("no panic").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = office.get(&format!("{path}/0")).await;
    second.problem(429, "too-many-requests");
    let metrics = client.get("/metrics").await.body;
    let used = r#"patchbay_bound_used{what="files"} 1"#;
    assert!(metrics.contains(used), "{metrics}");
    drop(waiting);
    // The server sees that the reader is gone, and the place is free again.
    while office.server.app.bounds.used(Bound::Files) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
