use jiff::Timestamp;
use patchbay_adapter::{Acknowledgement, Rejection};

use super::{SUBJECT, adapter};
use crate::golden::Delivery;

fn delivery(body: &str) -> Delivery {
    Delivery::new("application/json", body.as_bytes())
}

fn handshake(delivery: &Delivery) -> Result<Option<Acknowledgement>, Rejection> {
    adapter().handshake(&delivery.request(), Timestamp::UNIX_EPOCH)
}

#[test]
fn a_signed_ping_is_answered() {
    let mut ping = delivery(r#"{"ping":"OK"}"#);
    assert_eq!(handshake(&ping), Err(Rejection::Missing));
    (SUBJECT.sign)(&mut ping);
    let (_, signature) = ping.headers.last().expect("signed");
    assert_eq!(
        signature,
        "sha256=088cfe2f0cdbbe47d8c171ab6d2e3fe8db2bbbd0d7d91a2a63cacf4b4f54b09a"
    );
    assert_eq!(handshake(&ping), Ok(Some(Acknowledgement::EMPTY)));
    ping.body.push(b' ');
    assert_eq!(handshake(&ping), Err(Rejection::Mismatch));
}

#[test]
fn other_requests_are_no_handshake() {
    for body in [
        "",
        "[",
        "{}",
        r#"{"post":{"ping":"OK"}}"#,
        &format!(r#"{{"ping":"{}"}}"#, "x".repeat(2_000)),
    ] {
        assert_eq!(handshake(&delivery(body)), Ok(None), "{body}");
    }
}
