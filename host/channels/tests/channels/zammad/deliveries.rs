use jiff::Timestamp;
use patchbay_adapter::media::{MediaReference, MediaRequest};
use patchbay_adapter::{Credential, Item, Outcome, Rejection};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::{Delivery, message_id};

const BODY: &str = r#"{"ticket":{"id":1}}"#;
const SIGNATURE: &str = "sha1=173f0ac5493b53bd8157e26d481726219f5feb03";

fn verify(signatures: &[&str], body: &str) -> Result<(), Rejection> {
    let mut delivery = Delivery::new("application/json", body.as_bytes());
    for signature in signatures {
        delivery.header("X-Hub-Signature", signature);
    }
    let request = delivery.request();
    let adapter = adapter();
    let verified = adapter.verify(&request, Timestamp::UNIX_EPOCH);
    verified.map(|_| ())
}

#[test]
fn the_published_signature_is_right_and_no_other() {
    assert_eq!(verify(&[SIGNATURE], BODY), Ok(()));
    let upper = SIGNATURE.to_uppercase().replace("SHA1", "sha1");
    let bare = SIGNATURE.trim_start_matches("sha1=");
    for (signatures, rejection) in [
        (&[][..], Rejection::Missing),
        (&[""], Rejection::Missing),
        (&["sha1="], Rejection::Malformed),
        (&[bare], Rejection::Malformed),
        (&[&upper], Rejection::Malformed),
        (&[&SIGNATURE[..44]], Rejection::Malformed),
        (&[&format!("{SIGNATURE}0")], Rejection::Malformed),
        (
            &[&SIGNATURE.replace("sha1", "sha256")],
            Rejection::Malformed,
        ),
        (&[&SIGNATURE.replace("173f", "273f")], Rejection::Mismatch),
        (&[SIGNATURE, SIGNATURE], Rejection::Doubled),
    ] {
        assert_eq!(verify(signatures, BODY), Err(rejection), "{signatures:?}");
    }
    for body in ["", r#"{"ticket":{"id":2}}"#, r#"{"ticket": {"id":1}}"#] {
        assert_eq!(verify(&[SIGNATURE], body), Err(Rejection::Mismatch));
    }
}

/// A mail in HTML is longer than deliveries usually are.
#[test]
fn a_delivery_is_at_most_four_megabytes() {
    let long = |bytes: usize| {
        let delivery = Delivery::new("application/json", &vec![b' '; bytes]);
        SUBJECT.decode(delivery).map(|items| items.len())
    };
    assert_eq!(long(4 << 20), Ok(1));
    assert_eq!(long((4 << 20) + 1), Err(Rejection::TooLarge));
}

#[test]
fn what_comes_of_our_reply_has_the_id_of_its_receipt() {
    let accepted = answer(&*adapter(), 201, &[], SUBJECT.answers[0]);
    let Outcome::Accepted(receipt) = accepted else {
        panic!("{accepted:?}");
    };
    let items = SUBJECT.decode_case("our_reply");
    let [Item::Status(status)] = &items[..] else {
        panic!("{items:?}");
    };
    let id = message_id("zammad", ACCOUNT, &receipt.provider_id);
    assert_eq!(status.message, id);
    assert_eq!(status.key.as_deref(), Some("reply-01J/1"));
}

#[test]
fn a_file_is_fetched_with_the_token() {
    let request = |url: &str| {
        let file = MediaReference::parse(url).expect("a reference");
        adapter().media(&file)
    };
    let Some(MediaRequest::Content(query)) = request("media:zammad/northwind/81/104/174") else {
        panic!("no request");
    };
    assert_eq!(
        query.url,
        "https://zammad.example/api/v1/ticket_attachment/81/104/174"
    );
    let Some(Credential::Header { name, value }) = query.credential else {
        panic!("no header");
    };
    assert_eq!(
        (name, value.expose()),
        ("authorization", &b"Token token=hush-token"[..])
    );
    for url in [
        "media:zammad/another/81/104/174",
        "media:zammad/northwind/81/104",
        "media:zammad/northwind/81/104/174/1",
        "media:zammad/northwind/81/104/..%2F1",
        "media:zammad/northwind/81/x/104/174",
    ] {
        assert!(request(url).is_none(), "{url}");
    }
}
