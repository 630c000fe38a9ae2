//! The question whether the key can read the reviews of the app.

use patchbay_adapter::Exchange;
use patchbay_adapter::probe::{self, Finding, Probe};
use serde_json::Value;

use super::AppStore;

pub(super) fn question(adapter: &AppStore) -> Probe {
    Probe::get("reviews", adapter.reviews("limit=1"), adapter.credential())
}

pub(super) fn finding(adapter: &AppStore, exchange: &Exchange<'_>) -> Finding {
    let response = match probe::answer(exchange) {
        Ok(response) => response,
        Err(finding) => return finding,
    };
    let account = &adapter.account;
    match response.status {
        200..=299 => match response.json().get("data").is_some_and(Value::is_array) {
            true => Finding::right(
                "token",
                format!("the key can read the reviews of the app {account}"),
            ),
            false => Finding::unexpected(),
        },
        401 => Finding::wrong(
            "token",
            "the provider does not accept the key (http 401): compare `issuer-id`, `key-id` and the file, and whether the key was revoked",
        ),
        403 => Finding::wrong(
            "token",
            "the key may not read reviews (http 403): it needs the role Customer Support, and the company's agreements must be signed",
        ),
        404 => Finding::wrong(
            "account",
            format!("App Store Connect has no app {account} of this company: correct `account`"),
        ),
        status => Finding::refused(&format!("http {status}")),
    }
}

pub(super) fn unprobed() -> Finding {
    let text = "whether the key may respond is not asked: look at its role in App Store Connect";
    Finding::unchecked("reply", text)
}
