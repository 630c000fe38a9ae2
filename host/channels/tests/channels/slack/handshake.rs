use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::{Acknowledgement, Rejection};

use super::{adapter, sign};
use crate::golden::Delivery;

fn answer(mut delivery: Delivery, late: i64) -> Result<Option<Acknowledgement>, Rejection> {
    sign(&mut delivery);
    let now = delivery.now + SignedDuration::from_secs(late);
    adapter().handshake(&delivery.request(), now)
}

fn delivery(body: &str) -> Delivery {
    Delivery::new("application/json", body.as_bytes())
}

const CHALLENGE: &str =
    r#"{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595","type":"url_verification"}"#;

#[test]
fn a_signed_challenge_is_answered_with_itself() {
    let answered = answer(delivery(CHALLENGE), 0)
        .expect("signed")
        .expect("answered");
    assert_eq!(answered.content_type, Some("text/plain"));
    assert_eq!(answered.body, "3eZbrw1aBm2rZgRNFdxV2595");
}

#[test]
fn a_challenge_without_a_fresh_signature_or_with_markup_is_refused() {
    assert_eq!(answer(delivery(CHALLENGE), 301), Err(Rejection::Stale));
    let unsigned = delivery(CHALLENGE);
    let refused = adapter().handshake(&unsigned.request(), Timestamp::UNIX_EPOCH);
    assert_eq!(refused, Err(Rejection::Missing));
    let mut other = delivery(CHALLENGE);
    sign(&mut other);
    other.body.push(b' ');
    let refused = adapter().handshake(&other.request(), other.now);
    assert_eq!(refused, Err(Rejection::Mismatch));
    for challenge in ["<script>", "", "é", &"x".repeat(257)] {
        let body = format!(r#"{{"type":"url_verification","challenge":"{challenge}"}}"#);
        assert_eq!(
            answer(delivery(&body), 0),
            Err(Rejection::Malformed),
            "{challenge}"
        );
    }
}

#[test]
fn other_requests_are_no_handshake() {
    for body in [
        r#"{"type":"event_callback"}"#,
        "payload=x",
        "",
        "[",
        &" ".repeat(5_000),
    ] {
        assert_eq!(answer(delivery(body), 0), Ok(None), "{body}");
    }
}
