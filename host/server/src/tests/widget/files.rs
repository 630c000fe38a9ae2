//! Files of replies, which a visitor's page downloads from the host.

use patchbay_config::bound::{Bound, Scope};
use serde_json::json;

use super::{CHAT, Page, conversation, office, text, wait_for};
use crate::tests::office::{COMPANY, Office};

const PDF: &[u8] = b"%PDF-1.7 a table of sizes";

/// Uploads a document and sends it with a reply.
async fn send_file(office: &Office, name: &str) {
    send_file_with(office, name, Some("Like this.")).await;
}

/// The same with another text, or none.
async fn send_file_with(office: &Office, name: &str, words: Option<&str>) {
    let id = text(&conversation(office).await["id"]);
    let client = &office.server.client;
    let path = format!("{COMPANY}/conversations/{id}/files/f?by=eva&role=supervisor");
    let head = format!(
        "{}Content-Disposition: attachment; filename*=UTF-8''{name}\r\nContent-Length: {}\r\n\r\n",
        client.head("PUT", &path),
        PDF.len()
    );
    let uploaded = client.raw(&[head.as_bytes(), PDF].concat()).await;
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    let mut reply = json!({"by": "eva", "role": "supervisor", "id": "r1",
        "then": "stay", "attachments": [{"file": "f"}]});
    if let Some(words) = words {
        reply["text"] = words.into();
    }
    let sent = office
        .post(&format!("/conversations/{id}/replies"), reply)
        .await;
    assert_eq!(sent.status, 200, "{sent:?}");
}

#[tokio::test]
async fn a_visitor_downloads_the_file_of_a_reply_and_nobody_else_does() {
    let office = office().await;
    let page = Page::open(&office).await;
    assert_eq!(page.write(1, "What does it look like?").await.status, 201);
    send_file(&office, "Gr%C3%B6%C3%9Fe.pdf").await;
    wait_for(
        &page,
        &["message What does it look like?", "reply Like this."],
    )
    .await;
    let history = page.history().await;
    let item = &history["items"][1];
    let shown = json!([{"name": "Größe.pdf", "media_type": "application/pdf", "size": PDF.len()}]);
    assert_eq!(item["files"], shown);
    let cursor = text(&item["cursor"]);
    let path = format!("files/{cursor}/0");
    let request = format!(
        "GET {CHAT}/{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n",
        office.server.client.address(),
        page.headers()
    );
    let file = office.server.client.raw(request.as_bytes()).await;
    assert_eq!(file.status, 200, "{file:?}");
    assert_eq!(file.headers["content-type"], "application/pdf");
    assert_eq!(file.headers["content-length"], PDF.len().to_string());
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    assert_eq!(
        file.headers["content-security-policy"],
        "sandbox; default-src 'none'"
    );
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"
    );

    // Another visitor, who wrote too, and a page without a session.
    let other = Page::open(&office).await;
    assert_eq!(other.write(2, "Hello").await.status, 201);
    office.settled().await;
    other.get(&path).await.problem(404, "unknown-file");
    let none = Page {
        token: String::new(),
        ..page.clone()
    };
    none.get(&path).await.problem(401, "invalid-token");
    let foreign = Page {
        origin: "https://other.example".to_owned(),
        ..page.clone()
    };
    foreign.get(&path).await.problem(403, "foreign-origin");
    // What is no reply, or has no such file.
    let message = text(&history["items"][0]["cursor"]);
    for wrong in [
        format!("files/{message}/0"),
        format!("files/{cursor}/1"),
        format!("files/{cursor}/x"),
        "files/x/0".to_owned(),
    ] {
        page.get(&wrong).await.problem(404, "unknown-file");
    }
}

#[tokio::test]
async fn downloads_of_a_visitor_at_once_are_bounded() {
    let office = Office::built(&[], ("", super::FILE), |settings| {
        settings.bounds.set(Bound::ChatFiles, Scope::Token, 0);
    })
    .await;
    let page = Page::open(&office).await;
    page.get("files/x/0")
        .await
        .problem(429, "too-many-requests");
}

#[tokio::test]
async fn a_reply_of_files_alone_is_in_the_history_of_the_visitor() {
    let office = office().await;
    let page = Page::open(&office).await;
    assert_eq!(page.write(1, "What does it look like?").await.status, 201);
    send_file_with(&office, "a.pdf", None).await;
    wait_for(&page, &["message What does it look like?", "reply "]).await;
    let history = page.history().await;
    assert_eq!(history["items"][1]["text"], "");
    assert_eq!(history["items"][1]["files"][0]["name"], "a.pdf");
}
