//! Voice messages that a service of the company turns into text.

use std::sync::Arc;
use std::time::Duration;

use patchbay_generations::Environment;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::attachments::{Files, answer, provider};
use super::networks::Answer;
use super::networks::stand_in::{StandIn, Turn};
use super::office::Office;

const ACCOUNT: &str = "1122334455667";
const VOICE: &str = "OggS, two seconds of a voice";
const SENT: &str = "2026-11-01T10:00:00Z";

/// A provider that has one voice message.
fn voice() -> Files {
    let found = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"url\":\"{api}/file\"}";
    let file = answer(200, "Content-Type: audio/ogg\r\n", VOICE);
    [("/v24.0/4490", found.to_owned()), ("/file", file)].into()
}

async fn office(files: Files, service: &StandIn) -> Office {
    let (api, _) = provider(files).await;
    let tables = format!(
        "[target.speech]\nwebhook = {{ url = \"{}/transcribe\", secret = {{ env = \"PATH\" }} }}\n[channel.whatsapp.connection.main]\nsettings = {{ accounts = [\"{ACCOUNT}\"], api-base = \"{api}\" }}\nsecrets = {{ app-secret = {{ env = \"META\" }}, verify-token = {{ env = \"META\" }}, access-token = {{ env = \"META\" }} }}\n",
        service.url
    );
    Office::built(&[], ("transcribe = \"speech\"\n", &tables), |settings| {
        settings.environment = Environment::of([("META", "hush")]);
    })
    .await
}

async fn service() -> StandIn {
    StandIn::http(|_, _| {
        Answer::json(
            200,
            &json!({"text": "My card was stolen.", "language": "en_GB"}),
        )
    })
    .await
}

fn message(kind: &str) -> Value {
    json!({"id": "1", "channel": "whatsapp", "text": "", "account": ACCOUNT, "received_at": SENT,
        "author": {"address": "351912345678"},
        "attachments": [{"kind": kind, "url": format!("media:whatsapp/{ACCOUNT}/4490")}]})
}

async fn delivered(office: &Office, message: Value) {
    let taken = office.post("/interactions", message).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    office.settled().await;
}

/// The conversation's document.
async fn shown(office: &Office) -> Value {
    let open = office.get("/conversations").await.json();
    let id = open["conversations"][0]["id"].as_str().expect("an id");
    office.get(&format!("/conversations/{id}")).await.json()
}

