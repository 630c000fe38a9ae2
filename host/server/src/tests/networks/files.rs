//! Replies with uploaded files, on networks that take each file as a message of its own.

mod interruptions;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::client::Answer as HttpAnswer;
use super::super::office::COMPANY;
use super::connected_office::ConnectedOffice;
use super::meta::{self, WHATSAPP};
use super::stand_in::{Request, Turn};
use super::telegram::TELEGRAM;
use super::{Answer, Expected, Network};

const PDF: &[u8] = b"%PDF-1.7 a receipt of 12.50";
/// The beginning of a picture of 640 times 480.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

/// A conversation on a network, with an office of this network alone.
struct Talk {
    office: ConnectedOffice,
    network: &'static Network,
    conversation: String,
}

impl Talk {
    async fn on(network: &'static Network) -> Talk {
        let office = ConnectedOffice::of(&[network], "", |_| {}).await;
        let conversation = office.conversation(network, 1).await;
        Talk {
            office,
            network,
            conversation,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/conversations/{}{rest}", self.conversation)
    }

    async fn upload(&self, id: &str, name: &str, bytes: &[u8]) -> HttpAnswer {
        let client = &self.office.office.server.client;
        let path = self.path(&format!("/files/{id}?by={}", self.network.name));
        let head = format!(
            "{}Content-Disposition: attachment; filename*=UTF-8''{name}\r\nContent-Length: {}\r\n\r\n",
            client.head("PUT", &format!("{COMPANY}{path}")),
            bytes.len()
        );
        client.raw(&[head.as_bytes(), bytes].concat()).await
    }

    /// Replies with uploaded files; without a text where there is none.
    async fn reply(&self, id: &str, text: Option<&str>, files: &[&str]) -> HttpAnswer {
        let files: Vec<Value> = files.iter().map(|file| json!({"file": file})).collect();
        let mut reply = json!({"by": self.network.name, "id": id, "attachments": files});
        if let Some(text) = text {
            reply["text"] = text.into();
        }
        self.office.office.post(&self.path("/replies"), reply).await
    }

    /// Uploads a picture and a document.
    async fn upload_two(&self) {
        for (id, name, bytes) in [("png", "scan.png", PNG), ("pdf", "R%C3%A9cu.pdf", PDF)] {
            let uploaded = self.upload(id, name, bytes).await;
            assert_eq!(uploaded.status, 201, "{uploaded:?}");
        }
    }

    async fn becomes(&self, expected: Expected) {
        self.office
            .becomes(self.network, &self.conversation, expected)
            .await;
    }

    async fn received(&self, count: usize) -> Vec<Request> {
        let stand_in = self.office.stand_in(self.network);
        stand_in.received(count).await
    }

    fn next(&self, turns: impl IntoIterator<Item = Turn>) {
        self.office.stand_in(self.network).next(turns);
    }

    /// Why the reply was not delivered.
    async fn problem(&self) -> String {
        let failed = self
            .office
            .entry(self.network, &self.conversation, "reply-undeliverable")
            .await;
        failed["problem"].as_str().expect("a problem").to_owned()
    }

    /// An operator sends the failed delivery again.
    async fn retry(&self) {
        let listed = self.office.office.get("/outbox?state=dead").await.json();
        let key = listed["items"][0]["key"].as_str().expect("a key");
        let path = format!("/outbox/{key}/retry");
        let tried = self.office.office.post(&path, json!({})).await;
        assert_eq!(tried.status, 204, "{tried:?}");
    }
}

/// The end of the URL of each request.
fn ends(requests: &[Request]) -> Vec<&str> {
    let lines = requests.iter().map(Request::line);
    lines
        .map(|line| line.rsplit('/').next().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn telegram_gets_each_file_in_a_message_with_the_text_below_the_first() {
    let talk = Talk::on(&TELEGRAM).await;
    let shown = talk.office.document(&talk.conversation).await;
    let rules = &shown["files"];
    assert_eq!(
        (&rules["text"], &rules["without_text"]),
        (&json!("caption"), &json!(true)),
        "{rules}"
    );
    talk.upload_two().await;
    let sent = talk
        .reply("r1", Some("Your label and r\u{e9}cu."), &["png", "pdf"])
        .await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(2).await;
    assert_eq!(ends(&requests), ["sendPhoto", "sendDocument"]);
    assert_eq!(
        requests[0].form_field("caption").as_deref(),
        Some("Your label and r\u{e9}cu.")
    );
    assert_eq!(requests[0].form_field("chat_id").as_deref(), Some("501"));
    assert!(requests[0].form_field("reply_parameters").is_some());
    let (head, photo) = requests[0].form_part("photo").expect("a file");
    assert!(
        head.ends_with("filename=\"scan.png\"\r\nContent-Type: image/png"),
        "{head}"
    );
    assert_eq!(photo, PNG);
    let (head, document) = requests[1].form_part("document").expect("a file");
    assert!(head.contains("filename=\"R\u{e9}cu.pdf\""), "{head}");
    assert_eq!(document, PDF);
    for field in ["caption", "reply_parameters"] {
        assert_eq!(requests[1].form_field(field), None, "{field}");
    }
    // The same request again is the same reply.
    let again = talk
        .reply("r1", Some("Your label and r\u{e9}cu."), &["png", "pdf"])
        .await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(talk.received(2).await.len(), 2);
}

#[tokio::test]
async fn whatsapp_stores_each_file_before_its_message_names_it() {
    let talk = Talk::on(&WHATSAPP).await;
    talk.upload_two().await;
    let sent = talk.reply("r1", Some("Your label."), &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(4).await;
    assert_eq!(ends(&requests), ["media", "messages", "media", "messages"]);
    assert_eq!(
        requests[0].form_field("messaging_product").as_deref(),
        Some("whatsapp")
    );
    assert_eq!(requests[0].form_field("type").as_deref(), Some("image/png"));
    let (_, stored) = requests[0].form_part("file").expect("a file");
    assert_eq!(stored, PNG);
    let image = requests[1].json();
    assert_eq!(
        image["image"],
        json!({"id": meta::stored(1), "caption": "Your label."})
    );
    assert_eq!(image["context"]["message_id"], meta::incoming(1));
    let document = requests[3].json();
    assert_eq!(
        document["document"],
        json!({"id": meta::stored(3), "filename": "R\u{e9}cu.pdf"})
    );
    assert_eq!(document.get("context"), None, "{document}");
    let keys = [&image, &document].map(|it| it["biz_opaque_callback_data"].clone());
    assert!(keys[0].as_str().expect("a key").ends_with("/1"), "{keys:?}");
    assert!(keys[1].as_str().expect("a key").ends_with("/2"), "{keys:?}");
}

#[tokio::test]
async fn a_text_too_long_for_a_caption_goes_before_the_files() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let long = "Uma frase. ".repeat(100);
    let sent = talk.reply("r1", Some(&long), &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(2).await;
    assert_eq!(ends(&requests), ["sendMessage", "sendPhoto"]);
    assert!(requests[0].json().get("reply_parameters").is_some());
    assert_eq!(requests[1].form_field("reply_parameters"), None);
}

/// The second file is refused after the first was taken: the failure says so, and a retry
/// sends only what did not go out.
#[tokio::test]
async fn a_file_that_went_out_is_not_sent_again() {
    for (network, turns, failing) in [
        (&TELEGRAM, vec![Turn::Accept], 2),
        (&WHATSAPP, vec![Turn::Accept, Turn::Accept, Turn::Accept], 4),
    ] {
        let talk = Talk::on(network).await;
        talk.upload_two().await;
        let error = match network.name {
            "telegram" => json!({"ok": false, "error_code": 400, "description": "Bad Request"}),
            _ => json!({"error": {"code": 131_053, "message": "x"}}),
        };
        talk.next(turns);
        talk.next([Turn::Answer(Answer::json(400, &error))]);
        let sent = talk.reply("r1", Some("Both"), &["png", "pdf"]).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        let problem = talk.problem().await;
        assert!(problem.starts_with("part 2 of 2, file 2: "), "{problem}");
        assert!(
            problem.ends_with("1 part went out: the text and file 1"),
            "{problem}"
        );
        assert!(!problem.contains("cu.pdf"), "{problem}");
        assert_eq!(talk.received(failing).await.len(), failing);
        talk.retry().await;
        talk.office
            .entry(network, &talk.conversation, "reply-delivered")
            .await;
        let requests = talk.received(failing + 1).await;
        for request in &requests[failing..] {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            assert!(body.contains("cu.pdf"), "{body}");
        }
    }
}

/// A lost answer to a message leaves it open whether the customer has it; a lost answer to an
/// upload does not.
#[tokio::test]
async fn a_lost_answer_is_uncertain_only_where_the_customer_may_have_the_file() {
    let talk = Talk::on(&WHATSAPP).await;
    talk.upload_two().await;
    talk.next([Turn::Close]);
    let sent = talk.reply("r1", None, &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(3).await;
    assert_eq!(ends(&requests), ["media", "media", "messages"]);
    assert_eq!(requests[0].bytes(), requests[1].bytes());

    for (network, turns) in [
        (&TELEGRAM, vec![Turn::Close]),
        (&WHATSAPP, vec![Turn::Accept, Turn::Close]),
    ] {
        let talk = Talk::on(network).await;
        talk.upload_two().await;
        let requests = turns.len();
        talk.next(turns);
        let sent = talk.reply("r1", None, &["png", "pdf"]).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        talk.becomes(super::UNCERTAIN).await;
        let problem = talk.problem().await;
        assert!(problem.starts_with("part 1 of 2, file 1: "), "{problem}");
        assert!(problem.ends_with("no part went out"), "{problem}");
        assert_eq!(talk.received(requests).await.len(), requests);
    }
}

#[tokio::test]
async fn a_network_that_is_busy_gets_the_next_file_again_and_the_first_once() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let busy = TELEGRAM.answers.expect("answers").busy_for_a_second;
    talk.next([Turn::Accept, Turn::Answer(busy())]);
    let sent = talk.reply("r1", None, &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(3).await;
    assert_eq!(
        ends(&requests),
        ["sendPhoto", "sendDocument", "sendDocument"]
    );
    assert_eq!(requests[1].bytes(), requests[2].bytes());
}

#[tokio::test]
async fn what_a_network_does_not_take_is_refused_before_it_is_stored_or_accepted() {
    let talk = Talk::on(&WHATSAPP).await;
    let csv = talk.upload("csv", "list.csv", b"a;b\n1;2\n").await;
    let problem = csv.problem(422, "invalid-input");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("text/csv"), "{problem}");
    let large = [PNG, &vec![0; 5_000_000]].concat();
    let large = talk.upload("large", "large.png", &large).await;
    let problem = large.problem(422, "invalid-input");
    assert_eq!(problem["limit"], 5_000_000, "{problem}");
    // Neither a text nor a file.
    let empty = talk.reply("r1", None, &[]).await;
    assert_eq!(empty.problem(422, "invalid-input")["field"], "text");
    let empty = talk.reply("r1", Some(""), &[]).await;
    assert_eq!(empty.problem(422, "invalid-input")["field"], "text");
    assert_eq!(talk.office.stand_in(&WHATSAPP).requests().len(), 0);
}

/// The customer is erased while the first of two files is on its way: the second does not
/// leave.
#[tokio::test]
async fn an_erasure_during_a_delivery_ends_it() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let release = Arc::new(Notify::new());
    talk.next([Turn::Held(Arc::clone(&release))]);
    let sent = talk.reply("r1", None, &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    let office = &talk.office.office;
    let shown = talk.office.document(&talk.conversation).await;
    let contact = shown["contact"].as_str().expect("a contact");
    let erased = office.delete(&format!("/contacts/{contact}")).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    for file in ["png", "pdf"] {
        let gone = office.get(&talk.path(&format!("/files/{file}"))).await;
        gone.problem(404, "unknown-file");
    }
    release.notify_one();
    for _ in 0..6_000 {
        let waiting = office.get("/outbox?state=waiting").await.json();
        if waiting["items"] == json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let waiting = office.get("/outbox?state=waiting").await.json();
    assert_eq!(waiting["items"], json!([]));
    assert_eq!(talk.office.stand_in(&TELEGRAM).requests().len(), 1);
}

/// A supervisor removes the second file while the first is on its way.
#[tokio::test]
async fn a_file_that_a_supervisor_removes_during_a_delivery_does_not_leave() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let release = Arc::new(Notify::new());
    talk.next([Turn::Held(Arc::clone(&release))]);
    let sent = talk.reply("r1", Some("Both"), &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    let path = talk.path("/files/pdf?by=eva&role=supervisor");
    assert_eq!(talk.office.office.delete(&path).await.status, 204);
    release.notify_one();
    let problem = talk.problem().await;
    assert_eq!(
        problem,
        "part 2 of 2, file 2: a file of the reply is no longer stored; 1 part went out: the text and file 1"
    );
    assert_eq!(talk.office.stand_in(&TELEGRAM).requests().len(), 1);
}
