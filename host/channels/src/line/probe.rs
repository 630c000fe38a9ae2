//! Questions to the Messaging API.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use patchbay_adapter::{Credential, Exchange};

use super::Line;

const BOT: &str = "bot";
const WEBHOOK: &str = "webhook";

pub(super) fn questions(adapter: &Line) -> Vec<Probe> {
    let question = |topic, path: &str| {
        let credential = Credential::Bearer(adapter.access_token.first().clone());
        Probe::get(topic, format!("{}{path}", adapter.base), credential)
    };
    vec![
        question(BOT, "/v2/bot/info"),
        question(WEBHOOK, "/v2/bot/channel/webhook/endpoint"),
    ]
}

pub(super) fn findings(
    adapter: &Line,
    question: &Probe,
    exchange: &Exchange<'_>,
    url: Option<&str>,
) -> Vec<Finding> {
    let response = match probe::answer(exchange) {
        Ok(response) => response,
        Err(finding) => return vec![finding],
    };
    // No endpoint is entered.
    if question.topic == WEBHOOK && response.status == 404 {
        return vec![Finding::of_webhook(None, url)];
    }
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    if question.topic == BOT {
        let user = document.text(&["userId"]);
        return vec![Finding::of_account(user, &adapter.account)];
    }
    let webhook = Finding::of_webhook(document.text(&["endpoint"]), url);
    let active = match document.flag(&["active"]) {
        true => Finding::right("webhook-active", "the webhook is in use"),
        false => Finding::wrong(
            "webhook-active",
            "the webhook is switched off: switch on Use webhook under Messaging API",
        ),
    };
    vec![webhook, active]
}
