use patchbay_adapter::{Credential, EncodeError, Item, OutboundRequest, Reply};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{ACCOUNT, FORM, SUBJECT, adapter, adapter_with};
use crate::exchange::{reply, requests};
use crate::golden::{Delivery, message_id};
use crate::sms::{SID, TOKEN};

const TO: &str = "+351912345678";
const HEAD: &str = "<Response><Say language=\"pt-PT\" voice=\"Polly.Ines-Neural\">";

fn encode(reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError> {
    requests(adapter().as_ref(), reply)
}

fn call<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    reply("phone", ACCOUNT, to, text)
}

/// The value of a field of the form.
fn field(request: &OutboundRequest, name: &str) -> Option<String> {
    let body = str::from_utf8(&request.body).expect("ASCII");
    let mut fields = body.split('&').filter_map(|field| field.split_once('='));
    let (_, value) = fields.find(|(it, _)| *it == name)?;
    let value = percent_decode_str(value).decode_utf8().expect("UTF-8");
    Some(value.into_owned())
}

#[test]
fn a_reply_calls_from_the_number_that_the_customer_called() {
    let requests = encode(&call(TO, "Já enviámos.")).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(
        request.url,
        format!("https://twilio.example/2010-04-01/Accounts/{SID}/Calls.json")
    );
    assert_eq!(request.content_type, FORM);
    assert_eq!(
        str::from_utf8(&request.body),
        Ok(
            "To=%2B351912345678&From=%2B351210000000&Twiml=%3CResponse%3E%3CSay%20language%3D%22pt-PT%22%20voice%3D%22Polly.Ines-Neural%22%3EJ%C3%A1%20envi%C3%A1mos.%3C%2FSay%3E%3C%2FResponse%3E&StatusCallback=https%3A%2F%2Fcare.example%2Fhooks%3Freply%3Dreply-01J%252F1%23rc%3D3%26rp%3D5xx%2Cct%2Crt"
        )
    );
    let Credential::Basic { user, password } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!((user.as_str(), password.expose()), (SID, TOKEN.as_bytes()));
    let shown = format!("{request:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("351912345678"));
    let again = encode(&call(TO, "Já enviámos.")).expect("encoded");
    assert_eq!(again[0].body, request.body);
}

#[test]
fn without_a_url_for_statuses_none_is_sent() {
    let adapter = adapter_with(&[("status-callback", Value::Null)]).expect("valid settings");
    let requests = requests(&*adapter, &call(TO, "Olá")).expect("encoded");
    assert_eq!(field(&requests[0], "StatusCallback"), None);
    assert!(field(&requests[0], "Twiml").is_some());
}

/// An agent who quotes a customer must not place calls to other numbers.
#[test]
fn a_text_is_spoken_and_is_no_markup() {
    let text = "</Say><Dial>+1900</Dial> \"R&D\"\u{1} <break time='9s'/>\nFim";
    let requests = encode(&call(TO, text)).expect("encoded");
    let document = field(&requests[0], "Twiml").expect("a document");
    let spoken = "&lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt; &quot;R&amp;D&quot; &lt;break time='9s'/&gt;\nFim";
    assert_eq!(document, format!("{HEAD}{spoken}</Say></Response>"));
}

/// Twilio takes 4,000 characters. Parts would be calls of their own, at the same time.
#[test]
fn a_text_that_is_too_long_for_one_call_is_refused() {
    let too_long = Some(EncodeError::TooLongForOne { limit: 3_800 });
    for (text, error) in [
        ("a".repeat(3_800), None),
        ("a".repeat(3_801), too_long.clone()),
        // Entities and surrogates count.
        ("&".repeat(760), None),
        ("&".repeat(761), too_long.clone()),
        ("😀".repeat(1_901), too_long.clone()),
        ("<".repeat(60_000), too_long),
    ] {
        match encode(&call(TO, &text)) {
            Ok(requests) => {
                assert_eq!((requests.len(), error), (1, None));
                let document = field(&requests[0], "Twiml").expect("a document");
                assert!(document.chars().count() <= 4_000);
            }
            Err(found) => assert_eq!(Some(found), error),
        }
    }
}

#[test]
fn what_cannot_be_called_is_refused_before_it_is_called() {
    for to in [
        "",
        "anonymous",
        "68453",
        "sip:jo@pbx.example",
        "client:jo",
        "351912345678",
        "+351 912 345 678",
        "+1234567890123456",
    ] {
        let refused = encode(&call(to, "Olá")).err();
        assert_eq!(refused, Some(EncodeError::Address), "{to}");
    }
    for text in [" \n", "", "\u{1}\u{2}", "\u{1} "] {
        let refused = encode(&call(TO, text)).err();
        assert_eq!(refused, Some(EncodeError::Empty), "{text:?}");
    }
    let other = reply("phone", "+351219999999", TO, "Olá");
    assert_eq!(encode(&other).err(), Some(EncodeError::Account));
    let key = "k".repeat(299);
    let long = Reply {
        key: &key,
        ..call(TO, "Olá")
    };
    let limit = EncodeError::Key { limit: 300 };
    assert_eq!(encode(&long).err(), Some(limit));
}

/// The status comes to the URL that the request named: it finds the reply, also one whose
/// answer was lost.
#[test]
fn the_status_of_a_call_returns_the_key_of_its_reply() {
    let key = "reply-3f ü&x=1#-12";
    let requests = encode(&Reply {
        key,
        ..call(TO, "Olá")
    });
    let callback = field(&requests.expect("encoded")[0], "StatusCallback").expect("a URL");
    // The fragment is for Twilio.
    let (callback, _) = callback.split_once('#').expect("a fragment");
    let body = "CallSid=CA9&CallStatus=busy&From=%2B351210000000&To=%2B351912345678&Direction=outbound-api";
    let mut delivery = Delivery::new(FORM, body.as_bytes());
    delivery.url = callback.to_owned();
    match &SUBJECT.decode(delivery).expect("signed")[..] {
        [Item::Status(status)] => {
            assert_eq!(status.key, Some(format!("{key}/1")));
            assert_eq!(status.message, message_id("phone", ACCOUNT, "CA9"));
        }
        other => panic!("{other:?}"),
    }
}
