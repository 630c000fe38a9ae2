//! What a caller hears: the document that answers a delivery.

use patchbay_adapter::{Acknowledgement, Adapter, Method};
use patchbay_fuzz::{Corpus, Reading};
use serde_json::{Value, json};

use super::{FORM, SUBJECT, adapter, adapter_with};
use crate::golden::Delivery;
use crate::sms::sign;

const URL: &str = "https://care.example/hooks";
const START: &str = "CallSid=CA1&CallStatus=ringing&From=%2B351912345678&To=%2B351210000000";
const SILENCE: &str = "CallSid=CA1&CallStatus=in-progress&From=%2B351912345678&To=%2B351210000000";
const SPEECH: &str = "CallSid=CA1&CallStatus=in-progress&From=%2B351912345678&To=%2B351210000000&SpeechResult=hush+%3CDial%2F%3E&Confidence=0.9";

const GREETING: &str = "<Say language=\"pt-PT\" voice=\"Polly.Ines-Neural\">Northwind &lt;care&gt; &amp; &quot;more&quot;: what can we do?</Say>";
const CONFIRMATION: &str =
    "<Say language=\"pt-PT\" voice=\"Polly.Ines-Neural\">Obrigado, já ligamos.</Say>";
const GOODBYE: &str =
    "<Say language=\"pt-PT\" voice=\"Polly.Ines-Neural\">Adeus.</Say><Hangup/></Response>";

/// The document that asks with these words and sends what it understands to this turn.
fn asks(say: &str, turn: &str) -> String {
    format!(
        "<Response><Gather input=\"speech\" action=\"{URL}?{turn}#rc=3&amp;rp=5xx,ct,rt\" method=\"POST\" actionOnEmptyResult=\"true\" speechTimeout=\"auto\" language=\"pt-PT\">{say}</Gather></Response>"
    )
}

fn answer(adapter: &dyn Adapter, mut delivery: Delivery) -> Acknowledgement {
    sign(&mut delivery);
    let request = delivery.request();
    let verified = adapter.verify(&request, delivery.now).expect("signed");
    adapter.acknowledgement(&verified)
}

/// The answer to a POST of these parameters to a URL.
fn hear(url: &str, body: &str) -> String {
    let mut delivery = Delivery::new(FORM, body.as_bytes());
    delivery.url = url.to_owned();
    let answer = answer(&*adapter(), delivery);
    assert_eq!(answer.content_type, Some("text/xml; charset=utf-8"));
    answer.body
}

/// The URL to which Twilio sends what it understands: the fragment is for Twilio.
fn action(document: &str) -> Option<String> {
    let (_, rest) = document.split_once("action=\"")?;
    let (action, _) = rest.split_once('#')?;
    Some(action.replace("&amp;", "&"))
}

#[test]
fn a_caller_is_greeted_and_listened_to_until_nothing_more_is_said() {
    let greeted = hear(URL, START);
    assert_eq!(greeted, asks(GREETING, "round=1"));
    let first = action(&greeted).expect("it listens");
    let confirmed = hear(&first, SPEECH);
    assert_eq!(confirmed, asks(CONFIRMATION, "round=2&amp;spoken=1"));
    let second = action(&confirmed).expect("it listens");
    let confirmed = hear(&second, SPEECH);
    assert_eq!(confirmed, asks(CONFIRMATION, "round=3&amp;spoken=1"));
    let third = action(&confirmed).expect("it listens");
    assert_eq!(hear(&third, SILENCE), format!("<Response>{GOODBYE}"));
}

/// Twilio asks an empty action at the present URL: the call would begin anew without end.
#[test]
fn a_caller_who_says_nothing_is_asked_twice() {
    let first = action(&hear(URL, START)).expect("it listens");
    let asked = hear(&first, SILENCE);
    assert_eq!(asked, asks(GREETING, "round=2"));
    let second = action(&asked).expect("it listens");
    assert_eq!(hear(&second, SILENCE), format!("<Response>{GOODBYE}"));
    // Words in the second turn are as good as in the first.
    assert_eq!(
        hear(&second, SPEECH),
        asks(CONFIRMATION, "round=3&amp;spoken=1")
    );
}

#[test]
fn a_call_without_end_ends() {
    let mut document = hear(URL, START);
    let mut turns = 0;
    while let Some(next) = action(&document) {
        turns += 1;
        assert!(turns <= 20, "{document}");
        document = hear(&next, SPEECH);
    }
    assert_eq!(turns, 20);
    assert_eq!(document, format!("<Response>{CONFIRMATION}{GOODBYE}"));
    let late = hear(&format!("{URL}?round=4294967295&spoken=1"), SPEECH);
    assert_eq!(late, document);
}

