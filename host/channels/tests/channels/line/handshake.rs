use jiff::Timestamp;
use patchbay_adapter::{Acknowledgement, Rejection};

use super::{ACCOUNT, adapter, sign};
use crate::golden::Delivery;

fn delivery(body: &str) -> Delivery {
    Delivery::new("application/json", body.as_bytes())
}

#[test]
fn a_signed_delivery_without_events_is_answered() {
    let body = format!(r#"{{"destination":"{ACCOUNT}","events":[]}}"#);
    let mut check = delivery(&body);
    let handshake =
        |delivery: &Delivery| adapter().handshake(&delivery.request(), Timestamp::UNIX_EPOCH);
    assert_eq!(handshake(&check), Err(Rejection::Missing));
    sign(&mut check);
    assert_eq!(handshake(&check), Ok(Some(Acknowledgement::EMPTY)));
    check.body.push(b' ');
    assert_eq!(handshake(&check), Err(Rejection::Mismatch));
}

#[test]
fn other_requests_are_no_handshake() {
    for body in [
        "",
        "[",
        "{}",
        r#"{"events":[]}"#,
        r#"{"destination":"x"}"#,
        r#"{"destination":"x","events":[{}]}"#,
        &format!(r#"{{"destination":"x","events":[{}]}}"#, " ".repeat(2_000)),
    ] {
        let answered = adapter().handshake(&delivery(body).request(), Timestamp::UNIX_EPOCH);
        assert_eq!(answered, Ok(None), "{body}");
    }
}
