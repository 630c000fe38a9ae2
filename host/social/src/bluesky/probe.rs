//! Questions to the API.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use serde_json::Value;

use super::Bluesky;

const SESSION: &str = "session";
const NOTIFICATIONS: &str = "notifications";

pub(super) fn questions(adapter: &Bluesky) -> Vec<Probe> {
    let question =
        |topic, method: &str| Probe::get(topic, adapter.method(method), adapter.credential());
    vec![
        question(SESSION, "com.atproto.server.getSession"),
        question(
            NOTIFICATIONS,
            "app.bsky.notification.listNotifications?limit=1",
        ),
    ]
}

pub(super) fn findings(
    adapter: &Bluesky,
    question: &Probe,
    exchange: &Exchange<'_>,
) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    if question.topic == NOTIFICATIONS {
        return vec![
            match document.get("notifications").is_some_and(Value::is_array) {
                true => Finding::right("notifications", "the session may read notifications"),
                false => Finding::unexpected(),
            },
        ];
    }
    let mut findings = vec![Finding::of_account(
        document.text(&["did"]),
        &adapter.account,
    )];
    if document.get("active") == Some(&Value::Bool(false)) {
        let text = "the account is not active: it is deactivated, suspended or taken down";
        findings.push(Finding::wrong("account-state", text));
    }
    findings
}
