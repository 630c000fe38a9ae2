//! WhatsApp, Facebook and Instagram.

use serde_json::{Value, json};

use super::stand_in::Request;
use super::{Answer, Answers, Expected, Message, Network, Report, UNCERTAIN, signatures};

const SECRETS: [(&str, &str); 3] = [
    ("app-secret", "hush-meta-app-secret"),
    ("verify-token", "hush-meta-verify-token"),
    ("access-token", "hush-meta-access-token"),
];

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let signature = format!("sha256={}", signatures::hex(SECRETS[0].1, body));
    vec![
        ("x-hub-signature-256", signature),
        ("content-type", "application/json".to_owned()),
    ]
}

fn error(status: u16, code: i64) -> Answer {
    Answer::json(status, &json!({"error": {"code": code, "message": "x"}}))
}

/// Answers that the products share.
const COMMON: Answers = Answers {
    accepted: |number, _| {
        Answer::json(
            200,
            &json!({"recipient_id": "1", "message_id": outgoing(number)}),
        )
    },
    busy_for_a_second: || error(429, 4).header("retry-after", 1),
    busy: || error(400, 4),
    fault: Answer::bad_gateway,
    after_fault: UNCERTAIN,
    after_loss: UNCERTAIN,
    error_in_success: Some((|| error(200, 100), Expected::Failed("refused", "100"))),
    revoked: || error(401, 190),
    unreachable: Some((
        || {
            let error = json!({"error": {"code": 551, "error_subcode": 1_545_041}});
            Answer::json(400, &error)
        },
        "551",
    )),
    window_closed: Some((
        || {
            let error = json!({"error": {"code": 10, "error_subcode": 2_018_278}});
            Answer::json(403, &error)
        },
        "10/2018278",
    )),
    report: None,
    echo: None,
};

pub(super) fn incoming(customer: u32) -> String {
    format!("mid.in.{customer}")
}

pub(super) fn outgoing(number: u32) -> String {
    format!("mid.out.{number}")
}

/// Id of the file that a request of a number stored.
pub(super) fn stored(number: u32) -> String {
    format!("media.{number}")
}

const NUMBER: &str = "1122334455667";

fn whatsapp(values: &Value) -> Vec<u8> {
    let mut value = values.clone();
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({"phone_number_id": NUMBER});
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [{"field": "messages", "value": value}]},
    ]})
    .to_string()
    .into_bytes()
}

/// The copy of a message that the company wrote to a customer in its app.
pub(super) fn whatsapp_echo(message: &Message<'_>) -> Vec<u8> {
    let Message { customer, text, at } = *message;
    let echo = json!({"from": "351210000000", "to": format!("35191000{customer:04}"),
        "id": format!("wamid.app.{customer}"), "timestamp": at.to_string(), "type": "text",
        "text": {"body": text}});
    let value = json!({"messaging_product": "whatsapp", "message_echoes": [echo],
        "metadata": {"phone_number_id": NUMBER}});
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [{"field": "smb_message_echoes", "value": value}]},
    ]})
    .to_string()
    .into_bytes()
}

pub(super) fn whatsapp_event(message: &Message<'_>, event: Value) -> Vec<u8> {
    let Message { customer, at, .. } = *message;
    let mut event = event;
    event["from"] = format!("35191000{customer:04}").into();
    event["id"] = format!("wamid.event.{customer}").into();
    event["timestamp"] = (at + 1).to_string().into();
    whatsapp(&json!({"messages": [event]}))
}

pub(super) static WHATSAPP: Network = Network {
    name: "whatsapp",
    settings: "accounts = [\"1122334455667\"], api-base = \"API\"",
    secrets: &SECRETS,
    sign,
    has_batches: true,
    messages: |messages, _| {
        let messages: Vec<Value> = messages
            .iter()
            .map(|Message { customer, text, at }| {
                json!({"from": format!("35191000{customer:04}"), "id": incoming(*customer),
                    "timestamp": at.to_string(), "type": "text", "text": {"body": text}})
            })
            .collect();
        whatsapp(&json!({"messages": messages}))
    },
    edit: Some(|message| {
        let new = json!({"type": "text", "text": {"body": message.text}});
        let edit = json!({"original_message_id": incoming(message.customer), "message": new});
        whatsapp_event(message, json!({"type": "edit", "edit": edit}))
    }),
    delete: Some(|message| {
        let revoke = json!({"original_message_id": incoming(message.customer)});
        whatsapp_event(message, json!({"type": "revoke", "revoke": revoke}))
    }),
    answers: Some(Answers {
        accepted: |number, request| match request.line().ends_with("/media") {
            true => Answer::json(200, &json!({"id": stored(number)})),
            false => Answer::json(200, &json!({"messages": [{"id": outgoing(number)}]})),
        },
        unreachable: Some((|| error(400, 131_026), "131026")),
        window_closed: Some((|| error(400, 131_047), "131047")),
        report: Some(|report, number, request| {
            let mut status = json!({"id": outgoing(number),
                "timestamp": signatures::now().to_string(),
                "biz_opaque_callback_data": request.json()["biz_opaque_callback_data"]});
            status["status"] = "delivered".into();
            if report == Report::Failed {
                status["status"] = "failed".into();
                status["errors"] = json!([{"code": 131_026}]);
            }
            whatsapp(&json!({"statuses": [status]}))
        }),
        ..COMMON
    }),
};

