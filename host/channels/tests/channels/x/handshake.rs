use jiff::Timestamp;
use patchbay_adapter::{Acknowledgement, Method, Rejection};

use super::{SUBJECT, adapter, sign};
use crate::golden::Delivery;

fn answer(method: Method, query: &str) -> Result<Option<Acknowledgement>, Rejection> {
    let mut delivery = Delivery::new("application/json", b"");
    delivery.method = method;
    delivery.url.push_str(query);
    adapter().handshake(&delivery.request(), Timestamp::UNIX_EPOCH)
}

/// Computed with Python's `hmac`.
#[test]
fn the_challenge_is_answered_with_the_code_of_its_token() {
    let answered = answer(Method::Get, "?crc_token=crc_token_value").expect("valid");
    let answered = answered.expect("answered");
    assert_eq!(answered.content_type, Some("application/json"));
    assert_eq!(
        answered.body,
        r#"{"response_token":"sha256=fjWHvqibQE5TlTy7oxQHx4miKlsumjStzrgZsaEU8vQ="}"#
    );
}

#[test]
fn other_requests_are_no_handshake_and_an_empty_token_is_refused() {
    assert_eq!(answer(Method::Get, ""), Ok(None));
    assert_eq!(answer(Method::Post, "?crc_token=a"), Ok(None));
    assert_eq!(
        answer(Method::Get, "?crc_token="),
        Err(Rejection::Malformed)
    );
    assert_eq!(
        answer(Method::Get, "?crc_token=a&crc_token=b"),
        Err(Rejection::Doubled)
    );
}

/// Computed with Python's `hmac`. In hexadecimal, or without its `=`, it is the common
/// mistake.
#[test]
fn a_delivery_has_its_signature_in_base64() {
    let body = br#"{"data":{"event_uuid":"1","event_type":"post.mention.create"}}"#;
    let mut delivery = Delivery::new("application/json", body);
    sign(&mut delivery);
    let signature = delivery.headers.last().expect("signed").1.clone();
    assert_eq!(
        signature,
        "sha256=uk8o1VOTH0XAXqID1nB6GAF3JQEqt30XQfgMGY6zrM4="
    );
    let refused = |signature: &str| {
        let mut delivery = Delivery::new("application/json", body);
        delivery.header("x-twitter-webhooks-signature", signature);
        let adapter = SUBJECT.open();
        let request = delivery.request();
        adapter.verify(&request, delivery.now).err()
    };
    assert_eq!(refused(&signature), None);
    for wrong in [
        signature.trim_end_matches('='),
        "sha256=ba4f28d553931f45c05ea203d6707a18017725012ab77d1741f80c198eb3acce",
        "sha256=",
    ] {
        assert_eq!(refused(wrong), Some(Rejection::Malformed), "{wrong}");
    }
}
