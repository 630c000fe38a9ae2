//! What opens the time for free replies: each new message of the customer, and nothing
//! else.

use jiff::Timestamp;
use patchbay_clock::Clock;
use serde_json::{Value, json};

use super::connected_office::ConnectedOffice;
use super::meta::{ACCOUNT, INSTAGRAM, WHATSAPP, direct, incoming, whatsapp_event};
use super::{Expected, Message, signatures};

async fn is_open(office: &ConnectedOffice, conversation: &str) -> Value {
    // The input is decided before.
    office.office.settled().await;
    office.document(conversation).await["reply_window"]["open"].clone()
}

#[tokio::test]
async fn a_reaction_and_an_edit_open_no_window_and_a_message_does() {
    let office = ConnectedOffice::open().await;
    let now = signatures::now();
    let conversation = office.conversation_at(&WHATSAPP, 1, now - 90_000).await;
    assert_eq!(is_open(&office, &conversation).await, false);
    let message = |text| Message {
        customer: 1,
        text,
        at: now,
    };
    let reaction = json!({"message_id": incoming(1), "emoji": "\u{1f44d}"});
    let reaction = json!({"type": "reaction", "reaction": reaction});
    let reaction = whatsapp_event(&message(""), reaction);
    office.delivered(&WHATSAPP, &reaction, 2).await;
    assert_eq!(is_open(&office, &conversation).await, false);
    let edit = WHATSAPP.edit.expect("it reports edits");
    office
        .delivered(&WHATSAPP, &edit(&message("Where is order 7?")), 3)
        .await;
    assert_eq!(is_open(&office, &conversation).await, false);
    let text = json!({"type": "text", "text": {"body": "Hello?"}});
    let text = whatsapp_event(&message(""), text);
    office.delivered(&WHATSAPP, &text, 4).await;
    assert_eq!(is_open(&office, &conversation).await, true);
}

#[tokio::test]
async fn a_mention_in_a_story_opens_the_window() {
    let office = ConnectedOffice::open().await;
    let now = signatures::now();
    let conversation = office.conversation_at(&INSTAGRAM, 1, now - 90_000).await;
    assert_eq!(is_open(&office, &conversation).await, false);
    let mention = json!({"sender": {"id": "7001"}, "recipient": {"id": ACCOUNT},
        "timestamp": now * 1_000, "message": {"mid": "mid.story", "attachments": [
            {"type": "story_mention", "payload": {"url": "https://lookaside.example/story"}}]}});
    let mention = direct("instagram", ACCOUNT, &[mention]);
    office.delivered(&INSTAGRAM, &mention, 2).await;
    assert_eq!(is_open(&office, &conversation).await, true);
}

#[tokio::test]
async fn the_window_is_that_of_the_desks_clock() {
    let day = signatures::now() - 200 * 86_400;
    let from = Timestamp::from_second(day).expect("a time");
    let office = ConnectedOffice::set(|settings| settings.clock = Clock::accelerated(from, 1));
    let office = office.await;
    let conversation = office.conversation_at(&WHATSAPP, 1, day).await;
    assert_eq!(is_open(&office, &conversation).await, true);
    office
        .reply(&WHATSAPP, &conversation, "It left this morning.")
        .await;
    office
        .becomes(&WHATSAPP, &conversation, Expected::Delivered)
        .await;
}
