use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};
use serde_json::{Value, json};

use super::{ACCOUNT, API_KEY, API_SECRET, SUBJECT, adapter, settings};
use crate::exchange::{reply, requests};

fn encode(reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError> {
    requests(adapter().as_ref(), reply)
}

fn sms<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    reply("sms", ACCOUNT, to, text)
}

fn body(request: &OutboundRequest) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[test]
fn a_reply_goes_from_the_number_that_the_customer_wrote_to() {
    let requests = encode(&sms("+351912345678", "Já vamos ver: a&b=c ~")).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(request.url, "https://vonage.example/v1/messages");
    assert_eq!(request.content_type, "application/json");
    assert_eq!(
        body(request),
        json!({
            "channel": "sms",
            "message_type": "text",
            "to": "351912345678",
            "from": "351210000000",
            "text": "Já vamos ver: a&b=c ~",
            "client_ref": "reply-01J/1",
            "webhook_url": "https://care.example/hooks",
            "webhook_version": "v1",
        })
    );
    let Credential::Basic { user, password } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!(
        (user.as_str(), password.expose()),
        (API_KEY, API_SECRET.as_bytes())
    );
    let shown = format!("{request:?}");
    assert!(!shown.contains(API_SECRET) && !shown.contains("351912345678"));
    let again = encode(&sms("+351912345678", "Já vamos ver: a&b=c ~")).expect("encoded");
    assert_eq!(again[0].body, request.body);
}

#[test]
fn without_a_callback_and_a_base_the_providers_are_used() {
    let mut settings = settings();
    let fields = settings.as_object_mut().expect("an object");
    fields.remove("status-callback");
    fields.remove("api-base");
    let adapter = (SUBJECT.kind().open)(&SUBJECT.config(settings)).expect("valid settings");
    let requests = requests(&*adapter, &reply("sms", "68453", "68000", "Olá")).expect("encoded");
    assert_eq!(requests[0].url, "https://api.nexmo.com/v1/messages");
    let body = body(&requests[0]);
    assert_eq!(
        (&body["to"], &body["from"]),
        (&json!("68000"), &json!("68453"))
    );
    assert_eq!(body.get("webhook_url"), None);
}

/// Vonage takes 1,000 characters at most.
#[test]
fn a_long_reply_is_divided_by_segments() {
    for (word, least) in [("palavra ", 3), ("não 😀 ", 5), ("[]{}~ ", 3)] {
        let text = word.repeat(300);
        let requests = encode(&sms("+351912345678", &text)).expect("encoded");
        assert!(requests.len() >= least, "{word}: {}", requests.len());
        for (index, request) in requests.iter().enumerate() {
            let key = format!("reply-01J/{}", index + 1);
            let body = body(request);
            assert_eq!((&request.key, &body["client_ref"]), (&key, &json!(key)));
            let text = body["text"].as_str().expect("a text");
            assert!((1..=1_000).contains(&text.chars().count()));
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    for to in [
        "",
        "MEOINFO",
        "ana@example.org",
        "whatsapp:+351912345678",
        "+",
        "12",
    ] {
        assert_eq!(
            encode(&sms(to, "Olá")).err(),
            Some(EncodeError::Address),
            "{to}"
        );
    }
    assert_eq!(
        encode(&sms("+351912345678", " \n")).err(),
        Some(EncodeError::Empty)
    );
    let other = reply("sms", "+351219999999", "+351912345678", "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    let key = "k".repeat(99);
    let long_key = Reply {
        key: &key,
        ..sms("+351912345678", "Olá")
    };
    assert_eq!(
        encode(&long_key).err(),
        Some(EncodeError::Key { limit: 100 })
    );
}
