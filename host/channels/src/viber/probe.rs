//! The question to Viber's API.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use patchbay_adapter::{Credential, Exchange, FailureKind};
use serde_json::Value;

use super::{Viber, status_code};

/// Events that are decoded beside messages, which always come.
const EVENTS: [&str; 6] = [
    "delivered",
    "seen",
    "failed",
    "subscribed",
    "unsubscribed",
    "conversation_started",
];

pub(super) fn questions(adapter: &Viber) -> Vec<Probe> {
    let credential = Credential::Header {
        name: "x-viber-auth-token",
        value: adapter.auth_token.first().clone(),
    };
    let url = format!("{}/pa/get_account_info", adapter.base);
    vec![Probe::post("bot", url, credential)]
}

/// The answer also lists members of the bot with their names, which are not read.
pub(super) fn findings(exchange: &Exchange<'_>, url: Option<&str>) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    match document.get("status").and_then(Value::as_i64) {
        Some(0) => {}
        Some(code) => {
            return vec![match status_code::kind(code) {
                Some(FailureKind::Retry) => Finding::busy(),
                Some(FailureKind::ChannelBroken) => Finding::of_token(&code.to_string()),
                _ => Finding::refused(&code.to_string()),
            }];
        }
        None => return vec![Finding::unexpected()],
    }
    let text = "the token is valid; `account` is a name of your own, which Viber does not know";
    let events = document.list("event_types");
    let is_subscribed = |name: &str| events.iter().any(|event| event.as_str() == Some(name));
    let mut findings = vec![
        Finding::right("token", text),
        Finding::of_webhook(document.text(&["webhook"]), url),
    ];
    findings.extend(Finding::of_subscriptions(is_subscribed, &[], &EVENTS));
    findings
}
