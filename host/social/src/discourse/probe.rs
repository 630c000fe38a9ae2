//! Questions to the forum.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::{Discourse, outbound};

const USER: &str = "user";

/// Whose the key is. Without the header `Api-Username`, a key of all users is refused.
pub(super) fn questions(adapter: &Discourse) -> Vec<Probe> {
    let url = format!("{}/session/current.json", adapter.base);
    let credential = outbound::credential(adapter.api_key.first());
    vec![Probe::get(USER, url, credential)]
}

pub(super) fn finding(adapter: &Discourse, exchange: &Exchange<'_>) -> Finding {
    let response = match probe::answer(exchange) {
        Ok(response) => response,
        Err(finding) => return finding,
    };
    match response.status {
        200..=299 => {
            let document = response.json();
            let found = document.text(&["current_user", "username"]);
            // The forum compares names without regard to case.
            let is_same = |found: &&str| found.to_lowercase() == adapter.username.to_lowercase();
            let found = found.map(|found| match is_same(&found) {
                true => adapter.username.as_str(),
                false => found,
            });
            Finding::of_account(found, &adapter.username)
        }
        status @ (401 | 403 | 404) => Finding::wrong(
            "token",
            format!(
                "the forum does not accept the key (http {status}): it must be a valid key of the user in `username` alone, with global scope; a granular key may write, but this test cannot use it"
            ),
        ),
        status => Finding::refused(&format!("http {status}")),
    }
}

/// What cannot be asked.
pub(super) fn unprobed() -> Vec<Finding> {
    let text = "the webhook cannot be asked about with the key of a user: its page in Admin, API, Webhooks lists the deliveries and their answers";
    vec![Finding::unchecked("webhook-url", text)]
}
