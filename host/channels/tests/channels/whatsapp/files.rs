use patchbay_adapter::{
    EncodeError, Exchange, FailureKind, FileRequest, Outbound, OutboundFile, Outcome, Reply,
    ReplyFile, Response,
};
use serde_json::{Value, json};

use super::{ACCOUNT, adapter};
use crate::exchange;

fn file(media_type: &str) -> ReplyFile<'_> {
    ReplyFile {
        name: "r\u{e9}cu.bin",
        media_type,
        content: &[],
    }
}

fn with<'a>(text: &'a str, files: &'a [ReplyFile<'a>]) -> Reply<'a> {
    Reply {
        files,
        in_reply_to: Some("wamid.a"),
        ..exchange::reply("whatsapp", ACCOUNT, "351912345678", text)
    }
}

fn parts(reply: &Reply<'_>) -> Vec<Outbound> {
    adapter().encode(reply).expect("encoded")
}

fn only_file(reply: &Reply<'_>) -> OutboundFile {
    let last = parts(reply).pop();
    match last {
        Some(Outbound::File(file)) => file,
        other => panic!("{other:?}"),
    }
}

/// The message that names a stored file.
fn message(reply: &Reply<'_>) -> Value {
    let part = only_file(reply);
    let request = adapter()
        .encode_stored_file(reply, &part, "4490709327384033")
        .expect("encoded");
    assert_eq!(
        request.url,
        "https://graph.example/v24.0/1122334455667/messages"
    );
    assert_eq!(request.key, part.key);
    serde_json::from_slice(&request.body).expect("JSON")
}

#[test]
fn a_file_is_uploaded_with_its_type() {
    let files = [file("application/pdf")];
    let reply = with("Hello", &files);
    let part = only_file(&reply);
    let upload = match adapter().encode_file(&reply, &part, b"%PDF-1.7") {
        Ok(FileRequest::Upload(upload)) => upload,
        other => panic!("{other:?}"),
    };
    // As in Meta's page on media: fields `file`, `type` and `messaging_product`.
    assert_eq!(
        upload.url,
        "https://graph.example/v24.0/1122334455667/media"
    );
    let body = String::from_utf8(upload.body.to_vec()).expect("text");
    for field in [
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
        "name=\"type\"\r\n\r\napplication/pdf\r\n",
        "name=\"file\"; filename=\"r\u{e9}cu.bin\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n",
    ] {
        assert!(body.contains(field), "{body}");
    }
    let shown = format!("{upload:?} {part:?}");
    assert!(
        !shown.contains("hush") && !shown.contains("Hello"),
        "{shown}"
    );
}

#[test]
fn each_type_of_file_has_its_message() {
    for (media_type, expected) in [
        (
            "image/jpeg",
            json!({"image": {"id": "4490709327384033", "caption": "Hello"}}),
        ),
        (
            "video/mp4",
            json!({"video": {"id": "4490709327384033", "caption": "Hello"}}),
        ),
        (
            "application/pdf",
            json!({"document": {"id": "4490709327384033", "caption": "Hello",
                "filename": "r\u{e9}cu.bin"}}),
        ),
    ] {
        let files = [file(media_type)];
        let document = message(&with("Hello", &files));
        let kind = document["type"].as_str().expect("a type").to_owned();
        assert_eq!(json!({&kind: document[&kind]}), expected);
        assert_eq!(document["to"], "351912345678");
        assert_eq!(document["context"], json!({"message_id": "wamid.a"}));
        assert_eq!(document["biz_opaque_callback_data"], "reply-01J/1");
    }
}

#[test]
fn what_has_no_caption_follows_the_text() {
    let audio = [file("audio/ogg")];
    let spoken = with("Hello", &audio);
    assert_eq!(parts(&spoken).len(), 2);
    let document = message(&spoken);
    assert_eq!(document["audio"], json!({"id": "4490709327384033"}));
    assert_eq!(document.get("context"), None, "{document}");
    assert_eq!(document["biz_opaque_callback_data"], "reply-01J/2");
    let image = [file("image/png")];
    for (length, count) in [(1_024, 1), (1_025, 2)] {
        let text = "\u{1f600}".repeat(length);
        assert_eq!(parts(&with(&text, &image)).len(), count, "{length}");
    }
    let alone = message(&with("", &image));
    assert_eq!(alone["image"], json!({"id": "4490709327384033"}));
    assert_eq!(alone["context"], json!({"message_id": "wamid.a"}));
}

#[test]
fn a_file_is_refused_that_the_network_does_not_take() {
    let files = [file("text/csv")];
    let reply = with("", &files);
    let part = only_file(&reply);
    let refused = adapter().encode_stored_file(&reply, &part, "1");
    assert_eq!(refused.err(), Some(EncodeError::NoFiles));
}

#[test]
fn an_upload_may_be_repeated_and_has_an_id() {
    let outcome = |status: u16, body: &str| {
        adapter().upload_outcome(&Exchange::Answered(Response {
            status,
            headers: [].into_iter().collect(),
            body: body.as_bytes(),
            at: "2026-12-01T00:00:00Z".parse().expect("a time"),
        }))
    };
    for id in [r#"{"id":"4490709327384033"}"#, r#"{"id":4490709327384033}"#] {
        let Outcome::Accepted(receipt) = outcome(200, id) else {
            panic!("{id}");
        };
        assert_eq!(receipt.provider_id, "4490709327384033");
    }
    for (status, body, kind) in [
        (200, "{}", FailureKind::Retry),
        (200, r#"{"id":""}"#, FailureKind::Retry),
        (500, "", FailureKind::Retry),
        (502, "<html>", FailureKind::Retry),
        (400, r#"{"error":{"code":131053}}"#, FailureKind::Refused),
        (400, r#"{"error":{"code":100}}"#, FailureKind::Refused),
        (401, r#"{"error":{"code":190}}"#, FailureKind::ChannelBroken),
        (429, r#"{"error":{"code":80007}}"#, FailureKind::Retry),
    ] {
        assert_eq!(outcome(status, body).failure_kind(), Some(kind), "{body}");
    }
    let lost = adapter().upload_outcome(&Exchange::Lost);
    assert_eq!(lost.failure_kind(), Some(FailureKind::Retry));
}
