//! Viber.

use serde_json::json;

use super::{Answer, Answers, Expected, Message, Network, Report, UNCERTAIN, signatures};

const AUTH_TOKEN: &str = "hush-viber-auth-token";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    vec![
        (
            "x-viber-content-signature",
            signatures::hex(AUTH_TOKEN, body),
        ),
        ("content-type", "application/json".to_owned()),
    ]
}

fn outgoing(number: u32) -> u64 {
    4_912_661_846_655_238_000 + u64::from(number)
}

fn status(code: i64) -> Answer {
    Answer::json(200, &json!({"status": code, "status_message": "x"}))
}

pub(super) static VIBER: Network = Network {
    name: "viber",
    settings: "account = \"northwind\", sender-name = \"Northwind\", commercial = true, api-base = \"API\"",
    secrets: &[("auth-token", AUTH_TOKEN)],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [Message { customer, text, at }] = messages else {
            panic!("a delivery has one message");
        };
        json!({"event": "message", "timestamp": at * 1_000,
            "chat_hostname": format!("SN-{number}"),
            "message_token": 5_741_311_803_571_721_000 + u64::from(*customer),
            "sender": {"id": format!("{customer:022}=="), "name": "Jo"},
            "message": {"type": "text", "text": text}})
        .to_string()
        .into_bytes()
    },
    edit: None,
    delete: None,
    answers: Some(Answers {
        accepted: |number, _| {
            let answer = json!({"status": 0, "status_message": "ok",
                "message_token": outgoing(number)});
            Answer::json(200, &answer)
        },
        busy_for_a_second: || status(12).header("retry-after", 1),
        busy: || status(12),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((|| status(3), Expected::Failed("refused", "3"))),
        revoked: || status(2),
        unreachable: Some((|| status(6), "6")),
        window_closed: None,
        report: Some(|report, number, request| {
            let event = match report {
                Report::Delivered => "delivered",
                Report::Failed => "failed",
            };
            json!({"event": event, "timestamp": signatures::now() * 1_000,
                "message_token": outgoing(number), "user_id": request.json()["receiver"],
                "desc": "x"})
            .to_string()
            .into_bytes()
        }),
        echo: None,
    }),
};
