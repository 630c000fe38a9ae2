use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::Rejection;

use super::adapter;
use crate::golden::Delivery;

const TIME: &str = "2021-03-25T05:09:27Z";
const BODY: &str = r#"{"a":1}"#;
const SIGNATURE: &str = "/mXSigLOoEkcTQbsWqgaVKrxFhN+K298pf/niM2rAnI=";

fn verify(headers: &[(&str, &str)], body: &str, late: i64) -> Result<(), Rejection> {
    let mut delivery = Delivery::new("application/json", body.as_bytes());
    for (name, value) in headers {
        delivery.header(name, value);
    }
    let at: Timestamp = TIME.parse().expect("a time");
    let now = at + SignedDuration::from_secs(late);
    adapter().verify(&delivery.request(), now).map(|_| ())
}

#[test]
fn the_published_signature_is_right_and_no_other() {
    let signed = |signature: &str| {
        let headers = [
            ("X-Zendesk-Webhook-Signature", signature),
            ("X-Zendesk-Webhook-Signature-Timestamp", TIME),
        ];
        verify(&headers, BODY, 0)
    };
    assert_eq!(signed(SIGNATURE), Ok(()));
    let url_safe = SIGNATURE.replace('/', "_").replace('+', "-");
    for (signature, rejection) in [
        ("", Rejection::Missing),
        ("=", Rejection::Malformed),
        (&url_safe, Rejection::Malformed),
        (SIGNATURE.trim_end_matches('='), Rejection::Malformed),
        (&format!("{SIGNATURE}="), Rejection::Malformed),
        (&format!("sha256={SIGNATURE}"), Rejection::Malformed),
        (&SIGNATURE.replace("/mX", "/nX"), Rejection::Mismatch),
    ] {
        assert_eq!(signed(signature), Err(rejection), "{signature}");
    }
}

#[test]
fn a_stale_or_changed_delivery_is_refused() {
    let headers = [
        ("x-zendesk-webhook-signature", SIGNATURE),
        ("x-zendesk-webhook-signature-timestamp", TIME),
    ];
    assert_eq!(verify(&headers, BODY, 300), Ok(()));
    for late in [301, -301] {
        assert_eq!(verify(&headers, BODY, late), Err(Rejection::Stale));
    }
    for body in ["", r#"{"a":2}"#, r#"{"a": 1}"#] {
        assert_eq!(verify(&headers, body, 0), Err(Rejection::Mismatch));
    }
    assert_eq!(verify(&headers[..1], BODY, 0), Err(Rejection::Missing));
    let twice = [headers[0], headers[1], headers[1]];
    assert_eq!(verify(&twice, BODY, 0), Err(Rejection::Doubled));
    for time in ["1616648967", "yesterday"] {
        let other = [headers[0], (headers[1].0, time)];
        assert_eq!(verify(&other, BODY, 0), Err(Rejection::Malformed), "{time}");
    }
}
