//! The question to the API: whose the token is.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::Chatwoot;

pub(super) fn questions(adapter: &Chatwoot) -> Vec<Probe> {
    let url = format!("{}/api/v1/profile", adapter.desk.base);
    vec![Probe::get("user", url, adapter.desk.credential.clone())]
}

pub(super) fn findings(adapter: &Chatwoot, exchange: &Exchange<'_>) -> Vec<Finding> {
    let profile = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    let user = profile.id(&["id"]);
    let mut findings = vec![Finding::of_account(user.as_deref(), &adapter.desk.user)];
    let accounts = profile.list("accounts");
    let is_ours = |id: &str| id == adapter.desk.account;
    let is_in = accounts
        .iter()
        .any(|account| account.id(&["id"]).is_some_and(|id| is_ours(&id)));
    if user.is_some() && !is_in {
        let text = "the user of the token is not in the account that `account` names";
        findings.push(Finding::wrong("account", text));
    }
    findings
}

pub(super) fn unprobed() -> Vec<Finding> {
    vec![
        Finding::unchecked(
            "webhook-url",
            "the webhook needs a token of an administrator to be read: look at Settings, Integrations, Webhooks",
        ),
        Finding::unchecked(
            "labels",
            "whether the labels exist, and in which inboxes the user is: look at Settings, Labels and Settings, Inboxes",
        ),
    ]
}
