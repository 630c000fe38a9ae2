//! What interrupts a reply with files: a crash, an erasure, a stop of the host, a busy
//! provider.

use super::*;

impl Talk {
    /// Keys of the deliveries that wait.
    async fn waiting(&self) -> Vec<Value> {
        let listed = self.office.office.get("/outbox?state=waiting").await.json();
        listed["items"].as_array().expect("items").clone()
    }

    async fn nothing_waits(&self) {
        for _ in 0..6_000 {
            if self.waiting().await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.waiting().await);
    }

    /// Waits until a delivery waits with a problem; its key.
    async fn waits_for(&self, problem: &str) -> Value {
        for _ in 0..6_000 {
            let waiting = self.waiting().await;
            let is_it = |item: &&Value| {
                let found = item["problem"].as_str().unwrap_or_default();
                found.contains(problem)
            };
            if let Some(item) = waiting.iter().find(is_it) {
                return item.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.waiting().await);
    }

    async fn erase(&self) {
        let shown = self.office.document(&self.conversation).await;
        let contact = shown["contact"].as_str().expect("a contact");
        let path = format!("/contacts/{contact}");
        let erased = self.office.office.delete(&path).await;
        assert_eq!(erased.status, 200, "{erased:?}");
    }

    /// The next request is answered when this is notified.
    fn hold_next(&self) -> Arc<Notify> {
        let release = Arc::new(Notify::new());
        self.next([Turn::Held(Arc::clone(&release))]);
        release
    }
}

/// The host ended while it sent a part. The attempt after it finds no place for the file, and
/// still knows that the part may have arrived.
#[tokio::test]
async fn a_part_that_a_crash_interrupted_stays_uncertain_where_there_is_no_place() {
    let mut talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let first = talk.conversation.clone();
    let release = talk.hold_next();
    let sent = talk.reply("r1", None, &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    // The company's place is occupied from here on.
    talk.conversation = talk.office.conversation(&TELEGRAM, 2).await;
    talk.upload_two().await;
    let sent = talk.reply("r2", None, &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let postponed = talk.waits_for("other replies with files").await;
    assert_eq!(postponed["attempts"], 0, "{postponed}");
    let key = postponed["key"].as_str().expect("a key");
    // As a process leaves it that ends while it sends.
    let desk = talk.office.office.server.app.desk().expect("a desk");
    let begun = desk.channels().begin_part("northwind", key, 1);
    begun.expect("it waits");
    talk.becomes(super::super::UNCERTAIN).await;
    release.notify_one();
    talk.office
        .entry(&TELEGRAM, &first, "reply-delivered")
        .await;
    assert_eq!(talk.office.stand_in(&TELEGRAM).requests().len(), 1);
}

/// The file is at the provider, and the customer gets no message with it.
#[tokio::test]
async fn an_erasure_while_a_file_is_stored_ends_the_reply() {
    let talk = Talk::on(&WHATSAPP).await;
    talk.upload_two().await;
    let release = talk.hold_next();
    let sent = talk.reply("r1", Some("Your label."), &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    talk.erase().await;
    release.notify_one();
    talk.nothing_waits().await;
    let requests = talk.office.stand_in(&WHATSAPP).requests();
    assert_eq!(ends(&requests), ["media"]);
}

#[tokio::test]
async fn a_removal_while_a_file_is_stored_ends_the_reply() {
    let talk = Talk::on(&WHATSAPP).await;
    talk.upload_two().await;
    let release = talk.hold_next();
    let sent = talk.reply("r1", Some("Your label."), &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    let path = talk.path("/files/png?by=eva&role=supervisor");
    assert_eq!(talk.office.office.delete(&path).await.status, 204);
    release.notify_one();
    assert_eq!(
        talk.problem().await,
        "a file of the reply is no longer stored"
    );
    let requests = talk.office.stand_in(&WHATSAPP).requests();
    assert_eq!(ends(&requests), ["media"]);
}

#[tokio::test]
async fn an_erasure_between_two_parts_of_a_text_ends_the_reply() {
    let talk = Talk::on(&TELEGRAM).await;
    let release = talk.hold_next();
    let long = "Uma frase. ".repeat(500);
    let sent = talk.reply("r1", Some(&long), &[]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    talk.erase().await;
    release.notify_one();
    talk.nothing_waits().await;
    assert_eq!(talk.office.stand_in(&TELEGRAM).requests().len(), 1);
}

/// What is left waits for the next start, without a counted attempt.
#[tokio::test]
async fn a_host_that_stops_ends_a_reply_between_two_parts() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let release = talk.hold_next();
    let sent = talk.reply("r1", None, &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(1).await;
    let gateway = talk.office.office.server.app.gateway.clone();
    gateway.expect("a gateway").stop_sending();
    release.notify_one();
    let waiting = talk.waits_for("the host stops").await;
    assert_eq!(waiting["attempts"], 0, "{waiting}");
    assert_eq!(talk.office.stand_in(&TELEGRAM).requests().len(), 1);
}

/// A provider that takes a part at each attempt uses up no attempts.
#[tokio::test]
async fn an_attempt_that_sent_a_part_does_not_count() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let busy = TELEGRAM.answers.expect("answers").busy_for_a_second;
    let release = Arc::new(Notify::new());
    let held = Turn::Held(Arc::clone(&release));
    talk.next([Turn::Accept, Turn::Answer(busy()), held]);
    let sent = talk.reply("r1", None, &["png", "pdf"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.received(3).await;
    let waiting = talk.waits_for("1 part went out: file 1").await;
    assert_eq!(waiting["attempts"], 0, "{waiting}");
    release.notify_one();
    talk.becomes(Expected::Delivered).await;
}

#[tokio::test]
async fn a_stored_file_serves_the_next_attempt_of_its_message() {
    let talk = Talk::on(&WHATSAPP).await;
    talk.upload_two().await;
    let busy = WHATSAPP.answers.expect("answers").busy_for_a_second;
    talk.next([Turn::Accept, Turn::Answer(busy())]);
    let sent = talk.reply("r1", None, &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(3).await;
    assert_eq!(ends(&requests), ["media", "messages", "messages"]);
    assert_eq!(requests[1].bytes(), requests[2].bytes());
}

#[tokio::test]
async fn a_photo_that_telegram_refuses_goes_as_a_document() {
    let talk = Talk::on(&TELEGRAM).await;
    talk.upload_two().await;
    let error = json!({"ok": false, "error_code": 400,
        "description": "Bad Request: PHOTO_INVALID_DIMENSIONS"});
    talk.next([Turn::Answer(Answer::json(400, &error))]);
    let sent = talk.reply("r1", Some("Your label."), &["png"]).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    talk.becomes(Expected::Delivered).await;
    let requests = talk.received(2).await;
    assert_eq!(ends(&requests), ["sendPhoto", "sendDocument"]);
    let (_, document) = requests[1].form_part("document").expect("a file");
    assert_eq!(document, PNG);
    assert_eq!(
        requests[1].form_field("caption").as_deref(),
        Some("Your label.")
    );
}
