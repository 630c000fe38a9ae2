//! What the policies decide is written at the help desk that keeps the conversation: once,
//! in order, and before replies.

use std::fs;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use patchbay_suite::guests::wat;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::chatwoot::{self, CHATWOOT};
use super::connected_office::ConnectedOffice;
use super::stand_in::{IsFor, Request, Turn};
use super::zammad::{self, ZAMMAD};
use super::zendesk::{self, ZENDESK};
use super::{Answer, Expected, Message, Network, signatures};

/// The policy, from the directory where the suite looks for its own.
const POLICY: &str = "../../../../host/server/src/tests/networks/refund";
/// Why, in the policy's words.
const REASON: &str = "The customer wants the money back.";
const REPLY: &str = "It left this morning.";

/// A help desk, and what a decision about the first customer writes there.
struct HelpDesk {
    /// With settings for the queue, the priority and notes.
    network: Network,
    /// Its settings without them.
    bare: &'static str,
    /// The requests that set labels.
    labels: Vec<(&'static str, Value)>,
    /// Those that set the other states, after them.
    states: Vec<(&'static str, Value)>,
    is_note: IsFor,
    /// What the help desk delivers because of them: with the note and the reply.
    returns: fn(&Request, &Request) -> Vec<Vec<u8>>,
}

fn help_desks() -> [HelpDesk; 3] {
    [
        HelpDesk {
            network: Network {
                settings: "account = \"1\", user = \"17\", queues = { general = \"3\" }, priorities = { medium = 0 }, notes = true, api-base = \"API\"",
                ..CHATWOOT
            },
            bare: CHATWOOT.settings,
            labels: vec![(
                "POST /api/v1/accounts/1/conversations/201/labels",
                json!({"labels": ["vip", "refund", "parcel"]}),
            )],
            states: vec![
                (
                    "POST /api/v1/accounts/1/conversations/201/toggle_priority",
                    json!({"priority": "medium"}),
                ),
                (
                    "POST /api/v1/accounts/1/conversations/201/assignments",
                    json!({"team_id": 3}),
                ),
            ],
            is_note: |request| {
                request.line().ends_with("/messages") && request.json()["private"] == true
            },
            returns: |note, reply| {
                let labels = json!({"event": "conversation_updated", "account": {"id": 1},
                    "id": 201, "labels": ["vip", "refund", "parcel"]});
                let written = [(1, note), (2, reply)].into_iter();
                let written = written
                    .map(|(number, request)| chatwoot::written("message_created", number, request))
                    .chain([labels]);
                written.map(|it| it.to_string().into_bytes()).collect()
            },
        },
        HelpDesk {
            network: Network {
                settings: "account = \"northwind\", user = \"17\", queues = { general = \"3\" }, priorities = { 2 = 0 }, notes = true, api-base = \"API\"",
                ..ZAMMAD
            },
            bare: ZAMMAD.settings,
            labels: vec![
                (
                    "POST /api/v1/tags/add",
                    json!({"item": "refund", "object": "Ticket", "o_id": 81}),
                ),
                (
                    "POST /api/v1/tags/add",
                    json!({"item": "parcel", "object": "Ticket", "o_id": 81}),
                ),
            ],
            states: vec![(
                "PUT /api/v1/tickets/81",
                json!({"group_id": 3, "priority_id": 2}),
            )],
            is_note: |request| {
                request.line().ends_with("/ticket_articles") && request.json()["internal"] == true
            },
            returns: |note, reply| {
                let tags = json!({"ticket": {"id": 81, "tags": ["vip", "refund", "parcel"]}});
                let tags = tags.to_string().into_bytes();
                vec![zammad::written(1, note), zammad::written(2, reply), tags]
            },
        },
        HelpDesk {
            network: Network {
                settings: "account = \"northwind\", user = \"8447388090777\", login = \"patchbay@northwind.example\", queues = { general = \"3\" }, priorities = { normal = 0 }, notes = true, api-base = \"API\"",
                ..ZENDESK
            },
            bare: ZENDESK.settings,
            labels: vec![(
                "PUT /api/v2/tickets/5101/tags",
                json!({"tags": ["refund", "parcel"]}),
            )],
            states: vec![(
                "PUT /api/v2/tickets/5101",
                json!({"ticket": {"group_id": 3, "priority": "normal"}}),
            )],
            is_note: |request| request.json()["ticket"]["comment"]["public"] == false,
            returns: |note, reply| {
                let tags = json!({"type": "zen:event-type:ticket.tags_changed",
                    "detail": {"id": "5101", "tags": ["vip", "refund", "parcel"]}});
                let tags = tags.to_string().into_bytes();
                vec![zendesk::written(1, note), zendesk::written(2, reply), tags]
            },
        },
    ]
}

/// Method, target and body of a request.
fn write(request: &Request) -> (&str, Value) {
    (request.line(), request.json())
}

impl HelpDesk {
    /// An office whose company has a policy and this help desk alone.
    async fn office(&self) -> ConnectedOffice {
        let place = tempfile::tempdir().expect("a place");
        let pack = place.path().join("care.wasm");
        fs::write(&pack, wat(POLICY)).expect("written");
        let tables = format!(
            "[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"{}\"\n",
            pack.display()
        );
        ConnectedOffice::of(&[&self.network], &tables, |_| {}).await
    }

    /// All requests that set states, in their order.
    fn states(&self) -> Vec<(&str, Value)> {
        let all = self.labels.iter().chain(&self.states);
        all.map(|(line, body)| (*line, body.clone())).collect()
    }

    /// Asserts that these requests are a whole decision.
    fn assert_decision(&self, requests: &[Request]) {
        let name = self.network.name;
        let (note, states) = requests.split_last().expect("requests");
        let found: Vec<(&str, Value)> = states.iter().map(write).collect();
        assert_eq!(found, self.states(), "{name}");
        let text = String::from_utf8_lossy(&note.body);
        assert!((self.is_note)(note) && text.contains(REASON), "{text}");
    }

    /// Asserts that this is the reply to the customer.
    fn assert_reply(&self, request: &Request) {
        let text = String::from_utf8_lossy(&request.body);
        assert!(text.contains(REPLY), "{}: {text}", self.network.name);
        assert!(!(self.is_note)(request), "{}: {text}", self.network.name);
    }
}

/// Waits until nothing is to be sent any more.
async fn sent(office: &ConnectedOffice) {
    office.office.settled().await;
    for _ in 0..6_000 {
        let waiting = office.office.get("/outbox?state=waiting").await.json();
        if waiting["items"] == json!([]) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("something waits after a minute");
}

/// Waits until the only connection cannot send.
async fn broken(office: &ConnectedOffice) {
    for _ in 0..6_000 {
        let listed = office.office.get("/channels").await.json();
        if listed["connections"][0].get("broken_since").is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it can send after a minute");
}

#[tokio::test]
async fn a_decision_is_written_in_order_and_before_the_reply() {
    for desk in help_desks() {
        let network = &desk.network;
        let office = desk.office().await;
        let stand_in = office.stand_in(network);
        let release = Arc::new(Notify::new());
        stand_in.next([Turn::Held(Arc::clone(&release))]);
        let at = signatures::now();
        let conversation = office.conversation_at(network, 1, at).await;
        stand_in.received(1).await;
        office.reply(network, &conversation, REPLY).await;
        // The same message in another delivery.
        let again = Message {
            customer: 1,
            text: "Where is my order?",
            at,
        };
        let again = (network.messages)(&[again], 2);
        office.delivered(network, &again, 2).await;
        office.office.settled().await;
        assert_eq!(stand_in.requests().len(), 1, "{}", network.name);
        release.notify_one();
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        sent(&office).await;
        let requests = stand_in.requests();
        let (reply, decision) = requests.split_last().expect("requests");
        desk.assert_decision(decision);
        desk.assert_reply(reply);
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_set_again() {
    for desk in help_desks() {
        let network = &desk.network;
        let office = desk.office().await;
        let stand_in = office.stand_in(network);
        let at = signatures::now();
        office.conversation_at(network, 1, at).await;
        sent(&office).await;
        let first = stand_in.requests().len();
        // A person moves the ticket there; then the customer changes their words.
        let Some(edit) = network.edit else {
            continue;
        };
        let (customer, text) = (1, "Where is my parcel?");
        let edit = edit(&Message { customer, text, at });
        office.delivered(network, &edit, 2).await;
        sent(&office).await;
        let requests = stand_in.requests();
        let second: Vec<(&str, Value)> = requests[first..].iter().map(write).collect();
        assert!(!second.is_empty(), "{}", network.name);
        for state in &desk.states {
            assert!(!second.contains(state), "{}: {second:?}", network.name);
        }
    }
}

#[tokio::test]
async fn a_fault_of_the_help_desk_repeats_the_decision_from_the_first_request_on() {
    for desk in help_desks() {
        let network = &desk.network;
        let office = desk.office().await;
        let stand_in = office.stand_in(network);
        stand_in.next([Turn::Accept, Turn::Answer(Answer::bad_gateway())]);
        let conversation = office.conversation(network, 1).await;
        office.reply(network, &conversation, REPLY).await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        sent(&office).await;
        let requests = stand_in.requests();
        let (first, second) = requests.split_at(2);
        let first: Vec<(&str, Value)> = first.iter().map(write).collect();
        assert_eq!(first, desk.states()[..2], "{}", network.name);
        let (reply, decision) = second.split_last().expect("requests");
        desk.assert_decision(decision);
        desk.assert_reply(reply);
    }
}

#[tokio::test]
async fn a_note_whose_answer_is_lost_is_not_written_again() {
    for desk in help_desks() {
        for fault in [Turn::ResetWithin, Turn::Answer(Answer::bad_gateway())] {
            let network = &desk.network;
            let office = desk.office().await;
            let stand_in = office.stand_in(network);
            stand_in.next_for(desk.is_note, [fault]);
            let conversation = office.conversation(network, 1).await;
            office.reply(network, &conversation, REPLY).await;
            office
                .becomes(network, &conversation, Expected::Delivered)
                .await;
            sent(&office).await;
            let requests = stand_in.requests();
            let (reply, decision) = requests.split_last().expect("requests");
            desk.assert_decision(decision);
            desk.assert_reply(reply);
        }
    }
}

#[tokio::test]
async fn what_the_host_wrote_makes_no_decision_when_it_comes_back() {
    for desk in help_desks() {
        let network = &desk.network;
        let office = desk.office().await;
        let stand_in = office.stand_in(network);
        let at = signatures::now();
        let conversation = office.conversation_at(network, 1, at).await;
        office.reply(network, &conversation, REPLY).await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        sent(&office).await;
        let requests = stand_in.requests();
        let [.., note, reply] = &requests[..] else {
            panic!("{} requests", requests.len());
        };
        let before = office.document(&conversation).await;
        let mut deliveries = (desk.returns)(note, reply);
        // The customer's message was changed too, but for its words.
        if let Some(edit) = network.edit {
            let (customer, text) = (1, "Where is my order?");
            deliveries.push(edit(&Message { customer, text, at }));
        }
        for (number, delivery) in (2..).zip(&deliveries) {
            office.delivered(network, delivery, number).await;
        }
        sent(&office).await;
        let name = network.name;
        assert_eq!(stand_in.requests().len(), requests.len(), "{name}");
        let open = office.conversations().await;
        assert_eq!(open, slice::from_ref(&conversation), "{name}");
        let after = office.document(&conversation).await;
        assert_eq!(after["state"], before["state"], "{name}: {after}");
        assert_eq!(after["state"], "waiting-on-customer", "{name}: {after}");
        let said = |document: &Value| document["said"].as_array().map(Vec::len);
        assert_eq!(said(&after), said(&before), "{name}: {after}");
    }
}

#[tokio::test]
async fn a_company_without_settings_for_its_queues_writes_labels_only() {
    for desk in help_desks() {
        let desk = HelpDesk {
            network: Network {
                settings: desk.bare,
                ..desk.network
            },
            ..desk
        };
        let network = &desk.network;
        let office = desk.office().await;
        let conversation = office.conversation(network, 1).await;
        office.reply(network, &conversation, REPLY).await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        sent(&office).await;
        let requests = office.stand_in(network).requests();
        let (reply, labels) = requests.split_last().expect("requests");
        let found: Vec<(&str, Value)> = labels.iter().map(write).collect();
        assert_eq!(found, desk.labels, "{}", network.name);
        desk.assert_reply(reply);
    }
}

#[tokio::test]
async fn a_decision_waits_while_the_access_is_revoked() {
    for desk in help_desks() {
        let network = &desk.network;
        let name = network.name;
        let office = desk.office().await;
        let stand_in = office.stand_in(network);
        let revoked = Answer::json(401, &json!({"error": "x"}));
        stand_in.next([Turn::Answer(revoked)]);
        let conversation = office.conversation(network, 1).await;
        office.reply(network, &conversation, REPLY).await;
        broken(&office).await;
        let requests = stand_in.requests();
        let refused: Vec<(&str, Value)> = requests.iter().map(write).collect();
        assert_eq!(refused, desk.states()[..1], "{name}");
        let path = format!("/channels/{name}/retry");
        let tried = office.office.post(&path, json!({})).await.json();
        assert_eq!(tried["broken"], true, "{tried}");
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        sent(&office).await;
        let requests = stand_in.requests();
        let (reply, decision) = requests[1..].split_last().expect("requests");
        desk.assert_decision(decision);
        desk.assert_reply(reply);
    }
}

#[tokio::test]
async fn a_decision_that_the_help_desk_refuses_holds_up_no_reply() {
    for desk in help_desks() {
        let network = &desk.network;
        let office = desk.office().await;
        let refusal = Answer::json(403, &json!({"error": "x"}));
        let stand_in = office.stand_in(network);
        stand_in.next([Turn::Answer(refusal)]);
        let conversation = office.conversation(network, 1).await;
        office.reply(network, &conversation, REPLY).await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        let requests = stand_in.requests();
        let [refused, reply] = &requests[..] else {
            panic!("{}: {} requests", network.name, requests.len());
        };
        assert_eq!(write(refused), desk.states()[0], "{}", network.name);
        desk.assert_reply(reply);
        let failed = office.office.get("/outbox?state=dead").await.json();
        let items = failed["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "{}: {failed}", network.name);
    }
}

#[tokio::test]
async fn decisions_do_not_pile_up_while_the_help_desk_fails() {
    let desk = help_desks().into_iter().next().expect("Chatwoot");
    let network = &desk.network;
    let office = desk.office().await;
    let stand_in = office.stand_in(network);
    stand_in.next((0..100).map(|_| Turn::Answer(Answer::bad_gateway())));
    let at = signatures::now();
    office.conversation_at(network, 1, at).await;
    let edit = network.edit.expect("it reports edits");
    for (number, text) in (2..).zip(["One", "Two", "Three", "Four", "Five"]) {
        stand_in
            .received(usize::try_from(number - 1).expect("few"))
            .await;
        let delivery = edit(&Message {
            customer: 1,
            text,
            at: at + i64::from(number),
        });
        office.delivered(network, &delivery, number).await;
        office.office.settled().await;
        let waiting = office.office.get("/outbox?state=waiting").await.json();
        let items = waiting["items"].as_array().expect("a list").len();
        assert!(items <= 2, "{waiting}");
    }
    stand_in.accept_all();
    sent(&office).await;
    // The last one says everything, although the queue is the first's.
    let requests = stand_in.requests();
    desk.assert_decision(&requests[requests.len() - 4..]);
}
