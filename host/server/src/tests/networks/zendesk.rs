//! Zendesk.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stand_in::Request;
use super::{Answer, Answers, Message, Network, UNCERTAIN, signatures};

const SIGNING_SECRET: &str = "hush-zendesk-signing-secret";
/// Number of the user whose token is used.
const USER: &str = "8447388090777";
/// What stands before the secret in the credential.
pub(super) const LOGIN: &str = "patchbay@northwind.example/token";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let now = Timestamp::now().to_string();
    let signed = [now.as_bytes(), body].concat();
    let signature = signatures::base64(SIGNING_SECRET, &signed);
    vec![
        ("x-zendesk-webhook-signature", signature),
        ("x-zendesk-webhook-signature-timestamp", now),
        ("content-type", "application/json".to_owned()),
    ]
}

fn outgoing(number: u32) -> String {
    (9_876_543_220_000 + u64::from(number)).to_string()
}

fn person(customer: u32) -> String {
    (8_447_388_000_000 + u64::from(customer)).to_string()
}

/// The event of a comment on the ticket of a customer.
fn comment(customer: u32, comment: &Value, at: i64) -> Value {
    let at = Timestamp::from_second(at).expect("a time");
    json!({"type": "zen:event-type:ticket.comment_added", "time": at.to_string(),
        "detail": {"id": (5_100 + customer).to_string(), "requester_id": person(customer),
            "subject": "Order", "tags": ["vip"], "via": {"channel": "web_form"}},
        "event": {"comment": comment}})
}

/// The event of the comment of a request.
pub(super) fn written(number: u32, request: &Request) -> Vec<u8> {
    let sent = request.json()["ticket"]["comment"].clone();
    let ticket = request.line().rsplit('/').next();
    let ticket = ticket.and_then(|id| id.parse::<u32>().ok());
    let customer = ticket.expect("a ticket") - 5_100;
    let author = json!({"id": USER, "is_staff": true, "name": "Patchbay"});
    let added = json!({"id": outgoing(number), "body": sent["body"],
        "is_public": sent["public"], "author": author});
    comment(customer, &added, signatures::now())
        .to_string()
        .into_bytes()
}

fn error(status: u16) -> Answer {
    Answer::json(status, &json!({"error": "x", "description": "x"}))
}

pub(super) static ZENDESK: Network = Network {
    name: "zendesk",
    settings: "account = \"northwind\", user = \"8447388090777\", login = \"patchbay@northwind.example\", api-base = \"API\"",
    secrets: &[
        ("signing-secret", SIGNING_SECRET),
        ("api-token", "hush-zendesk-api-token"),
    ],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [Message { customer, text, at }] = messages else {
            panic!("a delivery has one message");
        };
        let author = json!({"id": person(*customer), "is_staff": false, "name": "Jo"});
        let id = (9_876_543_210_000 + u64::from(*customer)).to_string();
        let added = json!({"id": id, "body": text, "is_public": true, "author": author});
        let mut event = comment(*customer, &added, *at);
        // The same comment in another event.
        event["id"] = format!("d4f5c389-8f4a-4c2e-a1b9-{number:012}").into();
        event.to_string().into_bytes()
    },
    edit: None,
    delete: None,
    answers: Some(Answers {
        accepted: |number, _| {
            let events = json!([{"id": 1, "type": "Change"},
                {"id": outgoing(number), "type": "Comment"}]);
            Answer::json(200, &json!({"ticket": {}, "audit": {"events": events}}))
        },
        busy_for_a_second: || error(429).header("retry-after", 1),
        busy: || error(429),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        // Written, but under which number?
        error_in_success: Some((|| Answer::json(200, &json!({"ticket": {}})), UNCERTAIN)),
        revoked: || error(401),
        unreachable: Some((|| error(404), "http 404")),
        window_closed: None,
        report: None,
        echo: Some(written),
    }),
};
