use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, TOKEN, adapter};
use crate::exchange::{reply, requests};

const ANA: &str = "kR6oWjv5s0Ga4cCfzmnw7A==";

fn encode(reply: &Reply<'_>) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter().as_ref(), reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

fn to<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    reply("viber", ACCOUNT, to, text)
}

#[test]
fn a_reply_has_the_sender_the_planted_key_and_the_token_in_a_header() {
    let requests = encode(&to(ANA, "Já vamos ver")).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.url, "https://viber.example/pa/send_message");
    let Credential::Header { name, value } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(
        (*name, value.expose()),
        ("x-viber-auth-token", TOKEN.as_bytes())
    );
    assert_eq!(
        body,
        &json!({
            "receiver": ANA,
            "type": "text",
            "text": "Já vamos ver",
            "sender": {"name": "Northwind"},
            "tracking_data": "reply-01J/1",
        })
    );
}

#[test]
fn a_long_reply_has_numbered_parts() {
    let text = "Uma frase com algumas palavras. ".repeat(500);
    let requests = encode(&to(ANA, &text)).expect("encoded");
    assert_eq!(requests.len(), 3);
    for (index, (request, body)) in requests.iter().enumerate() {
        let key = format!("reply-01J/{}", index + 1);
        assert_eq!((&request.key, &body["tracking_data"]), (&key, &json!(key)));
        let part = body["text"].as_str().expect("text");
        assert!((1..=7_000).contains(&part.chars().count()));
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    for address in ["", "a b", "é", &"x".repeat(129)] {
        assert_eq!(
            encode(&to(address, "Olá")).err(),
            Some(EncodeError::Address),
            "{address}"
        );
    }
    let other = reply("viber", "southwind", ANA, "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(encode(&to(ANA, "")).err(), Some(EncodeError::Empty));
    let key = "k".repeat(3_999);
    let long = Reply {
        key: &key,
        ..to(ANA, "Olá")
    };
    assert_eq!(encode(&long).err(), Some(EncodeError::Key { limit: 4_000 }));
}
