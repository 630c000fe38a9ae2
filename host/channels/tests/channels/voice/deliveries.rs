use patchbay_adapter::{DecodedInteraction, Item, Method};

use super::{ACCOUNT, FORM, SUBJECT};
use crate::golden::{Delivery, message_id};

/// What a caller said, by the URL and the parameters of a delivery.
fn said(url: &str, body: &str) -> DecodedInteraction {
    let mut delivery = Delivery::new(FORM, body.as_bytes());
    delivery.url = url.to_owned();
    match SUBJECT.decode(delivery).expect("signed").as_slice() {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{other:?}"),
    }
}

const FIRST: &str = "https://care.example/hooks?round=1";
const SECOND: &str = "https://care.example/hooks?round=2&spoken=1";

fn body(call: &str, words: &str) -> String {
    format!("CallSid={call}&From=%2B351912345678&To=%2B351210000000&SpeechResult={words}")
}

/// A repeated request would else be a second message.
#[test]
fn a_turn_is_one_message_of_the_conversation_of_its_call() {
    let first = said(FIRST, &body("CA1", "one")).interaction;
    let again = said(FIRST, &body("CA1", "one")).interaction;
    assert_eq!(first, again);
    assert_eq!(first.id, message_id("phone", ACCOUNT, "CA1:1"));
    // Twilio may understand something else the second time: the same turn, edited.
    let other_words = said(FIRST, &body("CA1", "won")).interaction;
    assert_eq!(other_words.id, first.id);
    let second = said(SECOND, &body("CA1", "two")).interaction;
    assert_ne!(second.id, first.id);
    assert_eq!(second.conversation, first.conversation);
    let other_call = said(FIRST, &body("CA2", "one")).interaction;
    assert_ne!(other_call.id, first.id);
    assert_ne!(other_call.conversation, first.conversation);
    assert!(!format!("{:?}", first.conversation).contains("CA1"));
}

/// A number whose webhook is entered with the method GET.
#[test]
fn a_request_by_get_is_verified_and_decoded() {
    let mut delivery = Delivery::new(FORM, b"");
    delivery.method = Method::Get;
    delivery.url = format!("{FIRST}&{}", body("CA1", "Ol%C3%A1+a+todos"));
    match &SUBJECT.decode(delivery).expect("signed")[..] {
        [Item::Interaction(decoded)] => {
            assert_eq!(decoded.interaction.text, "Olá a todos");
            let id = message_id("phone", ACCOUNT, "CA1:1");
            assert_eq!(decoded.interaction.id, id);
        }
        other => panic!("{other:?}"),
    }
}

/// The turn and the key of a reply are in the query: without the signature over it, a caller
/// of the URL could set them.
#[test]
fn the_query_is_signed() {
    let adapter = SUBJECT.open();
    let mut delivery = Delivery::new(FORM, body("CA1", "one").as_bytes());
    delivery.url = FIRST.to_owned();
    (SUBJECT.sign)(&mut delivery);
    assert!(adapter.verify(&delivery.request(), delivery.now).is_ok());
    for url in [SECOND, "https://care.example/hooks"] {
        delivery.url = url.to_owned();
        let request = delivery.request();
        let refused = adapter.verify(&request, delivery.now);
        assert!(refused.is_err(), "{url}");
    }
}

#[test]
fn a_confidence_that_is_no_figure_is_left_out() {
    for (figure, expected) in [
        ("0", Some(0.0)),
        ("1.0", Some(1.0)),
        ("0.5", Some(0.5)),
        ("-0.1", None),
        ("1.01", None),
        ("NaN", None),
        ("inf", None),
        ("high", None),
        ("", None),
    ] {
        let body = format!("{}&Confidence={figure}", body("CA1", "one"));
        let attributes = said(FIRST, &body).interaction.attributes;
        let found = attributes.get("confidence").and_then(|it| it.as_f64());
        assert_eq!(found, expected, "{figure}");
        assert_eq!(attributes.get("transcribed"), Some(&true.into()));
    }
}
