//! The question to the API: whose the token is.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::Zendesk;

pub(super) fn questions(adapter: &Zendesk) -> Vec<Probe> {
    let url = format!("{}/api/v2/users/me", adapter.desk.base);
    vec![Probe::get("user", url, adapter.desk.credential.clone())]
}

/// Without a valid token the answer is a user without a number.
pub(super) fn findings(adapter: &Zendesk, exchange: &Exchange<'_>) -> Vec<Finding> {
    let answer = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    let id = answer.id(&["user", "id"]);
    let is_anonymous = id.is_none() && answer.get("user").is_some();
    if is_anonymous {
        return vec![Finding::of_token("no user")];
    }
    let mut findings = vec![Finding::of_account(id.as_deref(), &adapter.desk.user)];
    if answer.text(&["user", "role"]) == Some("end-user") {
        let text = "the user of the token is an end user: make it an agent";
        findings.push(Finding::wrong("permissions", text));
    }
    findings
}

pub(super) fn unprobed() -> Vec<Finding> {
    let text = "the webhook needs a token of an administrator to be read: look at Admin Center, Apps and integrations, Webhooks";
    vec![Finding::unchecked("webhook-url", text)]
}
