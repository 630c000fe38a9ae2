//! Questions to the Bot API.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use patchbay_adapter::{Credential, Exchange, Response};
use serde_json::Value;

use super::Telegram;

const BOT: &str = "bot";
const WEBHOOK: &str = "webhook";
/// Updates without which no message comes.
const NEEDED: [&str; 1] = ["message"];
/// Further updates that are decoded.
const OTHERS: [&str; 6] = [
    "edited_message",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "my_chat_member",
];
/// Updates that Telegram leaves out unless they are asked for.
const NOT_BY_DEFAULT: [&str; 1] = ["message_reaction"];
/// For how long a failed delivery counts.
const RECENT: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn questions(adapter: &Telegram) -> Vec<Probe> {
    let question = |topic, method: &str| {
        let url = format!("{}/bot{}/{method}", adapter.base, Credential::PLACEHOLDER);
        Probe::get(
            topic,
            url,
            Credential::Path(adapter.bot_token.first().clone()),
        )
    };
    vec![question(BOT, "getMe"), question(WEBHOOK, "getWebhookInfo")]
}

pub(super) fn findings(
    adapter: &Telegram,
    question: &Probe,
    exchange: &Exchange<'_>,
    url: Option<&str>,
) -> Vec<Finding> {
    let (response, document) = match document(exchange) {
        Ok(answer) => answer,
        Err(finding) => return vec![finding],
    };
    let result = document.get("result").unwrap_or(&Value::Null);
    match question.topic {
        BOT => vec![Finding::of_account(
            result.id(&["id"]).as_deref(),
            &adapter.account,
        )],
        _ => webhook(result, response.at, url),
    }
}

fn document<'e, 'a>(exchange: &'e Exchange<'a>) -> Result<(&'e Response<'a>, Value), Finding> {
    let response = probe::answer(exchange)?;
    // The token is a part of the path.
    if matches!(response.status, 401 | 404) {
        return Err(Finding::of_token(&format!("http {}", response.status)));
    }
    let response = probe::success(exchange)?;
    let document = response.json();
    match document.flag(&["ok"]) {
        true => Ok((response, document)),
        false => Err(Finding::unexpected()),
    }
}

fn webhook(info: &Value, now: Timestamp, url: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![Finding::of_webhook(info.text(&["url"]), url)];
    let allowed = info.get("allowed_updates").and_then(Value::as_array);
    let is_allowed = |name: &str| match allowed {
        Some(allowed) => allowed.iter().any(|it| it.as_str() == Some(name)),
        None => !NOT_BY_DEFAULT.contains(&name),
    };
    findings.extend(Finding::of_subscriptions(is_allowed, &NEEDED, &OTHERS));
    findings.extend(delivery_errors(info, now));
    findings
}

/// Whether deliveries failed of late, and wait.
fn delivery_errors(info: &Value, now: Timestamp) -> Option<Finding> {
    let last = info.seconds("last_error_date")?;
    let is_recent = now.duration_since(last) < RECENT;
    let waiting = info.get("pending_update_count").and_then(Value::as_u64);
    let waiting = waiting.unwrap_or_default();
    let code = "deliveries";
    match (is_recent, waiting) {
        (false, _) => None,
        (true, 0) => {
            let text = format!("a delivery failed at {last}, and none waits now");
            Some(Finding::advice(code, text))
        }
        (true, waiting) => {
            let text = format!(
                "deliveries fail, the last at {last}, and {waiting} wait: check that the URL reaches this host and that `secret-token` is the one that was registered"
            );
            Some(Finding::wrong(code, text))
        }
    }
}
