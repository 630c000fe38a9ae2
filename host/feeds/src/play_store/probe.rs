//! The question whether the service account can read the reviews of the app.

use patchbay_adapter::Exchange;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::{PlayStore, error_code};

pub(super) fn question(adapter: &PlayStore) -> Probe {
    Probe::get(
        "reviews",
        adapter.url("?maxResults=1"),
        adapter.credential(),
    )
}

pub(super) fn finding(adapter: &PlayStore, exchange: &Exchange<'_>) -> Finding {
    let response = match probe::answer(exchange) {
        Ok(response) => response,
        Err(finding) => return finding,
    };
    let account = &adapter.account;
    match response.status {
        200..=299 => {
            let document = response.json();
            match document.is_object() && document.get("error").is_none() {
                true => Finding::right(
                    "token",
                    format!("the service account can read the reviews of {account}"),
                ),
                false => Finding::unexpected(),
            }
        }
        403 if error_code::is_rate(response) => Finding::busy(),
        401 | 403 => Finding::wrong(
            "token",
            format!(
                "the service account may not read the reviews of {account} (http {}): invite it in the Play Console",
                response.status
            ),
        ),
        404 => Finding::wrong(
            "account",
            format!("Google Play has no app {account} of this developer: correct `account`"),
        ),
        status => Finding::refused(&format!("http {status}")),
    }
}

pub(super) fn unprobed() -> Finding {
    let text = "whether the service account may reply is not asked: look at its rights in the Play Console";
    Finding::unchecked("reply", text)
}
