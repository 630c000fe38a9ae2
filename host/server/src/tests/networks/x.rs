//! X: posts.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Answers, Expected, Message, Network, UNCERTAIN, signatures};

const CONSUMER_SECRET: &str = "hush-x-consumer-secret";
const ACCOUNT: &str = "1716000000000000001";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let signature = format!("sha256={}", signatures::base64(CONSUMER_SECRET, body));
    vec![
        ("x-twitter-webhooks-signature", signature),
        ("content-type", "application/json".to_owned()),
    ]
}

fn incoming(customer: u32) -> String {
    (2_080_765_813_578_191_000 + u64::from(customer)).to_string()
}

fn outgoing(number: u32) -> String {
    (2_080_767_000_000_000_000 + u64::from(number)).to_string()
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).expect("a time");
    at.to_string()
}

fn event(kind: &str, payload: &Value, number: u32) -> Vec<u8> {
    json!({"data": {"event_uuid": number.to_string(), "filter": {"user_id": ACCOUNT},
        "event_type": kind, "payload": payload}})
    .to_string()
    .into_bytes()
}

fn post(message: &Message<'_>) -> Value {
    let id = incoming(message.customer);
    json!({"id": id, "author_id": (2_200 + message.customer).to_string(), "conversation_id": id,
        "edit_history_tweet_ids": [id], "created_at": time(message.at), "text": message.text})
}

/// A direct message of a customer, or of the company to them.
pub(super) fn direct_message(message: &Message<'_>, is_sent: bool) -> Vec<u8> {
    let customer = (2_200 + message.customer).to_string();
    let id = incoming(message.customer + 500 + 500 * u32::from(is_sent));
    let (kind, from, to) = match is_sent {
        true => ("dm.sent", ACCOUNT, customer.as_str()),
        false => ("dm.received", customer.as_str(), ACCOUNT),
    };
    let created = json!({"target": {"recipient_id": to}, "sender_id": from,
        "message_data": {"text": message.text}});
    let event_of = json!({"type": "message_create", "id": id,
        "created_timestamp": (message.at * 1_000).to_string(), "message_create": created});
    event(kind, &json!({"direct_message_events": [event_of]}), 1)
}

fn problem(status: u16, name: &str) -> Answer {
    let document = json!({"type": format!("https://api.x.com/2/problems/{name}"),
        "title": "x", "detail": "x", "status": status});
    Answer::json(status, &document)
}

pub(super) static X: Network = Network {
    name: "x",
    settings: "account = \"1716000000000000001\", api-base = \"API\"",
    secrets: &[
        ("consumer-secret", CONSUMER_SECRET),
        ("access-token", "hush-x-access-token"),
        ("app-token", "hush-x-app-token"),
    ],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [only] = messages else {
            panic!("a delivery has one message");
        };
        // By another subscription.
        let kind = match number % 2 {
            0 => "post.mention.create",
            _ => "post.reply.create",
        };
        event(kind, &post(only), number)
    },
    edit: Some(|edited| {
        let mut wording = post(edited);
        let id = (2_080_765_900_000_000_000 + u64::from(edited.customer)).to_string();
        wording["edit_history_tweet_ids"] = json!([incoming(edited.customer), id]);
        wording["created_at"] = time(edited.at + 1).into();
        wording["id"] = id.into();
        event("post.mention.create", &wording, 1)
    }),
    delete: Some(|deleted| {
        let post = json!({"id": incoming(deleted.customer),
            "author_id": (2_200 + deleted.customer).to_string()});
        event("post.delete", &post, 1)
    }),
    answers: Some(Answers {
        accepted: |number, _| Answer::json(201, &json!({"data": {"id": outgoing(number)}})),
        busy_for_a_second: || {
            problem(429, "rate-limit-exceeded")
                .header("x-rate-limit-limit", 100)
                .header("x-rate-limit-remaining", 0)
                // In whole seconds: the next but one is more than one second away.
                .header("x-rate-limit-reset", signatures::now() + 2)
        },
        busy: || problem(429, "rate-limit-exceeded"),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((
            || {
                let problem = json!({"type": "https://api.x.com/2/problems/resource-not-found",
                    "title": "x", "detail": "x"});
                Answer::json(200, &json!({"errors": [problem]}))
            },
            Expected::Failed("recipient-unreachable", "resource-not-found"),
        )),
        revoked: || Answer::json(401, &json!({"title": "Unauthorized", "status": 401})),
        unreachable: Some((
            || problem(403, "not-authorized-for-resource"),
            "not-authorized-for-resource",
        )),
        window_closed: None,
        report: None,
        echo: Some(|number, request| {
            let sent = request.json();
            let answered = sent["reply"]["in_reply_to_tweet_id"].clone();
            let customer = answered.as_str().and_then(|id| id.parse::<u64>().ok());
            let customer = customer.expect("an id") - 2_080_765_813_578_191_000;
            let post = json!({"id": outgoing(number), "author_id": ACCOUNT,
                "conversation_id": answered, "edit_history_tweet_ids": [outgoing(number)],
                "created_at": time(signatures::now()), "text": sent["text"],
                "in_reply_to_user_id": (2_200 + customer).to_string(),
                "referenced_tweets": [{"type": "replied_to", "id": answered}]});
            event("post.create", &post, number)
        }),
    }),
};
