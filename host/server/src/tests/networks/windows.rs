//! What opens the time for free replies: each new message of the customer, and nothing
//! else.

use jiff::Timestamp;
use patchbay_clock::Clock;
use serde_json::{Value, json};

use super::connected_office::ConnectedOffice;
use super::meta::{ACCOUNT, INSTAGRAM, WHATSAPP, direct, incoming, whatsapp_event};
use super::{Expected, Message, signatures};

const TEMPLATE: &str = "[channel.whatsapp.template.order-sent]\nlanguage = \"en_US\"\ntext = \"Hello {{1}}, order {{2}} left.\"\n";

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

#[tokio::test]
async fn a_template_reaches_a_customer_when_the_time_for_free_replies_is_over() {
    let office = ConnectedOffice::with(TEMPLATE, |_| {}).await;
    let now = signatures::now();
    let conversation = office.conversation_at(&WHATSAPP, 1, now - 90_000).await;
    assert_eq!(is_open(&office, &conversation).await, false);
    let listed = office.office.get("/templates").await.json();
    assert_eq!(
        listed["templates"],
        json!([{"channel": "whatsapp", "id": "order-sent", "name": "order_sent",
            "language": "en_US", "text": "Hello {{1}}, order {{2}} left.", "parameters": 2}])
    );
    let path = format!("/conversations/{conversation}/replies");
    let reply = |more: Value| {
        let mut reply = json!({"by": "whatsapp", "id": "r1"});
        let fields = more.as_object().expect("fields").clone();
        reply.as_object_mut().expect("an object").extend(fields);
        office.office.post(&path, reply)
    };
    let template =
        |id: &str, parameters: Value| json!({"template": {"id": id, "parameters": parameters}});
    for (more, code, field) in [
        (
            template("other", json!([])),
            "unknown-template",
            "template.id",
        ),
        (
            template("order-sent", json!(["Jo"])),
            "invalid-input",
            "template.parameters",
        ),
        (
            template("order-sent", json!(["Jo", "a\nb"])),
            "invalid-input",
            "template.parameters",
        ),
        (json!({}), "invalid-input", "text"),
        (
            json!({"text": "Hello", "template": {"id": "order-sent"}}),
            "invalid-input",
            "text",
        ),
    ] {
        let refused = reply(more.clone()).await;
        assert!((400..500).contains(&refused.status), "{more}: {refused:?}");
        let problem = refused.json();
        assert_eq!(
            problem["type"],
            format!("/problems/{code}"),
            "{more}: {problem}"
        );
        assert_eq!(problem["field"], field, "{more}: {problem}");
    }
    let sent = reply(template("order-sent", json!(["Jo", "4711"]))).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    office
        .becomes(&WHATSAPP, &conversation, Expected::Delivered)
        .await;
    let request = office
        .stand_in(&WHATSAPP)
        .received(1)
        .await
        .remove(0)
        .json();
    assert_eq!(request["type"], "template", "{request}");
    assert_eq!(request["template"]["name"], "order_sent", "{request}");
    let parameters = &request["template"]["components"][0]["parameters"];
    assert_eq!(parameters[1]["text"], "4711", "{request}");
}

#[tokio::test]
async fn a_free_text_is_refused_when_the_time_is_over() {
    let office = ConnectedOffice::open().await;
    let at = signatures::now() - 90_000;
    let conversation = office.conversation_at(&WHATSAPP, 1, at).await;
    office.reply(&WHATSAPP, &conversation, "It left.").await;
    let expected = Expected::Failed("window-closed", "send a template");
    office.becomes(&WHATSAPP, &conversation, expected).await;
    assert!(office.stand_in(&WHATSAPP).requests().is_empty());
}
