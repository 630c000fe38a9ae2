use jiff::Timestamp;
use patchbay_adapter::{Acknowledgement, Rejection};

use super::{SUBJECT, adapter};
use crate::golden::Delivery;

fn delivery(body: &str) -> Delivery {
    Delivery::new("application/json", body.as_bytes())
}

#[test]
fn the_signed_event_webhook_is_answered() {
    let mut check = delivery(
        r#"{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}"#,
    );
    let handshake =
        |delivery: &Delivery| adapter().handshake(&delivery.request(), Timestamp::UNIX_EPOCH);
    assert_eq!(handshake(&check), Err(Rejection::Missing));
    (SUBJECT.sign)(&mut check);
    // The digest of the provider's own test.
    let (_, signature) = check.headers.last().expect("signed");
    assert_eq!(
        signature,
        "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef"
    );
    assert_eq!(handshake(&check), Ok(Some(Acknowledgement::EMPTY)));
    check.body.push(b' ');
    assert_eq!(handshake(&check), Err(Rejection::Mismatch));
}

#[test]
fn other_requests_are_no_handshake() {
    for body in ["", "[", "{}", r#"{"event":"message"}"#, &" ".repeat(2_000)] {
        let answered = adapter().handshake(&delivery(body).request(), Timestamp::UNIX_EPOCH);
        assert_eq!(answered, Ok(None), "{body}");
    }
}
