//! Questions to the API.

use patchbay_adapter::Exchange;
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};

use super::Mastodon;

const ACCOUNT: &str = "account";
const NOTIFICATIONS: &str = "notifications";
const SERVER: &str = "server";

pub(super) fn questions(adapter: &Mastodon) -> Vec<Probe> {
    let question = |topic, target: &str| {
        let url = format!("{}{target}", adapter.base);
        Probe::get(topic, url, adapter.credential())
    };
    vec![
        question(ACCOUNT, "/api/v1/accounts/verify_credentials"),
        question(NOTIFICATIONS, "/api/v1/notifications?limit=1"),
        question(SERVER, "/api/v2/instance"),
    ]
}

pub(super) fn findings(
    adapter: &Mastodon,
    question: &Probe,
    exchange: &Exchange<'_>,
) -> Vec<Finding> {
    let document = match probe::success(exchange) {
        Ok(response) => response.json(),
        Err(finding) => return vec![finding],
    };
    let finding = match question.topic {
        ACCOUNT => {
            let acct = document.text(&["acct"]);
            let acct = acct.map(|acct| match adapter.is_own(acct) {
                true => adapter.account.as_str(),
                false => acct,
            });
            Finding::of_account(acct, &adapter.account)
        }
        NOTIFICATIONS if document.is_array() => {
            Finding::right("notifications", "the token may read notifications")
        }
        NOTIFICATIONS => Finding::unexpected(),
        _ => limit(
            adapter,
            document.id(&["configuration", "statuses", "max_characters"]),
        ),
    };
    vec![finding]
}

fn limit(adapter: &Mastodon, found: Option<std::borrow::Cow<'_, str>>) -> Finding {
    let code = "max-characters";
    let ours = adapter.characters;
    match found.and_then(|found| found.parse::<u32>().ok()) {
        Some(theirs) if theirs == ours => {
            Finding::right(code, format!("the server takes posts of {ours} characters"))
        }
        Some(theirs) if theirs > ours => Finding::advice(
            code,
            format!("the server takes posts of {theirs} characters: set `max-characters`"),
        ),
        Some(theirs) => Finding::wrong(
            code,
            format!(
                "the server takes posts of {theirs} characters only, and refuses longer ones: set `max-characters`"
            ),
        ),
        None => Finding::unchecked(code, "the server does not say how long a post may be"),
    }
}
