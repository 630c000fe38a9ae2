//! What opens the time for free replies: each new message of the customer, and nothing
//! else.

use std::fs;

use jiff::Timestamp;
use patchbay_clock::Clock;
use patchbay_suite::guests::Wrapping;
use serde_json::{Value, json};

use super::connected_office::ConnectedOffice;
use super::meta::{ACCOUNT, INSTAGRAM, WHATSAPP, direct, incoming, whatsapp_event};
use super::telegram::TELEGRAM;
use super::{Answer, Expected, Message, signatures};
use crate::tests::networks::stand_in::Turn;

/// The policy, from the directory where the suite looks for its own.
const POLICY: &str = "../../../../host/server/src/tests/networks/window";

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

/// The verdict of the policy about a reply, and why; the number of its decision.
async fn judged(office: &ConnectedOffice, conversation: &str, reply: Value) -> (Value, Value, u64) {
    let path = format!("/conversations/{conversation}/replies");
    let sent = office.office.post(&path, reply).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let review = sent.json()["reply"]["review"].clone();
    let decisions = office.office.get("/decisions?stage=tone").await.json();
    let number = decisions["decisions"][0]["id"].as_u64().expect("a number");
    (review["verdict"].clone(), review["why"].clone(), number)
}

#[tokio::test]
async fn a_policy_reads_until_when_the_channel_takes_a_free_reply() {
    let place = tempfile::tempdir().expect("a place");
    let pack = place.path().join("window.wasm");
    let wrapping = Wrapping {
        world: "checker",
        ..Wrapping::default()
    };
    fs::write(&pack, wrapping.wrap(POLICY)).expect("written");
    let tables = format!(
        "[record]\ntranscripts = \"all\"\n[pipeline]\ntone = [\"window\"]\n[plugin.window]\npack = \"{}\"\n",
        pack.display()
    );
    let office = ConnectedOffice::of(&[&WHATSAPP, &TELEGRAM], &tables, |_| {}).await;
    let now = signatures::now();
    let conversation = office.conversation_at(&WHATSAPP, 1, now - 90_000).await;
    let reply = |network: &str, id: &str| json!({"by": network, "id": id, "text": "It left."});
    // A day after the customer's message.
    let (verdict, why, number) = judged(&office, &conversation, reply("whatsapp", "r1")).await;
    assert_eq!(verdict, "block");
    assert_eq!(why, "The time for free replies is over.");
    let decision = office.office.get(&format!("/decisions/{number}")).await;
    let ends = Timestamp::from_second(now - 90_000 + 86_400).expect("a time");
    let given = decision.json()["given"]["conversation"].clone();
    assert_eq!(given["reply_window_ends"], ends.to_string(), "{given}");
    // It reads the same when it is replayed, whatever the time is then.
    let replay = format!("/decisions/{number}/replay");
    let replayed = office.office.post(&replay, json!({})).await.json();
    assert_eq!(replayed["result"], "same", "{replayed}");
    assert!(office.stand_in(&WHATSAPP).requests().is_empty());
    // The customer's next message opens it again.
    let text = json!({"type": "text", "text": {"body": "Hello?"}});
    let (customer, at) = (1, now);
    let message = whatsapp_event(
        &Message {
            customer,
            text: "",
            at,
        },
        text,
    );
    office.delivered(&WHATSAPP, &message, 2).await;
    office.office.settled().await;
    let (verdict, why, _) = judged(&office, &conversation, reply("whatsapp", "r2")).await;
    assert_eq!(verdict, "approve");
    assert_eq!(why, "There is time for a free reply.");
    office
        .becomes(&WHATSAPP, &conversation, Expected::Delivered)
        .await;
    // A channel that takes replies at any time.
    let conversation = office.conversation_at(&TELEGRAM, 2, now - 900_000).await;
    let (verdict, why, _) = judged(&office, &conversation, reply("telegram", "r1")).await;
    assert_eq!(verdict, "approve");
    assert_eq!(why, "The channel takes replies at any time.");
    office
        .becomes(&TELEGRAM, &conversation, Expected::Delivered)
        .await;
}

