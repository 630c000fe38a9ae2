use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply, TemplateReply};
use proptest::prelude::{ProptestConfig, proptest};
use proptest::{prop_assert, prop_assert_eq};
use serde_json::{Value, json};

use super::{ACCOUNT, adapter};
use crate::exchange::{self, requests};

fn reply<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    exchange::reply("whatsapp", ACCOUNT, to, text)
}

fn encode(reply: &Reply<'_>) -> Result<Vec<(OutboundRequest, Value)>, EncodeError> {
    let requests = requests(adapter().as_ref(), reply)?;
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    Ok(requests.into_iter().map(with_body).collect())
}

#[test]
fn a_template_is_sent_by_its_name_with_its_parameters() {
    let parameters = ["Jo".to_owned(), "4711".to_owned()];
    let template = |parameters| Reply {
        in_reply_to: Some("wamid.a"),
        template: Some(TemplateReply {
            name: "order_sent",
            language: "pt_PT",
            parameters,
        }),
        ..reply("351912345678", "Hello Jo, order 4711 is on its way.")
    };
    let requests = encode(&template(&parameters)).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.key, "reply-01J/1");
    // As in Meta's page on sending message templates.
    assert_eq!(
        body,
        &json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "351912345678",
            "type": "template",
            "template": {
                "name": "order_sent",
                "language": {"code": "pt_PT"},
                "components": [{
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Jo"},
                        {"type": "text", "text": "4711"},
                    ],
                }],
            },
            "biz_opaque_callback_data": "reply-01J/1",
        })
    );
    let requests = encode(&template(&[])).expect("encoded");
    let language = json!({"name": "order_sent", "language": {"code": "pt_PT"}});
    assert_eq!(requests[0].1["template"], language);
}

#[test]
fn a_reply_is_one_request_with_the_planted_key_and_the_quoted_message() {
    let quoted = Reply {
        in_reply_to: Some("wamid.a"),
        ..reply("351912345678", "Já vamos ver: https://a.example/1")
    };
    let requests = encode(&quoted).expect("encoded");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(
        request.url,
        "https://graph.example/v24.0/1122334455667/messages"
    );
    assert_eq!(request.content_type, "application/json");
    let Credential::Bearer(token) = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(token.expose(), b"hush");
    assert_eq!(
        body,
        &json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "351912345678",
            "type": "text",
            "text": {"body": "Já vamos ver: https://a.example/1"},
            "biz_opaque_callback_data": "reply-01J/1",
            "context": {"message_id": "wamid.a"},
        })
    );
    let shown = format!("{request:?}");
    assert!(
        !shown.contains("hush") && !shown.contains("351912345678"),
        "{shown}"
    );
}

#[test]
fn the_same_reply_encodes_to_the_same_bytes() {
    let long = "Uma frase. ".repeat(2_000);
    let bytes = || {
        let requests =
            requests(adapter().as_ref(), &reply("351912345678", &long)).expect("encoded");
        requests
            .into_iter()
            .map(|request| request.body)
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(), bytes());
}

/// The number is not rewritten: variants of one number are different addresses to
/// the provider.
#[test]
fn a_reply_goes_to_the_address_as_it_came() {
    for (to, field, value) in [
        ("5491123456789", "to", "5491123456789"),
        ("551187654321", "to", "551187654321"),
        ("+351912345678", "to", "351912345678"),
        (
            "PT.13491208655302741918",
            "recipient",
            "PT.13491208655302741918",
        ),
        (
            "US.ENT.11815799212886844830",
            "recipient",
            "US.ENT.11815799212886844830",
        ),
    ] {
        let requests = encode(&reply(to, "Olá")).expect("encoded");
        let body = &requests[0].1;
        assert_eq!(body[field], value, "{body}");
        let other = if field == "to" { "recipient" } else { "to" };
        assert!(body.get(other).is_none(), "{body}");
    }
    for to in [
        "",
        "ana",
        "PT.",
        "pt.1",
        "PRT.1",
        "PT.a b",
        "+",
        "12 34",
        "ana@example.org",
    ] {
        assert_eq!(
            encode(&reply(to, "Olá")).err(),
            Some(EncodeError::Address),
            "{to:?}"
        );
    }
}

#[test]
fn a_group_is_answered_as_a_group() {
    let group = Reply {
        conversation: Some("120363041234567890"),
        ..reply("351912345678", "Olá a todos")
    };
    let requests = encode(&group).expect("encoded");
    assert_eq!(requests[0].1["recipient_type"], "group");
    assert_eq!(requests[0].1["to"], "120363041234567890");
}

#[test]
fn a_long_reply_has_numbered_parts_and_quotes_once() {
    let text = "Uma frase com algumas palavras. ".repeat(300);
    let long = Reply {
        in_reply_to: Some("wamid.a"),
        ..reply("351912345678", &text)
    };
    let requests = encode(&long).expect("encoded");
    assert_eq!(requests.len(), 3);
    for (index, (request, body)) in requests.iter().enumerate() {
        let key = format!("reply-01J/{}", index + 1);
        assert_eq!(
            (&request.key, body["biz_opaque_callback_data"].as_str()),
            (&key, Some(key.as_str()))
        );
        assert_eq!(body.get("context").is_some(), index == 0);
        let part = body["text"]["body"].as_str().expect("text");
        assert!(
            part.chars().count() <= 4_096 && part.ends_with('.'),
            "{part}"
        );
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let whole = "x".repeat(4_096);
    assert_eq!(encode(&reply("1", &whole)).expect("encoded").len(), 1);
    for (text, error) in [
        ("", "no text"),
        (" \n", "no text"),
        (&"x".repeat(65_537)[..], "longer than 65536 bytes"),
        (&format!("https://a.example/{whole}"), "a link"),
        (&format!("e{}", "\u{301}".repeat(5_000)), "a character"),
    ] {
        let refused = encode(&reply("1", text)).expect_err("refused").to_string();
        assert!(refused.contains(error), "{refused}");
    }
    let other = Reply {
        account: "2",
        ..reply("1", "Olá")
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    let long = "k".repeat(511);
    let other = Reply {
        key: &long,
        ..reply("1", "Olá")
    };
    assert_eq!(encode(&other).err(), Some(EncodeError::Key { limit: 512 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every part fits, and the parts together are the reply without the white
    /// space at the divisions.
    #[test]
    fn the_parts_of_any_reply_fit_and_lose_nothing(
        words in proptest::collection::vec("[a-zé]{1,12}[.!?]?|👩‍👩‍👧|\\n\\n|谢谢。|https://a\\.example/[a-z?=.]{1,30}|.{1,9}", 1..900)
    ) {
        let mut text = words.join(" ");
        text.truncate(text.floor_char_boundary(65_536));
        let Ok(requests) = encode(&reply("1", &text)) else {
            prop_assert!(text.trim().is_empty());
            return Ok(());
        };
        let visible = |text: &str| text.split_whitespace().collect::<String>();
        let mut joined = String::new();
        for (_, body) in &requests {
            let part = body["text"]["body"].as_str().expect("text");
            prop_assert!((1..=4_096).contains(&part.chars().count()));
            for word in part.split_whitespace().filter(|word| word.starts_with("https://")) {
                prop_assert!(text.split_whitespace().any(|whole| whole == word), "{}", word);
            }
            joined += part;
        }
        prop_assert_eq!(visible(&joined), visible(&text));
    }
}
