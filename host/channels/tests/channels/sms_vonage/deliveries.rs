use jiff::SignedDuration;
use patchbay_adapter::media::{MediaReference, MediaRequest};
use patchbay_adapter::{DecodedInteraction, Item, Outcome, Rejection};
use serde_json::json;

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::{Delivery, message_id};

fn of_case(name: &str) -> DecodedInteraction {
    match &SUBJECT.decode_case(name)[..] {
        [Item::Interaction(decoded), ..] => (**decoded).clone(),
        other => panic!("{name}: {other:?}"),
    }
}

/// The price is known later.
#[test]
fn a_message_is_the_same_however_it_is_delivered() {
    let bytes = |case: &str| serde_json::to_vec(&SUBJECT.decode_case(case)).expect("serialises");
    assert_eq!(bytes("text_again"), bytes("text"));
    assert_eq!(bytes("numbers_as_integers"), bytes("text"));
}

/// By the time of the provider, so that the latest word counts.
#[test]
fn only_a_word_alone_opts_out() {
    for (case, expected) in [
        ("stop_word", Some(true)),
        ("cancel_word", Some(true)),
        ("start_word", Some(false)),
        ("stop_with_a_full_stop", None),
        ("stop_in_a_sentence", None),
        ("yes_word", None),
        ("stop_word_without_a_sender", None),
    ] {
        let items = SUBJECT.decode_case(case);
        let found = items.iter().find_map(|item| match item {
            Item::OptOut(change) => Some(change),
            _ => None,
        });
        assert_eq!(found.map(|it| it.is_opted_out), expected, "{case}");
        assert!(found.is_none_or(|it| it.at.is_some()), "{case}");
        assert!(matches!(&items[0], Item::Interaction(_)), "{case}");
    }
}

/// A state finds the receipt by the id, and the reply of an uncertain send by the key.
#[test]
fn a_state_has_the_id_of_its_receipt_and_our_key() {
    let body = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}"#;
    let receipt = match answer(&*adapter(), 202, &[], body) {
        Outcome::Accepted(receipt) => receipt.provider_id,
        other => panic!("{other:?}"),
    };
    for (case, key) in [
        ("status_submitted", Some("reply-01J/1")),
        ("status_delivered", Some("reply-01J/1")),
        ("status_rejected_1240", Some("reply-01J/1")),
        ("status_without_our_key", None),
    ] {
        let items = SUBJECT.decode_case(case);
        let [Item::Status(status)] = &items[..] else {
            panic!("{case}: {items:?}");
        };
        assert_eq!(
            status.message,
            message_id("sms", ACCOUNT, &receipt),
            "{case}"
        );
        assert_eq!(status.key.as_deref(), key, "{case}");
    }
}

#[test]
fn a_file_is_fetched_from_the_provider_and_has_no_url() {
    let file = |case: &str| {
        let files = of_case(case).interaction.attachments;
        files.first().expect("a file").url.clone()
    };
    let url = file("mms_picture_with_words").expect("a reference");
    assert!(!url.contains("https"), "{url}");
    let reference = MediaReference::parse(&url).expect("a reference");
    let Some(MediaRequest::Content(query)) = adapter().media(&reference) else {
        panic!("{url}");
    };
    let expected = "https://api-us.nexmo.com/v3/media/1b456509-974c-458b-aafa-45fc48a4d976";
    assert_eq!(query.url, expected);
    assert!(query.credential.is_none());
    for case in ["mms_file_on_another_host", "mms_file_without_url"] {
        assert_eq!(file(case), None, "{case}");
    }
    for id in [
        "files.example/1",
        "api-us.nexmo.com.evil.example/1",
        "evil.example%2Fnexmo.com/1",
        "api-us.nexmo.com/..%2Fx",
        "api-us.nexmo.com/1/2",
        "MM0123456789abcdef0123456789abcdef/ME0123456789abcdef0123456789abcdef",
    ] {
        let url = format!("media:sms/%2B351210000000/{id}");
        let reference = MediaReference::parse(&url).expect("a reference");
        assert!(adapter().media(&reference).is_none(), "{id}");
    }
}

/// A token is for one body and a short time.
#[test]
fn a_request_with_another_body_or_an_old_token_is_refused() {
    let signed = || {
        let mut delivery =
            Delivery::new("application/json", json!({"a": 1}).to_string().as_bytes());
        (SUBJECT.sign)(&mut delivery);
        delivery
    };
    let verify = |delivery: &Delivery| {
        let request = delivery.request();
        adapter().verify(&request, delivery.now).err()
    };
    assert_eq!(verify(&signed()), None);
    let mut changed = signed();
    changed.body.push(b' ');
    assert_eq!(verify(&changed), Some(Rejection::Mismatch));
    for (seconds, expected) in [(300, None), (301, Some(Rejection::Stale))] {
        let mut late = signed();
        late.now += SignedDuration::from_secs(seconds);
        assert_eq!(verify(&late), expected, "{seconds}");
    }
    let mut bare = signed();
    bare.headers.retain(|(name, _)| name != "authorization");
    assert_eq!(verify(&bare), Some(Rejection::Missing));
}
