//! Calls by Twilio.

use serde_json::json;

use super::sms::{ACCOUNT, TOKEN, error, form, sign};
use super::{Answer, Answers, Message, Network, Report, UNCERTAIN};

const NUMBER: &str = "+351210000000";

fn call(number: u32) -> String {
    format!("CA{number:032}")
}

pub(super) static PHONE: Network = Network {
    name: "phone",
    settings: "account-sid = \"AC0123456789abcdef0123456789abcdef\", accounts = [\"+351210000000\"], greeting = \"Hello.\", confirmation = \"Thank you.\", goodbye = \"Goodbye.\", status-callback = \"https://care.northwind.example/webhooks/northwind/phone/main\", api-base = \"API\"",
    secrets: &[("auth-token", TOKEN)],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [Message { customer, text, .. }] = messages else {
            panic!("a caller says one thing at a time");
        };
        form(&[
            ("AccountSid", ACCOUNT.to_owned()),
            ("CallSid", call(90_000 + customer)),
            ("CallStatus", "in-progress".to_owned()),
            ("From", format!("+35191000{customer:04}")),
            ("SpeechResult", (*text).to_owned()),
            ("To", NUMBER.to_owned()),
            // A parameter that a later delivery can have in addition.
            ("Unknown", number.to_string()),
        ])
    },
    edit: None,
    delete: None,
    answers: Some(Answers {
        accepted: |number, _| Answer::json(201, &json!({"sid": call(number), "status": "queued"})),
        busy_for_a_second: || error(429, 20_429).header("retry-after", 1),
        busy: || error(429, 20_429),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((|| error(200, 21_214), UNCERTAIN)),
        revoked: || error(401, 20_003),
        unreachable: Some((|| error(400, 21_214), "21214")),
        window_closed: None,
        report: Some(|report, number, _| {
            let status = match report {
                Report::Delivered => "completed",
                Report::Failed => "busy",
            };
            form(&[
                ("AccountSid", ACCOUNT.to_owned()),
                ("CallSid", call(number)),
                ("CallStatus", status.to_owned()),
                ("Direction", "outbound-api".to_owned()),
                ("From", NUMBER.to_owned()),
                ("To", "+351910000001".to_owned()),
            ])
        }),
        echo: None,
    }),
};
