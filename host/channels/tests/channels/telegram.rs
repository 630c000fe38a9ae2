//! Telegram bots: replies, and the meaning of answers. Deliveries are golden cases.

mod answers;
mod deliveries;
mod files;
mod replies;

use patchbay_adapter::{Adapter, Secrets};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "7000000001";
const TOKEN: &str = "7000000001:AAtoken-of_the_test";

pub(crate) const SUBJECT: Subject = Subject {
    name: "telegram",
    settings: || json!({"account": ACCOUNT, "api-base": "https://telegram.example/"}),
    secrets: &[("secret-token", "secret_of-the-test"), ("bot-token", TOKEN)],
    sign: |delivery: &mut Delivery| {
        delivery.header("x-telegram-bot-api-secret-token", "secret_of-the-test");
    },
    words: &[
        "\"message\":{",
        "\"edited_message\":",
        "\"message_reaction\":",
        "\"new_reaction\":[",
        "\"deleted_business_messages\":",
        "\"business_connection_id\":\"b\"",
        "\"message_id\":",
        "\"chat\":{\"id\":",
        "\"date\":",
        "\"photo\":[",
    ],
    answers: &[
        r#"{"ok":true,"result":{"message_id":42,"chat":{"id":512345678}}}"#,
        r#"{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":5}}"#,
    ],
};

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_and_the_form_of_secrets_are_checked_when_a_channel_starts() {
    let open = |settings: Value, role: &str, secret: &str| {
        let mut config = SUBJECT.config(settings);
        config
            .secrets
            .insert(role, Secrets::one(secret).expect("a secret"));
        match (SUBJECT.kind().open)(&config) {
            Ok(adapter) => format!("{adapter:?}"),
            Err(error) => error.to_string(),
        }
    };
    let valid = json!({"account": ACCOUNT});
    for (settings, role, secret, part) in [
        (json!({}), "bot-token", TOKEN, "missing field `account`"),
        (
            json!({"account": "northwind_bot"}),
            "bot-token",
            TOKEN,
            "`account` must be the id of the bot",
        ),
        (
            json!({"account": "7"}),
            "bot-token",
            TOKEN,
            "secret `bot-token` is not a token of the bot in `account`",
        ),
        (
            valid.clone(),
            "bot-token",
            "7000000001:a/../b",
            "secret `bot-token` is not a token",
        ),
        (
            valid.clone(),
            "secret-token",
            "a b",
            "secret `secret-token` has characters",
        ),
        (
            valid,
            "bot-token",
            TOKEN,
            "Telegram { account: \"7000000001\", .. }",
        ),
    ] {
        let shown = open(settings, role, secret);
        assert!(shown.contains(part), "{shown}");
        assert!(!shown.contains(secret), "{shown}");
    }
}