/// Applies the company file without its template.
async fn drop_template(office: &ConnectedOffice) {
    let document = office.office.file.replace(TEMPLATE, "");
    assert_ne!(document, office.office.file);
    let applied = office
        .office
        .post("/generations", json!({ "document": document }))
        .await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let listed = office.office.get("/templates").await.json();
    assert_eq!(listed["templates"], json!([]));
}

/// A reply of the agent with the template.
fn with_template() -> Value {
    json!({"by": "whatsapp", "id": "r1",
        "template": {"id": "order-sent", "parameters": ["Jo", "4711"]}})
}

/// What the provider gets of it.
fn assert_template(request: &Value) {
    assert_eq!(request["type"], "template", "{request}");
    let template = &request["template"];
    assert_eq!(template["name"], "order_sent", "{request}");
    assert_eq!(template["language"]["code"], "en_US", "{request}");
    let parameters = &template["components"][0]["parameters"];
    assert_eq!(parameters[0]["text"], "Jo", "{request}");
    assert_eq!(parameters[1]["text"], "4711", "{request}");
}

#[tokio::test]
async fn a_reply_that_waits_keeps_its_template_when_the_company_file_has_it_no_more() {
    let office = ConnectedOffice::with(TEMPLATE, |_| {}).await;
    let at = signatures::now() - 90_000;
    let conversation = office.conversation_at(&WHATSAPP, 1, at).await;
    let busy = Answer::json(429, &json!({"error": {"code": 4}})).header("retry-after", 2);
    office.stand_in(&WHATSAPP).next([Turn::Answer(busy)]);
    let path = format!("/conversations/{conversation}/replies");
    let sent = office.office.post(&path, with_template()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    office.stand_in(&WHATSAPP).received(1).await;
    drop_template(&office).await;
    // The request once more is the same reply, and a new one has no template.
    let again = office.office.post(&path, with_template()).await;
    assert_eq!(again.status, 200, "{again:?}");
    let mut other = with_template();
    other["id"] = json!("r2");
    let refused = office.office.post(&path, other).await;
    refused.problem(422, "unknown-template");
    office
        .becomes(&WHATSAPP, &conversation, Expected::Delivered)
        .await;
    let requests = office.stand_in(&WHATSAPP).requests();
    let [first, second] = &requests[..] else {
        panic!("{} requests", requests.len());
    };
    assert_eq!(first.bytes(), second.bytes());
    assert_template(&second.json());
}

#[tokio::test]
async fn a_held_reply_keeps_its_template_when_the_company_file_has_it_no_more() {
    let tables = format!("[desk]\napprove-all = true\n{TEMPLATE}");
    let office = ConnectedOffice::with(&tables, |_| {}).await;
    let at = signatures::now() - 90_000;
    let conversation = office.conversation_at(&WHATSAPP, 1, at).await;
    let path = format!("/conversations/{conversation}/replies");
    let held = office.office.post(&path, with_template()).await;
    assert_eq!(held.json()["reply"]["status"], "held", "{held:?}");
    drop_template(&office).await;
    let shown = office.office.get("/approvals").await.json();
    assert!(
        shown.to_string().contains("Hello Jo, order 4711 left."),
        "{shown}"
    );
    // The provider does not have it any more either: no free text in its place.
    let gone = Answer::json(404, &json!({"error": {"code": 132_001}}));
    office.stand_in(&WHATSAPP).next([Turn::Answer(gone)]);
    let approve = format!("/approvals/{conversation}/r1/approve");
    let approved = office
        .office
        .post(&approve, json!({"by": "eva", "role": "supervisor"}))
        .await;
    assert_eq!(approved.status, 200, "{approved:?}");
    let expected = Expected::Failed("refused", "132001");
    office.becomes(&WHATSAPP, &conversation, expected).await;
    let requests = office.stand_in(&WHATSAPP).requests();
    assert_eq!(requests.len(), 1);
    assert_template(&requests[0].json());
}
