//! Questions to Twilio's API.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe, Verdict};
use serde_json::Value;

use super::{Twilio, is_sid};
use crate::twilio::probe::{self as twilio, ACCOUNT};

pub(super) fn questions(adapter: &Twilio) -> Vec<Probe> {
    let numbers = adapter.accounts.iter().filter(|it| it.starts_with('+'));
    twilio::questions(&adapter.account, numbers)
}

pub(super) fn findings(
    adapter: &Twilio,
    question: &Probe,
    exchange: &Exchange<'_>,
    url: Option<&str>,
) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    match question.topic {
        ACCOUNT => twilio::account(&adapter.account, &document),
        _ => vec![number(adapter, &question.account, &document, url)],
    }
}

fn number(adapter: &Twilio, number: &str, document: &Value, url: Option<&str>) -> Finding {
    let found = match twilio::number(number, document) {
        Ok(found) => found,
        Err(finding) => return finding,
    };
    let webhook = Finding::of_webhook(found.text(&["sms_url"]), url);
    let has_service = adapter.accounts.iter().any(|it| is_sid(it, "MG"));
    match has_service && webhook.verdict == Verdict::Wrong {
        true => Finding::unchecked(
            "webhook-url",
            format!(
                "the number {number} has no or another URL: its messaging service must have that of this host"
            ),
        ),
        false => webhook,
    }
}

/// What is not asked about.
pub(super) fn unprobed(adapter: &Twilio) -> Vec<Finding> {
    let others = adapter.accounts.iter().filter(|it| !it.starts_with('+'));
    match others.count() {
        0 => Vec::new(),
        _ => {
            let text = "short codes and messaging services are not asked about: compare their URL in the Twilio Console";
            vec![Finding::unchecked("webhook-url", text)]
        }
    }
}
