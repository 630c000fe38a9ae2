use patchbay_adapter::{DecodedInteraction, Item, Outcome};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::message_id;

fn interaction(case: &str) -> DecodedInteraction {
    match &SUBJECT.decode_case(case)[..] {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{case}: {other:?}"),
    }
}

/// The type of a notification says why it was sent, and not what the post is.
#[test]
fn a_post_in_several_notifications_is_one_interaction() {
    let bytes = |case: &str| {
        let items = SUBJECT.decode_case(case);
        serde_json::to_vec(&items).expect("serialises")
    };
    for (case, same) in [
        ("mention_again", "mention"),
        ("mention_under_quote", "mention"),
        ("update_that_mentions", "edit"),
        ("ids_as_numbers", "mention"),
    ] {
        assert_eq!(bytes(case), bytes(same), "{case}");
    }
}

#[test]
fn visibility_is_that_of_the_provider() {
    for (case, visibility, provider_id) in [
        ("mention", "public", "116165190311790011 public"),
        ("unlisted", "public", "116165190311790011 unlisted"),
        ("followers_only", "private", "116165190311790011 private"),
        ("direct", "private", "116165190311790011 direct"),
        ("another_visibility", "private", "116165190311790011 direct"),
    ] {
        let found = interaction(case).interaction;
        let visible = found.visibility.expect("set");
        assert_eq!(visible.as_str(), visibility, "{case}");
        assert_eq!(found.attributes["provider_id"], provider_id, "{case}");
        // The id does not change with the visibility.
        assert_eq!(
            found.id,
            message_id("mastodon", ACCOUNT, "116165190311790011")
        );
    }
}

/// A wording has the id of its message and the order of its time.
#[test]
fn an_edit_is_about_the_same_message() {
    let (first, edit) = (interaction("mention"), interaction("edit"));
    assert_eq!(
        (first.kind.as_str(), edit.kind.as_str()),
        ("message", "edit")
    );
    assert_eq!(first.interaction.id, edit.interaction.id);
    assert_eq!(
        first.interaction.conversation,
        edit.interaction.conversation
    );
    assert_eq!(first.interaction.edited_at, None);
    assert!(edit.interaction.edited_at > first.interaction.received_at);
}

/// The first post of a customer, and what they answer in the thread, are one conversation;
/// where the root is not known, the answered post stands for it.
#[test]
fn a_thread_and_a_customer_are_one_conversation() {
    let conversation = |case| interaction(case).interaction.conversation.expect("set");
    let first = conversation("mention");
    assert_eq!(conversation("reply_with_its_root"), first);
    assert_eq!(conversation("reply_without_a_root"), first);
    assert_ne!(conversation("local_author"), first);
}

/// The answer of a customer to our post is about the message with the id of its receipt.
#[test]
fn an_answer_refers_to_the_message_with_the_id_of_the_receipt() {
    let receipt = match answer(&*adapter(), 200, &[], r#"{"id":"116165190311790033"}"#) {
        Outcome::Accepted(receipt) => receipt.provider_id,
        other => panic!("{other:?}"),
    };
    let found = interaction("reply_with_its_root").interaction;
    let expected = message_id("mastodon", ACCOUNT, &receipt);
    assert_eq!(found.in_reply_to, Some(expected));
}

#[test]
fn a_local_author_has_the_domain_of_the_account() {
    let author = interaction("local_author").interaction.author;
    assert_eq!(author.address.as_deref(), Some("ana@mastodon.example"));
    let remote = interaction("mention").interaction.author;
    assert_eq!(remote.address.as_deref(), Some("jo@social.example"));
    assert_eq!(remote.reach, Some(1_284));
}

#[test]
fn a_bot_is_left_out_unless_it_is_listed() {
    for (case, event) in [
        ("bot", "mention.bot"),
        ("own_post", "mention.own"),
        ("update_of_a_boosted_post", "update.boosted"),
        ("deleted_status", "mention.gone"),
    ] {
        let expected = Item::Event {
            name: event.to_owned(),
        };
        assert_eq!(SUBJECT.decode_case(case), [expected], "{case}");
    }
    let listed = interaction("listed_bot").interaction;
    assert_eq!(listed.attributes["bot"], true);
}
