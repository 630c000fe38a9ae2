use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::{Item, Outcome, Rejection};
use serde_json::json;

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::{Delivery, message_id};

const TIME: &str = "1700000000";
const BODY: &str = r#"{"event":"message_created"}"#;
const SIGNATURE: &str = "sha256=4fbf414139098588cc31e819ccebf960699d147368b51572e7657c1332d9c962";

fn verify(headers: &[(&str, &str)], body: &str, late: i64) -> Result<(), Rejection> {
    let mut delivery = Delivery::new("application/json", body.as_bytes());
    for (name, value) in headers {
        delivery.header(name, value);
    }
    let at = Timestamp::from_second(1_700_000_000).expect("a time");
    let now = at + SignedDuration::from_secs(late);
    adapter().verify(&delivery.request(), now).map(|_| ())
}

#[test]
fn the_published_signature_is_right_and_no_other() {
    let signed = |signature: &str| {
        let headers = [
            ("X-Chatwoot-Signature", signature),
            ("X-Chatwoot-Timestamp", TIME),
        ];
        verify(&headers, BODY, 0)
    };
    assert_eq!(signed(SIGNATURE), Ok(()));
    let upper = SIGNATURE.to_uppercase().replace("SHA256", "sha256");
    let bare = SIGNATURE.trim_start_matches("sha256=");
    for (signature, rejection) in [
        ("", Rejection::Missing),
        ("sha256=", Rejection::Malformed),
        (bare, Rejection::Malformed),
        (&upper, Rejection::Malformed),
        (&SIGNATURE[..SIGNATURE.len() - 1], Rejection::Malformed),
        (&format!("{SIGNATURE}0"), Rejection::Malformed),
        (&SIGNATURE.replace("4fbf", "5fbf"), Rejection::Mismatch),
    ] {
        assert_eq!(signed(signature), Err(rejection), "{signature}");
    }
}

#[test]
fn a_stale_or_changed_delivery_is_refused() {
    let headers = [
        ("x-chatwoot-signature", SIGNATURE),
        ("x-chatwoot-timestamp", TIME),
    ];
    assert_eq!(verify(&headers, BODY, 300), Ok(()));
    assert_eq!(verify(&headers, BODY, -300), Ok(()));
    for late in [301, -301] {
        assert_eq!(verify(&headers, BODY, late), Err(Rejection::Stale));
    }
    let changed = BODY.replace("created", "creates");
    assert_eq!(verify(&headers, &changed, 0), Err(Rejection::Mismatch));
    assert_eq!(verify(&headers, "", 0), Err(Rejection::Mismatch));
    assert_eq!(verify(&headers[..1], BODY, 0), Err(Rejection::Missing));
    let twice = [headers[0], headers[0], headers[1]];
    assert_eq!(verify(&twice, BODY, 0), Err(Rejection::Doubled));
    let negative = [headers[0], ("x-chatwoot-timestamp", "-1")];
    assert_eq!(verify(&negative, BODY, 0), Err(Rejection::Malformed));
}

/// The state of our message is found by the id of the receipt and by the planted key.
#[test]
fn what_comes_of_our_reply_has_the_id_of_its_receipt() {
    let accepted = answer(&*adapter(), 200, &[], SUBJECT.answers[0]);
    let Outcome::Accepted(receipt) = accepted else {
        panic!("{accepted:?}");
    };
    let items = SUBJECT.decode_case("our_reply");
    let [Item::Status(status)] = &items[..] else {
        panic!("{items:?}");
    };
    let id = message_id("chatwoot", ACCOUNT, &receipt.provider_id);
    assert_eq!(status.message, id);
    assert_eq!(status.key.as_deref(), Some("reply-01J/1"));
}

/// A duplicate with other labels or counts is the same message to intake.
#[test]
fn what_differs_between_two_deliveries_of_a_message_is_no_edit() {
    let with = |labels: serde_json::Value, unread: u64| {
        let items = SUBJECT.decode_json(&json!({
            "event": "message_created", "id": 654, "message_type": "incoming", "private": false,
            "content": "Hi", "account": {"id": 1}, "sender": {"id": 8},
            "conversation": {"id": 207, "labels": labels, "unread_count": unread},
        }));
        match &items[..] {
            [Item::Interaction(decoded)] => decoded.interaction.clone(),
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (with(json!([]), 1), with(json!(["vip"]), 3));
    assert_eq!(first.id, second.id);
    assert!(first.says_the_same(&second));
}

/// What someone writes into a list of labels is no list of labels.
#[test]
fn labels_that_are_no_texts_are_not_known() {
    for labels in [json!([1]), json!(["a", null]), json!("a"), json!({})] {
        let items = SUBJECT.decode_json(&json!({
            "event": "message_created", "id": 1, "message_type": "incoming", "content": "Hi",
            "conversation": {"id": 2, "labels": labels},
        }));
        match &items[..] {
            [Item::Interaction(decoded)] => {
                assert_eq!(decoded.interaction.attributes.get("labels"), None);
            }
            other => panic!("{other:?}"),
        }
    }
}
