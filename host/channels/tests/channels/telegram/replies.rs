use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, TOKEN, adapter};
use crate::exchange::{reply, requests};

fn encode(reply: &Reply<'_>) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter().as_ref(), reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

fn to<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    reply("telegram", ACCOUNT, to, text)
}

/// The token is in the path: it stands in neither the URL nor the output of `Debug`.
#[test]
fn a_reply_quotes_the_message_and_keeps_the_token_apart() {
    let quoted = Reply {
        in_reply_to: Some("512345678:42"),
        ..to("512345678", "Já vamos *ver* <b>")
    };
    let requests = encode(&quoted).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(
        request.url,
        "https://telegram.example/bot{credential}/sendMessage"
    );
    let Credential::Path(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), TOKEN.as_bytes());
    assert_eq!(
        body,
        &json!({
            "chat_id": 512_345_678,
            "text": "Já vamos *ver* <b>",
            "reply_parameters": {"message_id": 42, "allow_sending_without_reply": true},
        })
    );
    let shown = format!("{request:?} {:?}", adapter());
    assert!(!shown.contains("AAtoken"), "{shown}");
}

#[test]
fn a_reply_goes_to_the_person_the_group_the_topic_or_the_business_chat() {
    for (conversation, expected) in [
        (None, json!({"chat_id": 512_345_678, "text": "Olá"})),
        (
            Some("-1001987654321"),
            json!({"chat_id": -1_001_987_654_321_i64, "text": "Olá"}),
        ),
        (
            Some("-1001987654321:7"),
            json!({"chat_id": -1_001_987_654_321_i64, "message_thread_id": 7, "text": "Olá"}),
        ),
        (
            Some("bqT4xN2mQFeHBAAAiUUsUp0:7236a5e49cc1a7345a790ad355c6eff2"),
            json!({
                "chat_id": 512_345_678,
                "business_connection_id": "bqT4xN2mQFeHBAAAiUUsUp0",
                "text": "Olá",
            }),
        ),
    ] {
        let reply = Reply {
            conversation,
            ..to("512345678", "Olá")
        };
        assert_eq!(encode(&reply).expect("encoded")[0].1, expected);
    }
}

#[test]
fn a_long_reply_has_numbered_parts_and_quotes_once() {
    let text = "Uma frase com algumas palavras. ".repeat(300);
    let long = Reply {
        in_reply_to: Some("512345678:42"),
        ..to("512345678", &text)
    };
    let requests = encode(&long).expect("encoded");
    assert_eq!(requests.len(), 3);
    for (index, (request, body)) in requests.iter().enumerate() {
        assert_eq!(request.key, format!("reply-01J/{}", index + 1));
        assert_eq!(body.get("reply_parameters").is_some(), index == 0);
        let part = body["text"].as_str().expect("text");
        assert!((1..=4_096).contains(&part.chars().count()));
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    for address in ["", "@anasousa", "99999999999999999999", "1.5"] {
        assert_eq!(
            encode(&to(address, "Olá")).err(),
            Some(EncodeError::Address),
            "{address}"
        );
    }
    for conversation in ["", "group", "-1001:x"] {
        let reply = Reply {
            conversation: Some(conversation),
            ..to("512345678", "Olá")
        };
        assert_eq!(
            encode(&reply).err(),
            Some(EncodeError::Address),
            "{conversation}"
        );
    }
    let other = reply("telegram", "1", "512345678", "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(encode(&to("512345678", "")).err(), Some(EncodeError::Empty));
}