/// A delivery of a page or an account: events between it and customers.
pub(super) fn direct(object: &str, account: &str, events: &[Value]) -> Vec<u8> {
    json!({"object": object, "entry": [{"id": account, "time": 1, "messaging": events}]})
        .to_string()
        .into_bytes()
}

fn from(customer: u32, account: &str, milliseconds: i64) -> Value {
    json!({"sender": {"id": (7_000 + customer).to_string()}, "recipient": {"id": account},
        "timestamp": milliseconds})
}

fn event(message: &Message<'_>, account: &str, field: &str, value: Value) -> Value {
    let mut event = from(message.customer, account, message.at * 1_000);
    event[field] = value;
    event
}

fn texts(object: &str, account: &str, messages: &[Message<'_>]) -> Vec<u8> {
    let events = messages.iter().map(|message| {
        let text = json!({"mid": incoming(message.customer), "text": message.text});
        event(message, account, "message", text)
    });
    direct(object, account, &events.collect::<Vec<_>>())
}

fn edited(object: &str, account: &str, message: &Message<'_>) -> Vec<u8> {
    let mid = incoming(message.customer);
    let edit = json!({"mid": mid, "text": message.text, "num_edit": 1});
    let mut event = event(message, account, "message_edit", edit);
    event["timestamp"] = (message.at * 1_000 + 500).into();
    direct(object, account, &[event])
}

fn unsent(object: &str, account: &str, message: &Message<'_>) -> Vec<u8> {
    let mid = incoming(message.customer);
    let unsent = json!({"mid": mid, "is_deleted": true});
    direct(
        object,
        account,
        &[event(message, account, "message", unsent)],
    )
}

/// The copy of a message that was sent by this request.
fn copy(object: &str, account: &str, number: u32, request: &Request) -> Vec<u8> {
    let sent = request.json();
    let mut message = json!({"mid": outgoing(number), "is_echo": true, "app_id": 1,
        "text": sent["message"]["text"]});
    if let Some(key) = sent["message"].get("metadata") {
        message["metadata"] = key.clone();
    }
    let event = json!({"sender": {"id": account}, "recipient": sent["recipient"],
        "timestamp": signatures::now() * 1_000, "message": message});
    direct(object, account, &[event])
}

pub(super) const PAGE: &str = "102938475610293";

pub(super) static FACEBOOK: Network = Network {
    name: "facebook",
    settings: "accounts = [\"102938475610293\"], api-base = \"API\"",
    secrets: &SECRETS,
    sign,
    has_batches: true,
    messages: |messages, _| texts("page", PAGE, messages),
    edit: Some(|message| edited("page", PAGE, message)),
    delete: Some(|message| unsent("page", PAGE, message)),
    answers: Some(Answers {
        report: Some(|report, number, request| {
            let mut event = from(0, PAGE, signatures::now() * 1_000);
            event["sender"] = request.json()["recipient"].clone();
            event["delivery"] = json!({"mids": [outgoing(number)], "watermark": 1});
            let events = match report {
                Report::Delivered => vec![event],
                // Messenger reports no failure.
                Report::Failed => Vec::new(),
            };
            direct("page", PAGE, &events)
        }),
        echo: Some(|number, request| copy("page", PAGE, number, request)),
        ..COMMON
    }),
};

pub(super) const ACCOUNT: &str = "17841400000000001";

pub(super) static INSTAGRAM: Network = Network {
    name: "instagram",
    settings: "accounts = [\"17841400000000001\"], api-base = \"API\"",
    secrets: &SECRETS,
    sign,
    has_batches: true,
    messages: |messages, _| texts("instagram", ACCOUNT, messages),
    edit: Some(|message| edited("instagram", ACCOUNT, message)),
    delete: Some(|message| unsent("instagram", ACCOUNT, message)),
    answers: Some(Answers {
        echo: Some(|number, request| copy("instagram", ACCOUNT, number, request)),
        ..COMMON
    }),
};