#[test]
fn a_repeated_request_is_answered_alike() {
    for (url, body) in [(URL, START), ("https://care.example/hooks?round=1", SPEECH)] {
        assert_eq!(hear(url, body), hear(url, body));
    }
}

/// Nobody hears the answer, or Twilio would take it for another call.
#[test]
fn a_call_that_is_over_and_a_call_of_the_company_have_an_empty_document() {
    let turn = format!("{URL}?round=2&spoken=1");
    for status in ["completed", "busy", "no-answer", "failed", "canceled"] {
        let body = START.replace("ringing", status);
        assert_eq!(hear(URL, &body), "<Response></Response>", "{status}");
        assert_eq!(hear(&turn, &body), "<Response></Response>", "{status}");
        let own = format!("{URL}?reply=reply-01J%2F1");
        let body = format!("CallSid=CA1&CallStatus={status}&From=%2B351210000000&To=%2B1");
        assert_eq!(hear(&own, &body), "<Response></Response>", "{status}");
    }
    let body = format!("{START}&Direction=outbound-api");
    assert_eq!(hear(URL, &body), "<Response></Response>");
}

#[test]
fn a_call_to_a_number_that_the_settings_do_not_name_is_turned_away() {
    for (url, body) in [(URL, START), ("https://care.example/hooks?round=1", SPEECH)] {
        let body = body.replace("To=%2B351210000000", "To=%2B351219999999");
        assert_eq!(hear(url, &body), "<Response><Reject/></Response>");
        assert_eq!(
            hear(url, &body.replace("To=", "Called=")),
            "<Response><Reject/></Response>"
        );
    }
}

/// With the method GET the query has what the caller said: it is not sent back.
#[test]
fn the_action_has_nothing_of_the_query() {
    let mut delivery = Delivery::new(FORM, b"");
    delivery.method = Method::Get;
    delivery.url = format!("{URL}?round=1&{SPEECH}&a=1");
    let document = answer(&*adapter(), delivery).body;
    assert_eq!(document, asks(CONFIRMATION, "round=2&amp;spoken=1"));
}

/// A quotation mark in the path would end the attribute.
#[test]
fn the_url_of_the_webhook_is_escaped() {
    let document = hear("https://care.example/a\"b&c<d>?x=1", START);
    let escaped = "action=\"https://care.example/a&quot;b&amp;c&lt;d&gt;?round=1#";
    assert!(document.contains(escaped), "{document}");
}

#[test]
fn without_a_voice_and_a_language_twilio_speaks_its_own() {
    let plain = adapter_with(&[("voice", Value::Null), ("language", Value::Null)]);
    let adapter = plain.expect("valid settings");
    let document = answer(&*adapter, Delivery::new(FORM, START.as_bytes())).body;
    assert!(document.contains("language=\"en-US\"><Say language=\"en-US\">Northwind"));
    let texts = [("goodbye", json!("Até logo\n— a Northwind"))];
    let adapter = adapter_with(&texts).expect("valid settings");
    let mut delivery = Delivery::new(FORM, SILENCE.as_bytes());
    delivery.url = format!("{URL}?round=2");
    let document = answer(&*adapter, delivery).body;
    assert!(document.contains(">Até logo\n— a Northwind</Say><Hangup/>"));
}

/// Whatever a delivery says, a caller hears one of the texts of the settings.
#[test]
fn a_document_has_nothing_of_a_delivery() {
    let adapter = adapter();
    let possible = [
        "<Response></Response>".to_owned(),
        "<Response><Reject/></Response>".to_owned(),
        asks(GREETING, "round=1"),
        asks(GREETING, "round=2"),
        asks(CONFIRMATION, "round=1&amp;spoken=1"),
        asks(CONFIRMATION, "round=2&amp;spoken=1"),
    ];
    Corpus::of([START, SILENCE, SPEECH])
        .words(SUBJECT.words)
        .words(&[
            "<Dial>",
            "%3CDial%3E",
            "&To=%2B351210000000",
            "\"",
            "round=7",
        ])
        .run(|body| {
            let mut heard = Vec::new();
            for url in [URL, "https://care.example/hooks?round=1"] {
                let mut delivery = Delivery::new(FORM, body);
                delivery.url = url.to_owned();
                sign(&mut delivery);
                let request = delivery.request();
                let Ok(verified) = adapter.verify(&request, delivery.now) else {
                    return Reading::Rejected;
                };
                heard.push(adapter.acknowledgement(&verified).body);
            }
            for document in &heard {
                assert!(possible.contains(document), "{document}");
            }
            match heard[0].contains("<Gather") {
                true => Reading::Accepted,
                false => Reading::Rejected,
            }
        });
}
