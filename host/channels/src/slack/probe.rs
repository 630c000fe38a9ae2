//! Questions to the Web API.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use patchbay_adapter::{Credential, Exchange, FailureKind};

use super::{Slack, error_code};

/// Scopes without which no message comes or goes.
const NEEDED: [&str; 1] = ["chat:write"];
/// Further scopes that the adapter uses.
const OTHERS: [&str; 7] = [
    "channels:history",
    "groups:history",
    "im:history",
    "mpim:history",
    "reactions:read",
    "files:read",
    "metadata.message:read",
];

pub(super) fn questions(adapter: &Slack) -> Vec<Probe> {
    let credential = Credential::Bearer(adapter.bot_token.first().clone());
    let url = format!("{}/auth.test", adapter.base);
    vec![Probe::post("bot", url, credential)]
}

pub(super) fn findings(adapter: &Slack, exchange: &Exchange<'_>) -> Vec<Finding> {
    let response = match probe::success(exchange) {
        Ok(response) => response,
        Err(finding) => return vec![finding],
    };
    let document = response.json();
    if !document.flag(&["ok"]) {
        let error = document.text(&["error"]).and_then(error_code::find);
        return vec![match error {
            Some((_, FailureKind::Retry)) => Finding::busy(),
            Some((name, FailureKind::ChannelBroken)) => Finding::of_token(name),
            _ => Finding::unexpected(),
        }];
    }
    let mut findings = vec![Finding::of_account(
        document.text(&["team_id"]),
        &adapter.account,
    )];
    let names = [
        ("user_id", "bot-user", &adapter.bot_user),
        ("app_id", "app", &adapter.app),
    ];
    for (field, setting, known) in names {
        match document.text(&[field]) {
            Some(found) if found != known => findings.push(Finding::wrong(
                "account",
                format!("the token belongs to another bot or app than `{setting}` says: its own messages would count as a customer's"),
            )),
            _ => {}
        }
    }
    if let Ok(Some(scopes)) = response.headers.only("x-oauth-scopes") {
        let scopes: Vec<&str> = scopes.split(',').map(str::trim).collect();
        findings.extend(of_scopes(&scopes));
    }
    findings
}

fn of_scopes(scopes: &[&str]) -> Vec<Finding> {
    let code = "scopes";
    let missing = |names: &[&str]| {
        let names = names.iter().filter(|name| !scopes.contains(name));
        names.copied().collect::<Vec<_>>().join(", ")
    };
    let (needed, others) = (missing(&NEEDED), missing(&OTHERS));
    let advice = "add them to the app and install it again";
    if !needed.is_empty() {
        return vec![Finding::wrong(
            code,
            format!("the token lacks scopes that replies need: {needed}; {advice}"),
        )];
    }
    vec![match others.is_empty() {
        true => Finding::right(code, "the token has every scope"),
        false => Finding::advice(code, format!("the token lacks scopes: {others}; {advice}")),
    }]
}

/// What a bot's token cannot ask.
pub(super) fn unprobed() -> Vec<Finding> {
    let text = "Slack does not tell a bot the request URL and the subscribed events: look under Event subscriptions of the app";
    vec![Finding::unchecked("webhook-url", text)]
}
