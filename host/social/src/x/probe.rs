//! Questions to the API.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use patchbay_adapter::{Credential, Exchange};

use super::X;

const USER: &str = "user";
const WEBHOOKS: &str = "webhooks";

pub(super) fn questions(adapter: &X) -> Vec<Probe> {
    let question =
        |topic, path, credential| Probe::get(topic, format!("{}{path}", adapter.base), credential);
    let mut questions = vec![question(USER, "/2/users/me", adapter.access.clone())];
    if let Some(token) = &adapter.app_token {
        let credential = Credential::Bearer(token.first().clone());
        questions.push(question(WEBHOOKS, "/2/webhooks", credential));
    }
    questions
}

pub(super) fn findings(
    adapter: &X,
    question: &Probe,
    exchange: &Exchange<'_>,
    url: Option<&str>,
) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    if question.topic == USER {
        let user = document.text(&["data", "id"]);
        return vec![Finding::of_account(user, &adapter.account)];
    }
    // An app can have several webhooks: that of this host counts, else any.
    let webhooks = document.list("data");
    let urls = |webhook: &&serde_json::Value| webhook.text(&["url"]) == url;
    let ours = webhooks.iter().find(urls).filter(|_| url.is_some());
    let found = ours.or_else(|| webhooks.first());
    let found = found.and_then(|webhook| webhook.text(&["url"]));
    let mut findings = vec![Finding::of_webhook(found, url)];
    findings.extend(ours.map(|webhook| match webhook.flag(&["valid"]) {
        true => Finding::right("webhook-valid", "X checked the webhook, and it is valid"),
        false => Finding::wrong(
            "webhook-valid",
            "the webhook is not valid, so no events come: validate it by PUT /2/webhooks/:id, then fetch the gap by POST /2/webhooks/replay",
        ),
    }));
    findings
}

/// What is not asked, or cannot be.
pub(super) fn unprobed(adapter: &X) -> Vec<Finding> {
    let mut findings = Vec::new();
    if adapter.app_token.is_none() {
        let text = "the webhook is not asked about: set the secret `app-token`, the app's bearer token, or look at GET /2/webhooks";
        findings.push(Finding::unchecked("webhook-url", text));
    }
    let text = "the subscriptions are not asked about: look at GET /2/activity/subscriptions";
    findings.push(Finding::unchecked("subscriptions", text));
    findings
}
