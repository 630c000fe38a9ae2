//! Telegram bots.

use serde_json::{Value, json};

use super::{Answer, Answers, Expected, Message, Network, UNCERTAIN, signatures};

const SECRET_TOKEN: &str = "hush-telegram-secret-token";
const BOT_TOKEN: &str = "7000000001:hush-telegram-bot-token";

fn sign(_url: &str, _body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    vec![
        ("x-telegram-bot-api-secret-token", SECRET_TOKEN.to_owned()),
        ("content-type", "application/json".to_owned()),
    ]
}

fn message(message: &Message<'_>) -> Value {
    let Message { customer, text, at } = message;
    let id = 500 + customer;
    json!({"message_id": customer, "date": at, "text": text,
        "from": {"id": id, "is_bot": false, "first_name": "Jo"},
        "chat": {"id": id, "type": "private", "first_name": "Jo"}})
}

fn error(status: u16, description: &str) -> Answer {
    let document = json!({"ok": false, "error_code": status, "description": description});
    Answer::json(status, &document)
}

pub(super) static TELEGRAM: Network = Network {
    name: "telegram",
    settings: "account = \"7000000001\", api-base = \"API\"",
    secrets: &[("secret-token", SECRET_TOKEN), ("bot-token", BOT_TOKEN)],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [only] = messages else {
            panic!("a delivery has one message");
        };
        json!({"update_id": 1_000 + number, "message": message(only)})
            .to_string()
            .into_bytes()
    },
    edit: Some(|edited| {
        let mut wording = message(edited);
        wording["edit_date"] = (edited.at + 1).into();
        json!({"update_id": 1, "edited_message": wording})
            .to_string()
            .into_bytes()
    }),
    delete: None,
    answers: Some(Answers {
        accepted: |number, request| {
            let chat = match request.form_field("chat_id") {
                Some(chat) => json!(chat.parse::<i64>().expect("a number")),
                None => request.json()["chat_id"].clone(),
            };
            let result = json!({"message_id": 10_000 + number, "date": signatures::now(),
                "chat": {"id": chat, "type": "private"}, "text": "x"});
            Answer::json(200, &json!({"ok": true, "result": result}))
        },
        busy_for_a_second: || {
            let document = json!({"ok": false, "error_code": 429,
                "description": "Too Many Requests: retry after 1",
                "parameters": {"retry_after": 1}});
            Answer::json(429, &document)
        },
        busy: || error(429, "Too Many Requests"),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((
            || {
                let document = json!({"ok": false, "error_code": 400,
                    "description": "Bad Request: message is too long"});
                Answer::json(200, &document)
            },
            Expected::Failed("refused", "400"),
        )),
        revoked: || error(401, "Unauthorized"),
        unreachable: Some((
            || error(403, "Forbidden: bot was blocked by the user"),
            "403",
        )),
        window_closed: None,
        report: None,
        echo: None,
    }),
};