async fn said(office: &Office, text: &str) -> Value {
    for _ in 0..3_000 {
        let shown = shown(office).await;
        if shown["said"][0]["interaction"]["text"] == text {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let outbox = office.get("/outbox").await.json();
    panic!("not {text:?} within half a minute: {outbox}");
}

#[tokio::test]
async fn a_voice_message_is_heard_once_and_its_words_are_an_edit() {
    let service = service().await;
    let office = office(voice(), &service).await;
    delivered(&office, message("audio")).await;
    let shown = said(&office, "My card was stolen.").await;
    let heard = &shown["said"][0]["interaction"];
    assert_eq!(heard["language"], "en-GB", "{heard}");
    assert_eq!(heard["attributes"]["transcribed"], true, "{heard}");
    assert_eq!(heard["attachments"][0]["kind"], "audio", "{heard}");
    let requests = service.requests();
    let [request] = &requests[..] else {
        panic!("{} requests", requests.len());
    };
    assert_eq!(request.body, VOICE.as_bytes());
    let head = request.head.to_ascii_lowercase();
    for header in [
        "content-type: audio/ogg",
        "webhook-id: transcription-1",
        "webhook-signature: v1,",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
    assert!(!head.contains("351912345678"), "{head}");
    // The first wording once more does not take the words away.
    delivered(&office, message("audio")).await;
    said(&office, "My card was stolen.").await;
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn a_service_that_fails_is_asked_again_and_one_that_hears_nothing_is_not() {
    let service = service().await;
    service.next([
        Turn::Answer(Answer::json(503, &json!({}))),
        Turn::Close,
        Turn::Answer(Answer::json(200, &json!({"text": "Hello?"}))),
    ]);
    let office = office(voice(), &service).await;
    delivered(&office, message("audio")).await;
    said(&office, "Hello?").await;
    let requests = service.requests();
    assert_eq!(requests.len(), 3);
    let second = requests.iter().all(|it| it.body == VOICE.as_bytes());
    assert!(second, "each attempt sends the voice");
    service.next([Turn::Answer(Answer::json(200, &json!({"text": "  "})))]);
    let mut silent = message("audio");
    silent["id"] = json!("2");
    delivered(&office, silent).await;
    service.received(4).await;
    let dead = office.get("/outbox?state=dead").await.json();
    assert_eq!(dead["items"], json!([]), "{dead}");
}

#[tokio::test]
async fn only_a_voice_message_without_words_and_with_a_time_is_sent() {
    let service = service().await;
    let office = office(voice(), &service).await;
    let mut with_words = message("audio");
    with_words["text"] = json!("Listen!");
    let mut without_time = message("audio");
    without_time
        .as_object_mut()
        .expect("fields")
        .remove("received_at");
    for (id, mut other) in [
        ("2", with_words),
        ("3", without_time),
        ("4", message("video")),
    ] {
        other["id"] = json!(id);
        delivered(&office, other).await;
    }
    delivered(&office, message("audio")).await;
    service.received(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let requests = service.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].head.contains("transcription-4"),
        "{}",
        requests[0].head
    );
}

#[tokio::test]
async fn a_voice_message_that_is_gone_fails_and_is_listed() {
    let service = service().await;
    let files = [("/v24.0/4490", answer(404, "", "{}"))].into();
    let office = office(files, &service).await;
    delivered(&office, message("audio")).await;
    for _ in 0..3_000 {
        let outbox = office.get("/outbox?state=dead").await.json();
        if outbox
            .to_string()
            .contains("the voice message cannot be fetched")
        {
            assert!(service.requests().is_empty());
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not listed within half a minute");
}

/// What the conversation says of the message, once the service was asked and something came
/// in between.
async fn said_after(between: Value) -> Value {
    let service = service().await;
    let release = Arc::new(Notify::new());
    service.next([Turn::Held(Arc::clone(&release))]);
    let office = office(voice(), &service).await;
    delivered(&office, message("audio")).await;
    service.received(1).await;
    let id = shown(&office).await["id"].clone();
    delivered(&office, between).await;
    release.notify_one();
    for _ in 0..3_000 {
        let waiting = office.get("/outbox?state=waiting").await.json();
        if waiting["items"] == json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    office.settled().await;
    // A message that was deleted leaves nothing open.
    let id = id.as_str().expect("an id");
    let shown = office.get(&format!("/conversations/{id}")).await.json();
    shown["said"].clone()
}

#[tokio::test]
async fn what_the_customer_did_meanwhile_counts() {
    let with = |fields: Value| {
        let mut message = message("audio");
        let fields = fields.as_object().expect("fields").clone();
        message.as_object_mut().expect("fields").extend(fields);
        message
    };
    let later = "2026-11-01T10:00:20Z";
    let deleted = with(json!({"kind": "delete", "received_at": later, "attachments": []}));
    let said = said_after(deleted).await;
    assert!(!said.to_string().contains("stolen"), "{said}");
    let edited = with(json!({"kind": "edit", "text": "Cancel it.", "edited_at": later}));
    let said = said_after(edited).await;
    assert_eq!(said[0]["interaction"]["text"], "Cancel it.", "{said}");
    // A reaction says nothing of the words.
    let reaction = json!({"kind": "reaction", "attachments": [],
        "attributes": {"reaction": {"emoji": "+1", "action": "react"}}});
    let said = said_after(with(reaction)).await;
    let heard = &said[0]["interaction"];
    assert_eq!(heard["text"], "My card was stolen.", "{said}");
    assert_eq!(heard["attachments"][0]["kind"], "audio", "{said}");
    assert_eq!(heard["attributes"].get("reaction"), None, "{said}");
}

#[tokio::test]
async fn a_message_full_of_attributes_gets_its_words() {
    let service = service().await;
    let office = office(voice(), &service).await;
    let mut full = message("audio");
    let attributes: serde_json::Map<String, Value> = (0..64)
        .map(|number| (format!("a{number}"), json!("x")))
        .collect();
    full["attributes"] = Value::Object(attributes);
    delivered(&office, full).await;
    said(&office, "My card was stolen.").await;
}

/// A company has one voice message turned into text at a time: each takes memory, and a
/// place of the courier.
#[tokio::test]
async fn two_voice_messages_are_heard_one_after_the_other() {
    const OTHER: &str = "OggS, three seconds of another voice";
    let service = service().await;
    service.accept_by(Arc::new(|_, request| {
        let words = match request.body == OTHER.as_bytes() {
            true => "Cancel order 7.",
            false => "My card was stolen.",
        };
        Answer::json(200, &json!({ "text": words }))
    }));
    let release = Arc::new(Notify::new());
    service.next([Turn::Held(Arc::clone(&release))]);
    let mut files = voice();
    let found = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"url\":\"{api}/other\"}";
    files.insert("/v24.0/4491", found.to_owned());
    files.insert("/other", answer(200, "Content-Type: audio/ogg\r\n", OTHER));
    let office = office(files, &service).await;
    let mut second = message("audio");
    second["id"] = json!("2");
    second["attachments"][0]["url"] = json!(format!("media:whatsapp/{ACCOUNT}/4491"));
    delivered(&office, message("audio")).await;
    service.received(1).await;
    delivered(&office, second).await;
    // Neither lost nor sent beside the first, nor given up while it waits.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(service.requests().len(), 1);
    let waiting = office.get("/outbox?state=waiting").await.json();
    assert_eq!(
        waiting["items"].as_array().map(Vec::len),
        Some(2),
        "{waiting}"
    );
    release.notify_one();
    let requests = service.received(2).await;
    assert_eq!(requests[0].body, VOICE.as_bytes());
    assert_eq!(requests[1].body, OTHER.as_bytes());
    for _ in 0..3_000 {
        let waiting = office.get("/outbox?state=waiting").await.json();
        if waiting["items"] == json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    office.settled().await;
    // Each message has its own words.
    let said = shown(&office).await["said"].clone();
    let mut words: Vec<(&str, &str)> = said
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["interaction"])
        .map(|it| {
            let url = it["attachments"][0]["url"].as_str().unwrap_or_default();
            (url, it["text"].as_str().unwrap_or_default())
        })
        .collect();
    words.sort_unstable();
    let [first, second] = &words[..] else {
        panic!("{said}");
    };
    assert!(first.0.ends_with("/4490") && second.0.ends_with("/4491"));
    assert_eq!(
        (first.1, second.1),
        ("My card was stolen.", "Cancel order 7.")
    );
    assert_eq!(service.requests().len(), 2);
    let dead = office.get("/outbox?state=dead").await.json();
    assert_eq!(dead["items"], json!([]), "{dead}");
}
