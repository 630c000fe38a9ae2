//! The question to the API: whose the token is.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::Zammad;

pub(super) fn questions(adapter: &Zammad) -> Vec<Probe> {
    let url = format!("{}/api/v1/users/me", adapter.desk.base);
    vec![Probe::get("user", url, adapter.desk.credential.clone())]
}

pub(super) fn findings(adapter: &Zammad, exchange: &Exchange<'_>) -> Vec<Finding> {
    let user = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    let id = user.id(&["id"]);
    vec![Finding::of_account(id.as_deref(), &adapter.desk.user)]
}

pub(super) fn unprobed() -> Vec<Finding> {
    vec![
        Finding::unchecked(
            "webhook-url",
            "the webhook and its trigger need a token of an administrator to be read: look at Manage, Webhook and Manage, Trigger",
        ),
        Finding::unchecked(
            "permissions",
            "in which groups the user may read and change tickets: look at Manage, Users",
        ),
    ]
}
