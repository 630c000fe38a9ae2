//! Questions to the Cloud API: whether the token can use each number, and where its
//! deliveries go.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{Finding, MOST_PROBES, Probe};
use serde_json::Value;

use super::{CODES, WhatsApp};
use crate::meta::probe;

/// Places of the URL in `webhook_configuration`: the first that is there receives the
/// number's deliveries (assumption).
const PLACES: [&str; 3] = ["phone_number", "whatsapp_business_account", "application"];

pub(super) fn questions(adapter: &WhatsApp) -> Vec<Probe> {
    let accounts = adapter.app.account_ids().take(MOST_PROBES);
    let questions = accounts.map(|id| {
        let path = format!("{id}?fields=id,webhook_configuration");
        probe::get(&adapter.app, "number", &path).about(id)
    });
    questions.collect()
}

pub(super) fn findings(
    question: &Probe,
    exchange: &Exchange<'_>,
    url: Option<&str>,
) -> Vec<Finding> {
    let document = match probe::document(exchange, &CODES) {
        Ok(document) => document,
        Err(finding) => return vec![finding],
    };
    let account = Finding::of_account(document.text(&["id"]), &question.account);
    vec![account, webhook(&document, url)]
}

fn webhook(document: &Value, url: Option<&str>) -> Finding {
    let Some(configuration) = document.get("webhook_configuration") else {
        let text = "Meta does not say where the deliveries go: compare the callback URL under WhatsApp, Configuration";
        return Finding::unchecked("webhook-url", text);
    };
    let mut found = PLACES
        .iter()
        .filter_map(|place| configuration.text(&[place]));
    Finding::of_webhook(found.next(), url)
}

/// What the token of a number cannot ask.
pub(super) fn unprobed() -> Vec<Finding> {
    let text = "the subscribed fields belong to the app, whose token the host does not have: look under WhatsApp, Configuration";
    vec![Finding::unchecked("subscriptions", text)]
}
