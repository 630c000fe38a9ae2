//! Slack.

use serde_json::{Value, json};

use super::{Answer, Answers, Expected, Message, Network, UNCERTAIN, signatures};

const SIGNING_SECRET: &str = "hush-slack-signing-secret";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let now = signatures::now();
    let signed = [format!("v0:{now}:").as_bytes(), body].concat();
    let signature = format!("v0={}", signatures::hex(SIGNING_SECRET, &signed));
    vec![
        ("x-slack-signature", signature),
        ("x-slack-request-timestamp", now.to_string()),
        ("content-type", "application/json".to_owned()),
    ]
}

fn channel(customer: u32) -> String {
    format!("D0{customer:04}")
}

fn ts(message: &Message<'_>) -> String {
    format!("{}.{:06}", message.at, message.customer)
}

fn envelope(event: &Value, number: u32) -> Vec<u8> {
    json!({"type": "event_callback", "team_id": "T0CARE", "api_app_id": "A0CARE",
        "event_id": format!("Ev{number}"), "event_time": number, "event": event})
    .to_string()
    .into_bytes()
}

fn event(message: &Message<'_>) -> Value {
    json!({"type": "message", "channel": channel(message.customer), "channel_type": "im",
        "user": format!("U0{:04}", message.customer), "ts": ts(message),
        "text": message.text})
}

fn change(message: &Message<'_>, subtype: &str) -> Value {
    json!({"type": "message", "subtype": subtype, "channel": channel(message.customer),
        "channel_type": "im", "hidden": true, "ts": format!("{}.900000", message.at + 1)})
}

fn outgoing(number: u32) -> String {
    format!("{}.{number:06}", 1_800_000_000)
}

fn error(name: &str) -> Answer {
    Answer::json(200, &json!({"ok": false, "error": name}))
}

pub(super) static SLACK: Network = Network {
    name: "slack",
    settings: "account = \"T0CARE\", app = \"A0CARE\", bot-user = \"U0BOT\", api-base = \"API\"",
    secrets: &[
        ("signing-secret", SIGNING_SECRET),
        ("bot-token", "hush-slack-bot-token"),
    ],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [only] = messages else {
            panic!("a delivery has one message");
        };
        envelope(&event(only), number)
    },
    edit: Some(|edited| {
        let mut wording = event(edited);
        wording["edited"] = json!({"user": wording["user"], "ts": format!("{}.0", edited.at + 1)});
        let mut before = event(edited);
        before["text"] = "before".into();
        let mut event = change(edited, "message_changed");
        event["message"] = wording;
        event["previous_message"] = before;
        envelope(&event, 1)
    }),
    delete: Some(|deleted| {
        let mut change = change(deleted, "message_deleted");
        change["deleted_ts"] = ts(deleted).into();
        change["previous_message"] = event(deleted);
        envelope(&change, 1)
    }),
    answers: Some(Answers {
        accepted: |number, request| {
            let channel = request.json()["channel"].clone();
            let answer = json!({"ok": true, "channel": channel, "ts": outgoing(number)});
            Answer::json(200, &answer)
        },
        busy_for_a_second: || {
            let document = json!({"ok": false, "error": "ratelimited"});
            Answer::json(429, &document).header("retry-after", 1)
        },
        busy: || error("ratelimited"),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((
            || error("msg_too_long"),
            Expected::Failed("refused", "msg_too_long"),
        )),
        revoked: || error("token_revoked"),
        unreachable: Some((|| error("channel_not_found"), "channel_not_found")),
        window_closed: None,
        report: None,
        echo: Some(|number, request| {
            let sent = request.json();
            let mut event = json!({"type": "message", "channel": sent["channel"],
                "channel_type": "im", "user": "U0BOT", "bot_id": "B0CARE", "app_id": "A0CARE",
                "ts": outgoing(number), "text": sent["text"], "metadata": sent["metadata"]});
            if let Some(thread) = sent.get("thread_ts") {
                event["thread_ts"] = thread.clone();
            }
            envelope(&event, number)
        }),
    }),
};
