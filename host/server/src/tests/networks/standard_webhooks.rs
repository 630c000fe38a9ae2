//! Other senders, by Standard Webhooks.

use serde_json::{Value, json};

use super::{Message, Network, signatures};

const SIGNING_SECRET: &str = "hush-gateway-signing-secret";

fn interaction(message: &Message<'_>) -> Value {
    let Message { customer, text, at } = message;
    let at = jiff::Timestamp::from_second(*at).expect("a time");
    json!({"id": format!("m-{customer}"), "channel": "rcs", "text": text, "received_at": at,
        "author": {"address": format!("jo-{customer}")}})
}

pub(super) static STANDARD_WEBHOOKS: Network = Network {
    name: "standard-webhooks",
    settings: "channels = [\"rcs\"], contacts = true",
    secrets: &[("signing-secret", SIGNING_SECRET)],
    sign: |_, body, number| {
        signatures::standard(SIGNING_SECRET, "application/x-ndjson", body, number)
    },
    has_batches: true,
    messages: |messages, _| {
        let lines = messages
            .iter()
            .map(|message| interaction(message).to_string());
        lines.collect::<Vec<_>>().join("\n").into_bytes()
    },
    edit: Some(|message| {
        let mut edit = interaction(message);
        edit["kind"] = "edit".into();
        edit["edited_at"] = json!(jiff::Timestamp::from_second(message.at + 1).expect("a time"));
        edit.to_string().into_bytes()
    }),
    delete: Some(|message| {
        let mut delete = interaction(message);
        delete["kind"] = "delete".into();
        delete.to_string().into_bytes()
    }),
    answers: None,
};
