use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply};

use super::{ACCOUNT, SERVICE, SID, TOKEN, adapter};
use crate::exchange::{reply, requests};

fn encode(reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError> {
    requests(adapter().as_ref(), reply)
}

fn sms<'a>(to: &'a str, text: &'a str) -> Reply<'a> {
    reply("sms", ACCOUNT, to, text)
}

fn body(request: &OutboundRequest) -> &str {
    std::str::from_utf8(&request.body).expect("ASCII")
}

#[test]
fn a_reply_goes_from_the_number_that_the_customer_wrote_to() {
    let requests = encode(&sms("+351912345678", "Já vamos ver: a&b=c ~")).expect("encoded");
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(
        request.url,
        format!("https://twilio.example/2010-04-01/Accounts/{SID}/Messages.json")
    );
    assert_eq!(request.content_type, "application/x-www-form-urlencoded");
    assert_eq!(
        body(request),
        "To=%2B351912345678&From=%2B351210000000&Body=J%C3%A1%20vamos%20ver%3A%20a%26b%3Dc%20~&StatusCallback=https%3A%2F%2Fcare.example%2Fhooks"
    );
    let Credential::Basic { user, password } = &request.credential else {
        panic!("{:?}", request.credential);
    };
    assert_eq!((user.as_str(), password.expose()), (SID, TOKEN.as_bytes()));
    let shown = format!("{request:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("351912345678"));
}

#[test]
fn a_messaging_service_sends_where_it_is_the_account() {
    let by_service = reply("sms", SERVICE, "68453", "Olá");
    let requests = encode(&by_service).expect("encoded");
    let start = format!("To=68453&MessagingServiceSid={SERVICE}&Body=");
    assert!(body(&requests[0]).starts_with(&start));
}

/// Ten segments, of which Twilio takes 1,600 characters at most.
#[test]
fn a_long_reply_is_divided_by_segments() {
    for (word, least) in [("palavra ", 2), ("não 😀 ", 3)] {
        let text = word.repeat(300);
        let requests = encode(&sms("+351912345678", &text)).expect("encoded");
        assert!(requests.len() >= least, "{word}: {}", requests.len());
        for (index, request) in requests.iter().enumerate() {
            assert_eq!(request.key, format!("reply-01J/{}", index + 1));
            let text = body(request).split("&Body=").nth(1).expect("a text");
            let text = text.split('&').next().expect("a text");
            let text = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
            assert!((1..=1_600).contains(&text.chars().count()));
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
}
