use patchbay_adapter::{DecodedInteraction, Item, Outcome, Reply};
use serde_json::Value;

use super::{ACCOUNT, JO, SUBJECT, adapter};
use crate::exchange::{answer, reply, requests};
use crate::golden::message_id;

const FIRST: &str = "at://did:plc:jo3vi7nxzyoun6zhxrhs64oi/app.bsky.feed.post/3mg5j3aaaaa2a";

fn interaction(case: &str) -> DecodedInteraction {
    match &SUBJECT.decode_case(case)[..] {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{case}: {other:?}"),
    }
}

/// Whether the app showed it is no part of a post.
#[test]
fn a_notification_that_was_read_is_the_same() {
    let bytes = |case: &str| {
        let items = SUBJECT.decode_case(case);
        serde_json::to_vec(&items).expect("serialises")
    };
    assert_eq!(bytes("mention_read_again"), bytes("mention"));
}

/// The id does not change with the digest of the post or the handle of its author.
#[test]
fn an_id_is_made_of_the_uri_alone() {
    for case in ["mention", "no_handle", "links_and_card"] {
        let id = interaction(case).interaction.id;
        assert_eq!(id, message_id("bluesky", ACCOUNT, FIRST), "{case}");
    }
}

#[test]
fn a_thread_and_a_customer_are_one_conversation() {
    let conversation = |case| interaction(case).interaction.conversation.expect("set");
    let first = conversation("mention");
    assert_eq!(conversation("reply"), first);
    assert_ne!(conversation("reply_of_another_person"), first);
}

/// The answer of a customer to our post is about the message with the id of its receipt.
#[test]
fn an_answer_refers_to_the_message_with_the_id_of_the_receipt() {
    let uri = format!("at://{ACCOUNT}/app.bsky.feed.post/3mg5j3bbbbb2b");
    let body = format!(r#"{{"uri":"{uri}","cid":"bafyrei"}}"#);
    let receipt = match answer(&*adapter(), 200, &[], &body) {
        Outcome::Accepted(receipt) => receipt.provider_id,
        other => panic!("{other:?}"),
    };
    let found = interaction("reply").interaction;
    let expected = message_id("bluesky", ACCOUNT, &receipt);
    assert_eq!(found.in_reply_to, Some(expected));
}

/// The attribute of a post has what its reply needs: of a post at the root of a thread the
/// root is the post, of any other its own root and not the post above it.
#[test]
fn a_post_can_be_answered_by_its_provider_id() {
    for (case, parent) in [
        ("mention", FIRST),
        ("reply", &FIRST.replace("aaaaa2a", "ccccc2c")),
    ] {
        let found = interaction(case).interaction;
        let provider_id = found.attributes["provider_id"].as_str().expect("text");
        let reply = Reply {
            in_reply_to: Some(provider_id),
            ..reply("bluesky", ACCOUNT, JO, "Hi @jo.example")
        };
        let requests = requests(&*adapter(), &reply).expect("encoded");
        let body: Value = serde_json::from_slice(&requests[0].body).expect("JSON");
        let record = &body["record"];
        assert_eq!(record["reply"]["parent"]["uri"], parent, "{case}");
        assert_eq!(record["reply"]["root"]["uri"], FIRST, "{case}");
        assert_eq!(record["facets"][0]["features"][0]["did"], JO);
    }
}

#[test]
fn what_no_customer_wrote_is_an_event() {
    for (case, event) in [
        ("own_post", "mention.own"),
        ("like", "like"),
        ("another_record", "mention.other-record"),
    ] {
        let expected = Item::Event {
            name: event.to_owned(),
        };
        assert_eq!(SUBJECT.decode_case(case), [expected], "{case}");
    }
}
