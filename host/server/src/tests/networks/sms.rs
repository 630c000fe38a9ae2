//! SMS by Twilio.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Answer, Answers, Message, Network, Report, UNCERTAIN, signatures};

pub(super) const TOKEN: &str = "hush-twilio-auth-token";
pub(super) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// A form of texts that have only letters, digits, blanks, `+`, `.` and `?`.
pub(super) fn form(fields: &[(&str, String)]) -> Vec<u8> {
    let fields = fields.iter().map(|(name, value)| {
        let value = value
            .replace('+', "%2B")
            .replace('?', "%3F")
            .replace(' ', "+");
        format!("{name}={value}")
    });
    fields.collect::<Vec<_>>().join("&").into_bytes()
}

pub(super) fn sign(url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let body = String::from_utf8(body.to_vec()).expect("a form");
    let fields: BTreeMap<&str, String> = body
        .split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| {
            let value = value
                .replace('+', " ")
                .replace("%2B", "+")
                .replace("%3F", "?");
            (name, value)
        })
        .collect();
    let fields = fields.iter().map(|(name, value)| format!("{name}{value}"));
    let signed = format!("{url}{}", fields.collect::<String>());
    vec![
        (
            "x-twilio-signature",
            signatures::base64_sha1(TOKEN, signed.as_bytes()),
        ),
        (
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        ),
    ]
}

pub(super) fn error(status: u16, code: i64) -> Answer {
    Answer::json(
        status,
        &json!({"code": code, "status": status, "message": "x"}),
    )
}

fn outgoing(number: u32) -> String {
    format!("SM{number:032}")
}

pub(super) static SMS: Network = Network {
    name: "sms",
    settings: "account-sid = \"AC0123456789abcdef0123456789abcdef\", accounts = [\"+351210000000\"], api-base = \"API\"",
    secrets: &[("auth-token", TOKEN)],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [Message { customer, text, .. }] = messages else {
            panic!("a delivery has one message");
        };
        form(&[
            ("AccountSid", ACCOUNT.to_owned()),
            ("Body", (*text).to_owned()),
            ("From", format!("+35191000{customer:04}")),
            ("MessageSid", format!("SM{:032}", 90_000 + customer)),
            ("To", "+351210000000".to_owned()),
            // A parameter that a later delivery can have in addition.
            ("SmsStatus", "received".to_owned()),
            ("Unknown", number.to_string()),
        ])
    },
    edit: None,
    delete: None,
    answers: Some(Answers {
        accepted: |number, _| {
            Answer::json(201, &json!({"sid": outgoing(number), "status": "queued"}))
        },
        busy_for_a_second: || error(429, 20_429).header("retry-after", 1),
        busy: || error(429, 20_429),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((|| error(200, 21_610), UNCERTAIN)),
        revoked: || error(401, 20_003),
        unreachable: Some((|| error(400, 21_610), "21610")),
        window_closed: Some((|| error(400, 63_016), "63016")),
        report: Some(|report, number, _| {
            let (status, code) = match report {
                Report::Delivered => ("delivered", ""),
                Report::Failed => ("undelivered", "30003"),
            };
            form(&[
                ("AccountSid", ACCOUNT.to_owned()),
                ("From", "+351210000000".to_owned()),
                ("MessageSid", outgoing(number)),
                ("MessageStatus", status.to_owned()),
                ("ErrorCode", code.to_owned()),
                ("To", "+351910000001".to_owned()),
            ])
        }),
        echo: None,
    }),
};
