//! Zammad.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stand_in::Request;
use super::{Answer, Answers, Message, Network, UNCERTAIN, signatures};

const SIGNATURE_TOKEN: &str = "hush-zammad-signature-token";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let signature = format!("sha1={}", signatures::hex_sha1(SIGNATURE_TOKEN, body));
    vec![
        ("x-hub-signature", signature),
        ("content-type", "application/json".to_owned()),
    ]
}

fn outgoing(number: u32) -> u32 {
    7_000 + number
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).expect("a time");
    at.to_string()
}

fn person(customer: u32) -> Value {
    json!({"id": 500 + customer, "email": format!("jo{customer}@example.org"),
        "firstname": "Jo", "lastname": "-", "roles": ["Customer"]})
}

/// The ticket of a customer.
fn ticket(customer: u32) -> Value {
    json!({"id": 80 + customer, "title": format!("Order {customer}"), "group_id": 1,
        "customer_id": 500 + customer, "customer": person(customer), "tags": ["vip"]})
}

/// A delivery after the article of a request was written.
pub(super) fn written(number: u32, request: &Request) -> Vec<u8> {
    let mut article = request.json();
    let ticket_id = article["ticket_id"]
        .as_u64()
        .and_then(|id| u32::try_from(id).ok());
    let customer = ticket_id.expect("a ticket") - 80;
    article["id"] = outgoing(number).into();
    article["created_at"] = time(signatures::now()).into();
    article["created_by_id"] = 17.into();
    article["created_by"] = json!({"id": 17, "roles": ["Agent"]});
    json!({"ticket": ticket(customer), "article": article})
        .to_string()
        .into_bytes()
}

fn error(status: u16) -> Answer {
    Answer::json(status, &json!({"error": "x", "error_human": "x"}))
}

pub(super) static ZAMMAD: Network = Network {
    name: "zammad",
    settings: "account = \"northwind\", user = \"17\", api-base = \"API\"",
    secrets: &[
        ("signature-token", SIGNATURE_TOKEN),
        ("access-token", "hush-zammad-access-token"),
    ],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [Message { customer, text, at }] = messages else {
            panic!("a delivery has one message");
        };
        let article = json!({"id": 1_000 + customer, "ticket_id": 80 + customer,
            "sender": "Customer", "internal": false, "type": "email", "body": text,
            "content_type": "text/plain", "created_at": time(*at),
            "created_by_id": 500 + customer, "created_by": person(*customer)});
        let mut ticket = ticket(*customer);
        // It was changed meanwhile.
        ticket["article_count"] = number.into();
        json!({"ticket": ticket, "article": article})
            .to_string()
            .into_bytes()
    },
    edit: None,
    delete: None,
    answers: Some(Answers {
        accepted: |number, _| Answer::json(201, &json!({"id": outgoing(number)})),
        busy_for_a_second: || error(429).header("retry-after", 1),
        busy: || error(429),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        // Written, but under which number?
        error_in_success: Some((|| error(200), UNCERTAIN)),
        revoked: || error(401),
        unreachable: Some((|| error(404), "http 404")),
        window_closed: None,
        report: None,
        echo: Some(written),
    }),
};
