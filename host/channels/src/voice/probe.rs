//! Questions to Twilio's API.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe, Verdict};
use serde_json::Value;

use super::Voice;
use crate::twilio::probe::{self as twilio, ACCOUNT};

/// What takes the calls of a number instead of its URL.
const OTHERS: [&str; 2] = ["voice_application_sid", "trunk_sid"];

pub(super) fn questions(adapter: &Voice) -> Vec<Probe> {
    twilio::questions(&adapter.account, adapter.accounts.iter())
}

pub(super) fn findings(
    adapter: &Voice,
    question: &Probe,
    exchange: &Exchange<'_>,
    url: Option<&str>,
) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    match question.topic {
        ACCOUNT => {
            let mut findings = twilio::account(&adapter.account, &document);
            findings.extend(statuses(adapter, url));
            findings
        }
        _ => number(&question.account, &document, url),
    }
}

/// Whether Twilio is told where to report how far a call came.
fn statuses(adapter: &Voice, url: Option<&str>) -> Option<Finding> {
    let code = "status-callback";
    match (adapter.status_callback.as_deref(), url) {
        (None, _) => Some(Finding::advice(
            code,
            "without `status-callback` no reply is known to have been heard, and none to have failed: set it to the URL of this webhook",
        )),
        (Some(callback), Some(url)) if callback != url => Some(Finding::wrong(
            code,
            "`status-callback` is another URL than that of this webhook: nothing is known of the calls that the host places",
        )),
        (Some(_), _) => None,
    }
}

/// Whether calls of a number come here.
fn number(number: &str, document: &Value, url: Option<&str>) -> Vec<Finding> {
    let found = match twilio::number(number, document) {
        Ok(found) => found,
        Err(finding) => return vec![finding],
    };
    let cannot_speak = found.at(&["capabilities", "voice"]) == Some(&Value::Bool(false));
    if cannot_speak {
        let text = format!("the number {number} takes no calls: its capabilities lack voice");
        return vec![Finding::wrong("account", text)];
    }
    let webhook = Finding::of_webhook(found.text(&["voice_url"]), url);
    let has_other = OTHERS.iter().any(|name| found.text(&[name]).is_some());
    let finding = match has_other && webhook.verdict != Verdict::Unchecked {
        true => Finding::unchecked(
            "webhook-url",
            format!(
                "an application or a trunk takes the calls of the number {number}, whatever its URL is: remove it, or enter the URL of this host there"
            ),
        ),
        false => webhook,
    };
    vec![finding]
}
