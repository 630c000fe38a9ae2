//! Questions to Twilio's API.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, MOST_PROBES, Probe};
use patchbay_adapter::{Credential, Exchange};
use serde_json::Value;

use super::{Twilio, is_sid};

const ACCOUNT: &str = "account";
const NUMBER: &str = "number";

pub(super) fn questions(adapter: &Twilio) -> Vec<Probe> {
    let question = |topic, url| {
        let credential = Credential::Basic {
            user: adapter.account_sid.clone(),
            password: adapter.auth_token.first().clone(),
        };
        Probe::get(topic, url, credential)
    };
    let mut questions = vec![question(ACCOUNT, format!("{}.json", adapter.resource))];
    let numbers = adapter.accounts.iter().filter(|it| it.starts_with('+'));
    questions.extend(numbers.take(MOST_PROBES - 1).map(|number| {
        let digits = number.trim_start_matches('+');
        let url = format!(
            "{}/IncomingPhoneNumbers.json?PhoneNumber=%2B{digits}",
            adapter.resource
        );
        question(NUMBER, url).about(number)
    }));
    questions
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
        ACCOUNT => account(adapter, &document),
        _ => vec![number(adapter, &question.account, &document, url)],
    }
}

fn account(adapter: &Twilio, document: &Value) -> Vec<Finding> {
    let mut findings = vec![Finding::of_account(
        document.text(&["sid"]),
        &adapter.account_sid,
    )];
    match document.text(&["status"]) {
        Some("active") | None => {}
        Some(_) => findings.push(Finding::wrong(
            "account",
            "the account is suspended or closed: see the Twilio Console",
        )),
    }
    findings
}

/// Twilio finds numbers by a pattern: only this one counts.
fn number(adapter: &Twilio, number: &str, document: &Value, url: Option<&str>) -> Finding {
    let numbers = document.list("incoming_phone_numbers").iter();
    let mut numbers = numbers.filter(|it| it.text(&["phone_number"]) == Some(number));
    let Some(found) = numbers.next() else {
        let text = format!("the account does not own the number {number} of `accounts`");
        return Finding::wrong("account", text);
    };
    let webhook = Finding::of_webhook(found.text(&["sms_url"]), url);
    let has_service = adapter.accounts.iter().any(|it| is_sid(it, "MG"));
    match has_service && webhook.verdict == probe::Verdict::Wrong {
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
