//! Files that agents send: uploaded, named by a reply, sent by the channel, and read again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use patchbay_config::bound::{Bound, Scope};
use patchbay_journal::ContactId;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use super::client::Answer;
use super::mail::{receiving, signed};
use super::networks::Answer as Sent;
use super::networks::stand_in::{StandIn, Turn};
use super::office::{COMPANY, Office};
use crate::ServerSettings;

/// Variable whose value is the secret: every process has it.
const VARIABLE: &str = "PATH";
const MAIL: &str = "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Order 7\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n";
const PDF: &[u8] = b"%PDF-1.7 a receipt of 12.50";
const PDF_NAME: &str = "Rechnung%20M%C3%A4rz.pdf";

/// A conversation by mail that an agent has.
struct Desk {
    office: Office,
    conversation: String,
    /// The company's mail server.
    mails: StandIn,
}

impl Desk {
    async fn new() -> Desk {
        Desk::with("", |_| {}).await
    }

    /// The same with keys at the top of the company file and changed settings.
    async fn with(keys: &str, change: impl FnOnce(&mut ServerSettings)) -> Desk {
        let mails = StandIn::mail(|_, _| Sent::smtp("", 250, "2.0.0 queued")).await;
        let connection = format!(
            "[channel.email.connection.main]\nsettings = {{ accounts = [\"help@northwind.example\"], message-domain = \"care.northwind.example\", submission = \"{}\" }}\nsecrets = {{ signing-secret = {{ env = \"{VARIABLE}\" }} }}\n",
            mails.url
        );
        let office = Office::built(&["ana", "ben"], (keys, &connection), change).await;
        let request = signed(MAIL);
        let taken = office.server.client.raw(request.as_bytes()).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        office.settled().await;
        let open = office.get("/conversations").await.json();
        let conversation = open["conversations"][0]["id"].as_str().expect("an id");
        let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ana"});
        let path = format!("/conversations/{conversation}/actions");
        let assigned = office.post(&path, assign).await;
        assert_eq!(assigned.status, 200, "{assigned:?}");
        Desk {
            conversation: conversation.to_owned(),
            office,
            mails,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/conversations/{}{rest}", self.conversation)
    }

    /// Uploads bytes under a name, percent-encoded.
    async fn upload(&self, id: &str, name: &str, bytes: &[u8]) -> Answer {
        let name = format!("Content-Disposition: attachment; filename*=UTF-8''{name}\r\n");
        self.upload_with(&format!("/files/{id}?by=ana"), &name, bytes)
            .await
    }

    async fn upload_with(&self, path: &str, headers: &str, bytes: &[u8]) -> Answer {
        let client = &self.office.server.client;
        let path = format!("{COMPANY}{}", self.path(path));
        let head = format!(
            "{}{headers}Content-Length: {}\r\n\r\n",
            client.head("PUT", &path),
            bytes.len()
        );
        client.raw(&[head.as_bytes(), bytes].concat()).await
    }

    async fn reply(&self, id: &str, attachments: Value) -> Answer {
        let reply =
            json!({"by": "ana", "id": id, "text": "It is attached.", "attachments": attachments});
        self.office.post(&self.path("/replies"), reply).await
    }

    async fn download(&self, id: &str) -> Answer {
        self.office.get(&self.path(&format!("/files/{id}"))).await
    }

    /// Deletes a file as an agent.
    async fn remove(&self, id: &str) -> Answer {
        let path = self.path(&format!("/files/{id}?by=ana"));
        self.office.delete(&path).await
    }

    /// A customer writes a mail about something.
    async fn write(&self, about: &str, id: &str, address: &str) {
        let mail = json!({"id": id, "channel": "email", "account": "help@northwind.example",
            "conversation": about, "text": "Where is it?", "author": {"address": address}});
        let taken = self.office.post("/interactions", mail).await;
        assert_eq!(taken.status, 202, "{taken:?}");
        self.office.settled().await;
    }

    /// The agent gets the newest conversation.
    async fn take_newest(&mut self) {
        let open = self.office.get("/conversations").await.json();
        let all = open["conversations"].as_array().expect("a list");
        let newest = all.iter().max_by_key(|one| one["created_at"].to_string());
        newest.expect("one")["id"]
            .as_str()
            .expect("an id")
            .clone_into(&mut self.conversation);
        let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ana"});
        let assigned = self.office.post(&self.path("/actions"), assign).await;
        assert_eq!(assigned.status, 200, "{assigned:?}");
    }

    /// The contact of an address.
    fn contact(&self, address: &str) -> ContactId {
        let desk = self.office.server.app.desk().expect("a desk");
        let journal = desk.journal();
        let company = journal.company("northwind").expect("a company");
        let found = journal.find_or_create_contact(company, "email", address, desk.now());
        found.expect("readable").contact
    }

    /// Rows of files and of their pieces.
    fn rows(&self) -> (u64, u64) {
        let database = self.office.place().join("desk.db");
        let sql = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let sql = sql.expect("a database");
        let count = |table: &str| {
            let query = format!("SELECT count(*) FROM {table}");
            sql.query_row(&query, [], |row| row.get(0))
                .expect("a count")
        };
        (count("file"), count("file_piece"))
    }

    /// Waits until an upload that was given up has left nothing.
    async fn nothing_left(&self) {
        for _ in 0..6_000 {
            if self.rows() == (0, 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("(files, pieces) left after a minute: {:?}", self.rows());
    }

    /// Waits until a reply is delivered.
    async fn delivered(&self, reply: &str) {
        for _ in 0..6_000 {
            let history = self.office.get(&self.path("/history")).await.json();
            let mut entries = history["entries"].as_array().expect("entries").iter();
            if entries.any(|it| it["kind"] == "reply-delivered" && it["data"]["reply"] == reply) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{reply} is not delivered after a minute");
    }

    /// The items of the outbox that wait.
    async fn waiting(&self) -> Vec<Value> {
        let listed = self.office.get("/outbox?state=waiting").await.json();
        listed["items"].as_array().expect("items").clone()
    }

    /// The files of the replies in the history.
    async fn sent_files(&self) -> Vec<Value> {
        let history = self.office.get(&self.path("/history")).await.json();
        let entries = history["entries"].as_array().expect("entries").iter();
        entries
            .filter_map(|entry| entry["files"].as_array())
            .flatten()
            .cloned()
            .collect()
    }
}

/// Whether the files of the journal, its write-ahead log among them, have these bytes.
fn is_on_disk(place: &Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(place).expect("a directory");
    let names: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    let is_log = |path: &PathBuf| path.to_string_lossy().ends_with("-wal");
    assert!(names.iter().any(is_log), "{names:?}");
    names.iter().filter(|path| path.is_file()).any(|path| {
        let stored = std::fs::read(path).expect("readable");
        stored.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn a_file_is_uploaded_sent_by_mail_and_downloaded_again() {
    let desk = Desk::new().await;
    let shown = desk.office.get(&desk.path("")).await.json();
    let rules = &shown["files"];
    assert_eq!(
        (&rules["count"], &rules["text"]),
        (&json!(10), &json!("with"))
    );
    let types = rules["types"].as_array().expect("types").iter();
    assert!(
        types
            .clone()
            .any(|it| it["media_type"] == "application/pdf")
    );

    let uploaded = desk.upload("f-1", PDF_NAME, PDF).await;
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    let file = uploaded.json();
    assert_eq!(file["name"], "Rechnung März.pdf");
    assert_eq!(
        (&file["media_type"], &file["size"]),
        (&json!("application/pdf"), &json!(27))
    );
    assert_eq!(file["sha256"].as_str().map(str::len), Some(64));
    assert!(file["expires_at"].is_string(), "{file}");
    let journal = desk.office.server.app.desk().expect("a desk");
    assert!(journal.journal().check().expect("checked").is_sound());
    // Nothing of it is on disk as it is.
    for word in [PDF, "Rechnung März".as_bytes(), b"Rechnung M"] {
        assert!(!is_on_disk(desk.office.place(), word), "{word:?}");
    }
    assert!(is_on_disk(desk.office.place(), b"f-1"), "the id is a code");

    let sent = desk.reply("r1", json!([{"file": "f-1"}])).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let mails = desk.mails.received(1).await;
    let mail = String::from_utf8_lossy(&mails[0].body).into_owned();
    for part in [
        "Content-Type: multipart/mixed;",
        "It is attached.",
        "Content-Type: application/pdf",
        "filename*=utf-8''Rechnung%20M%C3%A4rz.pdf",
        &BASE64_STANDARD.encode(PDF),
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    // The same request again is the same reply, and nothing is sent twice.
    let again = desk.reply("r1", json!([{"file": "f-1"}])).await;
    assert_eq!(again.status, 200, "{again:?}");
    let named = desk.sent_files().await;
    assert_eq!(named.len(), 1, "{named:?}");
    assert_eq!(
        (&named[0]["file"], &named[0]["name"]),
        (&json!("f-1"), &json!("Rechnung März.pdf"))
    );

    let found = desk.download("f-1").await;
    assert_eq!((found.status, found.body.as_bytes()), (200, PDF));
    let header = |name: &str| found.headers.get(name).map(String::as_str);
    assert_eq!(header("content-type"), Some("application/pdf"));
    assert_eq!(header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        header("content-security-policy"),
        Some("sandbox; default-src 'none'")
    );
    assert_eq!(
        header("content-disposition"),
        Some("attachment; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf")
    );
    desk.delivered("r1").await;
    // A reply has it now.
    let kept = desk.remove("f-1").await;
    kept.problem(409, "file-in-use");
    assert_eq!(desk.mails.requests().len(), 1);
}

#[tokio::test]
async fn a_long_file_goes_through_in_pieces_and_survives_a_restart() {
    let mut desk = Desk::new().await;
    let bytes: Vec<u8> = [b"%PDF-1.7\n".to_vec(), vec![b'7'; (600 << 10) + 3]].concat();
    let uploaded = desk.upload("long", "long.pdf", &bytes).await;
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    desk.office = desk.office.restarted(|_| {}).await;
    let found = desk.download("long").await;
    assert!(
        found.status == 200 && found.body.as_bytes() == bytes,
        "other bytes"
    );
    let sent = desk.reply("r1", json!([{"file": "long"}])).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let mails = desk.mails.received(1).await;
    let mail = String::from_utf8_lossy(&mails[0].body).replace("\r\n", "");
    assert!(
        mail.contains(&BASE64_STANDARD.encode(&bytes)),
        "other bytes"
    );
}

#[tokio::test]
async fn the_same_upload_again_is_the_same_file() {
    let desk = Desk::new().await;
    let first = desk.upload("f", "a.pdf", PDF).await;
    assert_eq!(first.status, 201, "{first:?}");
    let again = desk.upload("f", "a.pdf", PDF).await;
    assert_eq!((again.status, again.json()), (200, first.json()));
    let other = desk.upload("f", "a.pdf", b"%PDF-1.7 other").await;
    other.problem(409, "file-id-taken");
    let named = desk.upload("f", "b.pdf", PDF).await;
    named.problem(409, "file-id-taken");
    assert_eq!(desk.remove("f").await.status, 204);
    desk.download("f").await.problem(404, "unknown-file");
    let gone = desk.remove("f").await;
    gone.problem(404, "unknown-file");
    let new = desk.upload("f", "a.pdf", b"%PDF-1.7 other").await;
    assert_eq!(new.status, 201, "{new:?}");
}

#[tokio::test]
async fn a_file_that_is_not_what_it_is_called_is_refused() {
    let desk = Desk::new().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let cases: [(&str, &[u8], u16, &str); 9] = [
        ("a.pdf", b"MZ\x90\0", 415, "file-refused"),
        ("a.txt", b"#!/bin/sh\nrm -rf ~", 415, "file-refused"),
        ("a.html", b"<!DOCTYPE html><script>", 415, "file-refused"),
        ("a.zip", b"PK\x03\x04", 415, "file-refused"),
        ("a.pdf", png, 422, "file-mismatch"),
        ("a.png.exe", png, 422, "file-mismatch"),
        ("a.txt", b"", 422, "file-mismatch"),
        ("..%2F..%2Fpasswd", png, 422, "invalid-input"),
        ("invoice%E2%80%AEgnp.exe", png, 422, "invalid-input"),
    ];
    for (name, bytes, status, kind) in cases {
        let answer = desk.upload("f", name, bytes).await;
        answer.problem(status, kind);
    }
    let name = "Content-Disposition: attachment; filename*=UTF-8''a.png\r\n";
    let declared = format!("{name}Content-Type: image/jpeg\r\n");
    let other = desk.upload_with("/files/f?by=ana", &declared, png).await;
    other.problem(422, "file-mismatch");
    let unnamed = desk.upload_with("/files/f?by=ana", "", png).await;
    let unnamed = unnamed.problem(422, "invalid-input");
    assert_eq!(unnamed["field"], "Content-Disposition");
    let odd = desk.upload_with("/files/a%20b?by=ana", name, png).await;
    odd.problem(422, "invalid-input");
    // Long enough for pieces that are stored before the type is known.
    let long = [PDF, &vec![0; 600 << 10]].concat();
    let long = desk.upload("f", "a.png", &long).await;
    long.problem(422, "file-mismatch");
    desk.nothing_left().await;
    let right = desk.upload("f", "a.png", png).await;
    assert_eq!(right.status, 201, "{right:?}");
}

#[tokio::test]
async fn only_who_may_reply_uploads_and_only_to_their_conversation() {
    let desk = Desk::new().await;
    let name = "Content-Disposition: attachment; filename*=UTF-8''a.pdf\r\n";
    let other = desk.upload_with("/files/f?by=ben", name, PDF).await;
    other.problem(403, "not-yours");
    let supervisor = desk
        .upload_with("/files/f?by=eva&role=supervisor", name, PDF)
        .await;
    assert_eq!(supervisor.status, 201, "{supervisor:?}");
    let removed = desk.office.delete(&desk.path("/files/f?by=ben")).await;
    removed.problem(403, "not-yours");
    // A file of another conversation is none of this one.
    let elsewhere = desk.office.hear("chat").await;
    let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ben"});
    let actions = format!("/conversations/{elsewhere}/actions");
    assert_eq!(desk.office.post(&actions, assign).await.status, 200);
    let reply = json!({"by": "ben", "id": "r1", "text": "See", "attachments": [{"file": "f"}]});
    let replies = format!("/conversations/{elsewhere}/replies");
    let refused = desk
        .office
        .post(&replies, reply)
        .await
        .problem(422, "invalid-input");
    assert_eq!(refused["field"], "attachments[0].file");
    let read = format!("/conversations/{elsewhere}/files/f");
    desk.office.get(&read).await.problem(404, "unknown-file");
    // Its channel has a target that takes no uploaded files.
    let client = &desk.office.server.client;
    let head = client.head(
        "PUT",
        &format!("{COMPANY}/conversations/{elsewhere}/files/f?by=ben"),
    );
    let head = format!("{head}{name}Content-Length: {}\r\n\r\n", PDF.len());
    let nowhere = client.raw(&[head.as_bytes(), PDF].concat()).await;
    nowhere.problem(422, "invalid-input");
}

#[tokio::test]
async fn a_reply_names_uploaded_files_alone_and_no_more_than_the_channel_takes() {
    let desk = Desk::new().await;
    for (attachments, field) in [
        (json!([{"file": "nothing"}]), "attachments[0].file"),
        (
            json!([{"file": "f", "name": "a.pdf"}]),
            "attachments[0].file",
        ),
        (
            json!([{"kind": "document", "url": "upload:f"}]),
            "attachments[0].url",
        ),
        (
            json!([{"kind": "document", "url": "https://files.example/1"}]),
            "attachments[0]",
        ),
    ] {
        let refused = desk.reply("r", attachments.clone()).await;
        let refused = refused.problem(422, "invalid-input");
        assert_eq!(refused["field"], field, "{attachments}");
    }
    let mut named = Vec::new();
    for number in 0..11 {
        let id = format!("f{number}");
        let uploaded = desk.upload(&id, &format!("{id}.pdf"), PDF).await;
        assert_eq!(uploaded.status, 201, "{uploaded:?}");
        named.push(json!({"file": id}));
    }
    let many = desk
        .reply("r", json!(named))
        .await
        .problem(422, "invalid-input");
    assert_eq!(
        (&many["limit"], &many["size"]),
        (&json!(10), &json!(11)),
        "{many}"
    );
    named.pop();
    let fits = desk.reply("r", json!(named)).await;
    assert_eq!(fits.status, 200, "{fits:?}");
}

#[tokio::test]
async fn what_is_uploaded_at_once_and_waits_is_bounded() {
    let desk = Desk::with("", |settings| {
        let bounds = &mut settings.bounds;
        bounds.set(Bound::UploadSize, Scope::Item, 2_000);
        bounds.set(Bound::WaitingFiles, Scope::Item, 3_000);
        bounds.set(Bound::Uploads, Scope::Company, 1);
    })
    .await;
    let pdf = |size: usize| [PDF, &vec![b' '; size - PDF.len()]].concat();
    let large = desk.upload("a", "a.pdf", &pdf(2_001)).await;
    let large = large.problem(413, "limit-exceeded");
    assert_eq!(large["limit"], 2_000, "{large}");
    let fits = desk.upload("a", "a.pdf", &pdf(2_000)).await;
    assert_eq!(fits.status, 201, "{fits:?}");
    let full = desk.upload("b", "b.pdf", &pdf(1_001)).await;
    full.problem(429, "too-many-requests");
    assert_eq!(full.headers["retry-after"], "60");
    // What a reply has does not wait.
    let sent = desk.reply("r", json!([{"file": "a"}])).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let room = desk.upload("b", "b.pdf", &pdf(1_001)).await;
    assert_eq!(room.status, 201, "{room:?}");

    // One that does not end holds the only place.
    let client = &desk.office.server.client;
    let path = format!("{COMPANY}{}", desk.path("/files/slow?by=ana"));
    let mut slow = client.connect().await;
    let head = format!(
        "{}Content-Disposition: attachment; filename*=UTF-8''a.pdf\r\nContent-Length: 99\r\n\r\n%PDF-1.7",
        client.head("PUT", &path)
    );
    slow.write_all(head.as_bytes()).await.expect("written");
    let bounds = &desk.office.server.app.bounds;
    while bounds.used(Bound::Uploads) == 0 {
        tokio::task::yield_now().await;
    }
    let second = desk.upload("c", "c.pdf", PDF).await;
    second.problem(429, "too-many-requests");
    drop(slow);
    while bounds.used(Bound::Uploads) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let third = desk.upload("c", "c.pdf", PDF).await;
    assert_eq!(third.status, 201, "{third:?}");
}

#[tokio::test]
async fn an_approver_sees_the_files_and_an_erasure_deletes_them() {
    let desk = Desk::with("[desk]\napprove-all = true\n", |_| {}).await;
    let uploaded = desk.upload("f", PDF_NAME, PDF).await;
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    let held = desk.reply("r1", json!([{"file": "f"}])).await.json();
    assert_eq!(held["reply"]["status"], "held", "{held}");
    let waiting = desk
        .office
        .get("/approvals?by=eva&role=supervisor")
        .await
        .json();
    assert_eq!(
        waiting["approvals"][0]["files"][0]["name"],
        "Rechnung März.pdf"
    );
    let taken_back = desk.path("/replies/r1/take-back");
    let written = desk
        .office
        .post(&taken_back, json!({"by": "ana"}))
        .await
        .json();
    assert_eq!(written["written"]["files"][0]["file"], "f", "{written}");
    // What was taken back can be sent with another reply.
    let held = desk.reply("r2", json!([{"file": "f"}])).await.json();
    assert_eq!(held["reply"]["status"], "held", "{held}");

    let shown = desk.office.get(&desk.path("")).await.json();
    let contact = shown["contact"].as_str().expect("a contact");
    let exported = desk
        .office
        .get(&format!("/contacts/{contact}"))
        .await
        .json();
    assert_eq!(
        exported["files"][0]["name"], "Rechnung März.pdf",
        "{exported}"
    );
    // Held is not sent.
    assert_eq!(exported["files"][0]["state"], "kept", "{exported}");
    assert_eq!(exported["complete"], true, "{exported}");
    let download = exported["files"][0]["download"].as_str().expect("a path");
    let bytes = desk.office.get(&format!("/{download}")).await;
    assert_eq!(bytes.body.as_bytes(), PDF);
    let erased = desk.office.delete(&format!("/contacts/{contact}")).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    desk.download("f").await.problem(404, "unknown-file");
}

#[tokio::test]
async fn a_channel_that_takes_no_files_says_so() {
    let office = receiving(|_| {}).await;
    let request = signed(MAIL);
    assert_eq!(
        office.server.client.raw(request.as_bytes()).await.status,
        200
    );
    office.settled().await;
    let open = office.get("/conversations").await.json();
    let id = open["conversations"][0]["id"].as_str().expect("an id");
    let shown = office.get(&format!("/conversations/{id}")).await.json();
    assert_eq!(shown.get("files"), None, "{shown}");
}

#[tokio::test]
async fn an_upload_whose_client_leaves_leaves_nothing() {
    let desk = Desk::new().await;
    let client = &desk.office.server.client;
    let path = format!("{COMPANY}{}", desk.path("/files/f?by=ana"));
    let size = 600 << 10;
    let head = format!(
        "{}Content-Disposition: attachment; filename*=UTF-8''a.pdf\r\nContent-Length: {size}\r\n\r\n",
        client.head("PUT", &path)
    );
    let mut leaving = client.connect().await;
    leaving.write_all(head.as_bytes()).await.expect("written");
    let most = [PDF, &vec![b' '; size - PDF.len() - 1]].concat();
    leaving.write_all(&most).await.expect("written");
    while desk.rows() != (1, 2) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(leaving);
    desk.nothing_left().await;
    let whole = desk.upload("f", "a.pdf", PDF).await;
    assert_eq!(whole.status, 201, "{whole:?}");
}

#[tokio::test]
async fn a_file_is_of_the_customer_who_gets_it_and_of_no_other_author() {
    let mut desk = Desk::new().await;
    desk.write("order 7", "m1", "jo@example.org").await;
    desk.take_newest().await;
    let of_jo = desk.upload("jo", "jo.pdf", b"%PDF-1.7 for Jo").await;
    assert_eq!(of_jo.status, 201, "{of_jo:?}");
    let sent = desk.reply("r1", json!([{"file": "jo"}])).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let waits = desk.upload("late", "late.pdf", b"%PDF-1.7 late").await;
    assert_eq!(waits.status, 201, "{waits:?}");

    desk.write("order 7", "m2", "kim@example.org").await;
    let refused = desk.reply("r2", json!([{"file": "late"}])).await;
    let refused = refused.problem(422, "invalid-input");
    assert_eq!(refused["field"], "attachments[0].file", "{refused}");
    let detail = refused["detail"].as_str().expect("a detail");
    assert!(detail.contains("another customer"), "{refused}");
    let of_kim = desk.upload("kim", "kim.pdf", b"%PDF-1.7 for Kim").await;
    assert_eq!(of_kim.status, 201, "{of_kim:?}");
    let sent = desk.reply("r3", json!([{"file": "kim"}])).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let mails = desk.mails.received(2).await;
    let to_kim = mails
        .iter()
        .find(|mail| mail.head.contains("RCPT TO:<kim@example.org>"));
    let to_kim = String::from_utf8_lossy(&to_kim.expect("a mail").body).into_owned();
    assert!(to_kim.contains("kim.pdf"), "{to_kim}");

    let (jo, kim) = (
        desk.contact("jo@example.org"),
        desk.contact("kim@example.org"),
    );
    let exported = desk.office.get(&format!("/contacts/{kim}")).await.json();
    let names = |exported: &Value| -> Vec<Value> {
        let files = exported["files"].as_array().expect("files").iter();
        files.map(|file| file["name"].clone()).collect()
    };
    assert_eq!(names(&exported), [json!("kim.pdf")], "{exported}");
    let erased = desk.office.delete(&format!("/contacts/{jo}")).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    desk.download("jo").await.problem(404, "unknown-file");
    desk.download("late").await.problem(404, "unknown-file");
    assert_eq!(desk.download("kim").await.status, 200);
    let erased = desk.office.delete(&format!("/contacts/{kim}")).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    desk.download("kim").await.problem(404, "unknown-file");
    assert_eq!(desk.rows(), (0, 0));
}

#[tokio::test]
async fn replies_with_files_wait_for_a_slow_mail_server_and_those_without_do_not() {
    let mut desk = Desk::new().await;
    let release = Arc::new(Notify::new());
    desk.mails.next([Turn::Held(Arc::clone(&release))]);
    // Replies of one conversation go out one after another: these are of three.
    let uploaded = desk.upload("a", "a.pdf", PDF).await;
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    let first = desk.reply("r1", json!([{"file": "a"}])).await;
    assert_eq!(first.status, 200, "{first:?}");
    desk.mails.received(1).await;
    desk.write("order 8", "m8", "kim@example.org").await;
    desk.take_newest().await;
    let uploaded = desk.upload("b", "b.pdf", PDF).await;
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    let second = desk.reply("r2", json!([{"file": "b"}])).await;
    assert_eq!(second.status, 200, "{second:?}");
    desk.write("order 9", "m9", "lee@example.org").await;
    desk.take_newest().await;
    let text = desk.reply("r3", json!([])).await;
    assert_eq!(text.status, 200, "{text:?}");
    let mails = desk.mails.received(2).await;
    let passing = String::from_utf8_lossy(&mails[1].body).into_owned();
    assert!(!passing.contains("multipart"), "{passing}");
    // The other one is back in the outbox, without a counted attempt.
    loop {
        let waiting = desk.waiting().await;
        let postponed = waiting
            .iter()
            .find(|item| item["problem"] == "other replies with files are being sent");
        if let Some(postponed) = postponed {
            assert_eq!(postponed["attempts"], 0, "{postponed}");
            break;
        }
        assert_eq!(desk.mails.requests().len(), 2, "{waiting:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    release.notify_one();
    let mails = desk.mails.received(3).await;
    let last = String::from_utf8_lossy(&mails[2].body).into_owned();
    assert!(last.contains("b.pdf"), "{last}");
}

#[tokio::test]
async fn a_supervisor_removes_a_file_that_a_reply_has() {
    let desk = Desk::new().await;
    assert_eq!(desk.upload("f", PDF_NAME, PDF).await.status, 201);
    assert_eq!(desk.upload("other", "b.pdf", PDF).await.status, 201);
    let sent = desk
        .reply("r1", json!([{"file": "f"}, {"file": "other"}]))
        .await;
    assert_eq!(sent.status, 200, "{sent:?}");
    desk.delivered("r1").await;
    // Neither the agent who sent it nor another one does.
    let own = desk.remove("f").await.problem(409, "file-in-use");
    let detail = own["detail"].as_str().expect("a detail");
    assert!(detail.contains("only a supervisor"), "{own}");
    let foreign = desk.office.delete(&desk.path("/files/f?by=ben")).await;
    foreign.problem(403, "not-yours");
    assert_eq!(desk.download("f").await.status, 200);
    let as_supervisor = |id: &str| desk.path(&format!("/files/{id}?by=eva&role=supervisor"));
    desk.office
        .delete(&as_supervisor("nothing"))
        .await
        .problem(404, "unknown-file");
    let removed = desk.office.delete(&as_supervisor("f")).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    desk.download("f").await.problem(404, "unknown-file");
    assert_eq!(desk.download("other").await.status, 200);
    assert_eq!(desk.rows(), (1, 1));
    let again = desk.office.delete(&as_supervisor("f")).await;
    again.problem(404, "unknown-file");

    let history = desk.office.get(&desk.path("/history")).await.json();
    let entries = history["entries"].as_array().expect("entries").iter();
    let told: Vec<&Value> = entries.filter(|it| it["kind"] == "file-removed").collect();
    let [told] = &told[..] else {
        panic!("{told:?}");
    };
    let by = json!({"id": "eva", "role": "supervisor"});
    assert_eq!(told["data"], json!({"file": "f", "by": by}));
    // Its name stays in the history of the reply.
    let files = desk.sent_files().await;
    assert_eq!(
        (&files[0]["name"], &files[0]["removed"]),
        (&json!("Rechnung März.pdf"), &json!(true)),
        "{files:?}"
    );
    assert_eq!(files[1].get("removed"), None, "{files:?}");
    let audit = desk.office.get("/audit").await.json();
    let acts = audit["acts"].as_array().expect("acts").iter();
    let acts: Vec<&Value> = acts.filter(|it| it["act"] == "file.removed").collect();
    assert_eq!(acts.len(), 1, "{audit}");
    assert_eq!(acts[0]["details"]["file"], "f", "{audit}");
    assert!(!audit.to_string().contains("Rechnung"), "{audit}");

    // Another file may have the id; the old reply does not have it.
    assert_eq!(desk.upload("f", "c.pdf", b"%PDF-1.7 c").await.status, 201);
    assert_eq!(desk.sent_files().await[0]["removed"], true);
    let journal = desk.office.server.app.desk().expect("a desk");
    assert!(journal.journal().check().expect("checked").is_sound());
}

#[tokio::test]
async fn a_reply_whose_file_was_removed_is_not_approved() {
    let desk = Desk::with("[desk]\napprove-all = true\n", |_| {}).await;
    assert_eq!(desk.upload("f", "a.pdf", PDF).await.status, 201);
    let held = desk.reply("r1", json!([{"file": "f"}])).await.json();
    assert_eq!(held["reply"]["status"], "held", "{held}");
    let path = desk.path("/files/f?by=eva&role=supervisor");
    assert_eq!(desk.office.delete(&path).await.status, 204);
    let waiting = desk.office.get("/approvals?by=eva&role=supervisor").await;
    let file = &waiting.json()["approvals"][0]["files"][0];
    assert_eq!(file["removed"], true, "{file}");
    let approval = |act: &str| format!("/approvals/{}/r1/{act}", desk.conversation);
    let by = json!({"by": "eva", "role": "supervisor"});
    let approved = desk.office.post(&approval("approve"), by).await;
    let problem = approved.problem(404, "unknown-file");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("file 1 of the reply was removed"),
        "{problem}"
    );
    let by = json!({"by": "eva", "role": "supervisor", "why": "the file is gone"});
    let rejected = desk.office.post(&approval("reject"), by).await;
    assert_eq!(rejected.status, 200, "{rejected:?}");
    assert_eq!(desk.mails.requests().len(), 0);
}

/// A supervisor whose id is not valid removes nothing, and the audit trail says nothing else.
#[tokio::test]
async fn a_refused_removal_is_not_in_the_audit_trail() {
    let desk = Desk::new().await;
    assert_eq!(desk.upload("f", "a.pdf", PDF).await.status, 201);
    let sent = desk.reply("r1", json!([{"file": "f"}])).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    desk.delivered("r1").await;
    let long = "x".repeat(1_000);
    let path = desk.path(&format!("/files/f?by={long}&role=supervisor"));
    let refused = desk.office.delete(&path).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(desk.download("f").await.status, 200);
    let audit = desk.office.get("/audit").await.body;
    assert!(!audit.contains("file.removed"), "{audit}");
}

#[tokio::test]
async fn a_mail_may_have_files_and_no_text() {
    let desk = Desk::new().await;
    let shown = desk.office.get(&desk.path("")).await.json();
    assert_eq!(shown["files"]["without_text"], true, "{shown}");
    assert_eq!(desk.upload("f", "a.pdf", PDF).await.status, 201);
    let replies = desk.path("/replies");
    let elsewhere = json!({"kind": "document", "url": "https://files.example/1"});
    for (text, attachments) in [
        (None, json!([])),
        (Some(""), json!([])),
        (None, json!([elsewhere])),
    ] {
        let mut reply = json!({"by": "ana", "id": "r1", "attachments": attachments});
        if let Some(text) = text {
            reply["text"] = text.into();
        }
        let refused = desk.office.post(&replies, reply).await;
        assert_eq!(refused.problem(422, "invalid-input")["field"], "text");
    }
    let reply = json!({"by": "ana", "id": "r1", "attachments": [{"file": "f"}]});
    let sent = desk.office.post(&replies, reply.clone()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let mails = desk.mails.received(1).await;
    let mail = String::from_utf8_lossy(&mails[0].body).into_owned();
    assert!(mail.contains(&BASE64_STANDARD.encode(PDF)), "{mail}");
    assert!(!mail.contains("text/plain"), "{mail}");
    desk.delivered("r1").await;
    // An absent text and an empty one are the same reply.
    let mut again = reply;
    again["text"] = "".into();
    let again = desk.office.post(&replies, again).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(desk.mails.requests().len(), 1);
}
