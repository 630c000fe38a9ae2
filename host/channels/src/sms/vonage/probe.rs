//! Questions to Vonage's API.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::Vonage;

const APPLICATIONS: &str = "applications";

/// The applications of the account, which have the URLs of webhooks.
pub(super) fn questions(adapter: &Vonage) -> Vec<Probe> {
    let url = format!("{}/v2/applications?page_size=100", adapter.base);
    vec![Probe::get(APPLICATIONS, url, adapter.credential())]
}

pub(super) fn findings(exchange: &Exchange<'_>, url: Option<&str>) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    let Some(embedded) = document.get("_embedded").filter(|it| it.is_object()) else {
        return vec![Finding::unexpected()];
    };
    let inbound = embedded
        .list("applications")
        .iter()
        .filter_map(|application| {
            let path = [
                "capabilities",
                "messages",
                "webhooks",
                "inbound_url",
                "address",
            ];
            application.text(&path)
        });
    let inbound: Vec<&str> = inbound.collect();
    // An account can have several applications: that of this host counts, else any.
    let ours = inbound.iter().find(|found| Some(**found) == url);
    let found = ours.or(inbound.first()).copied();
    vec![
        Finding::right("token", "the API key and the API secret are valid"),
        Finding::of_webhook(found, url),
    ]
}

/// What is not asked about.
pub(super) fn unprobed() -> Vec<Finding> {
    let text = "the numbers and the default SMS setting are not asked about: each number must be linked to the application of this URL, and the setting must be the Messages API (Vonage Dashboard)";
    vec![Finding::unchecked("account", text)]
}
