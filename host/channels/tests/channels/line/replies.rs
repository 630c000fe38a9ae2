use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, adapter};
use crate::exchange::{reply, requests};

const ANA: &str = "U4af4980629aabbccddeeff0011223344";
const GROUP: &str = "C56af4980629aabbccddeeff001122334";

fn encode(reply: &Reply<'_>) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter().as_ref(), reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

fn to<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    reply("line", ACCOUNT, to, text)
}

/// Pushed: a reply token lives for a minute, and the account's own answer uses it up.
#[test]
fn a_reply_is_pushed_with_the_retry_key() {
    let requests = encode(&to(ANA, "Já vamos ver 😀")).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.url, "https://line.example/v2/bot/message/push");
    let Credential::Bearer(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), b"hush");
    assert_eq!(
        body,
        &json!({"to": ANA, "messages": [{"type": "text", "text": "Já vamos ver 😀"}]})
    );
}

/// The key is the same at every attempt and differs between parts.
#[test]
fn every_part_has_a_retry_key_of_its_own() {
    let text = "Uma frase com algumas palavras. 😀 ".repeat(400);
    let keys = || -> Vec<String> {
        let requests = encode(&to(ANA, &text)).expect("encoded").into_iter();
        let keys = requests.map(|(request, body)| {
            let part = body["messages"][0]["text"].as_str().expect("text");
            assert!((1..=5_000).contains(&part.encode_utf16().count()));
            match &request.headers[..] {
                [("x-line-retry-key", key)] => key.clone(),
                other => panic!("{other:?}"),
            }
        });
        keys.collect()
    };
    let all = keys();
    assert_eq!(all, keys());
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (3, 3));
    for key in all {
        let lengths: Vec<usize> = key.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{key}");
    }
}

#[test]
fn a_group_is_answered_as_a_group() {
    let group = Reply {
        conversation: Some(GROUP),
        ..to(ANA, "Olá a todos")
    };
    assert_eq!(encode(&group).expect("encoded")[0].1["to"], GROUP);
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    for address in ["", "ana", "U1", &ANA.to_uppercase(), &format!("{ANA}0")] {
        assert_eq!(
            encode(&to(address, "Olá")).err(),
            Some(EncodeError::Address),
            "{address}"
        );
    }
    let other = reply("line", ANA, ANA, "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    assert_eq!(encode(&to(ANA, "")).err(), Some(EncodeError::Empty));
}
