//! Questions to the Graph API.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{self, Finding, Probe};
use patchbay_adapter::{Credential, Exchange, FailureKind, Response};
use serde_json::Value;

use super::App;
use super::error_code::ErrorCodes;

/// GET of a path below the version of the API.
pub(crate) fn get(app: &App, topic: &'static str, path: &str) -> Probe {
    let credential = Credential::Bearer(app.access_token.first().clone());
    Probe::get(topic, app.path(path), credential)
}

/// The document of an answer.
///
/// # Errors
/// What an error shows.
pub(crate) fn document(exchange: &Exchange<'_>, codes: &ErrorCodes) -> Result<Value, Finding> {
    let response = probe::answer(exchange)?;
    let document = response.json();
    match document.at(&["error", "code"]).and_then(Value::as_i64) {
        Some(code) => Err(of_error(code, &document, codes)),
        None => of_status(response, document),
    }
}

fn of_error(code: i64, document: &Value, codes: &ErrorCodes) -> Finding {
    let subcode = document.at(&["error", "error_subcode"]);
    let subcode = subcode.and_then(Value::as_i64);
    let reason = match subcode {
        Some(subcode) => format!("{code}/{subcode}"),
        None => code.to_string(),
    };
    match codes.kind(code, subcode) {
        Some(FailureKind::Retry) => Finding::busy(),
        Some(FailureKind::ChannelBroken) => Finding::wrong(
            "token",
            format!(
                "Meta does not accept the token, or it lacks a permission ({reason}): renew it with the permissions of the channel"
            ),
        ),
        _ => Finding::wrong(
            "account",
            format!(
                "the token cannot read the account ({reason}): check the id in `accounts` and the permissions of the token"
            ),
        ),
    }
}

fn of_status(response: &Response<'_>, document: Value) -> Result<Value, Finding> {
    match response.status {
        200..=299 => Ok(document),
        status @ (401 | 403) => Err(Finding::of_token(&format!("http {status}"))),
        status => Err(Finding::refused(&format!("http {status}"))),
    }
}

/// What the list of subscribed apps shows: that of the app with the most fields, since
/// the token does not name its own.
pub(crate) fn subscriptions(document: &Value, needed: &[&str], others: &[&str]) -> Vec<Finding> {
    let apps = document.list("data").iter();
    let fields = apps.map(|app| {
        let fields = app.list("subscribed_fields").iter();
        // Of WhatsApp's form, an object with a name.
        let fields = fields.filter_map(|field| field.as_str().or_else(|| field.text(&["name"])));
        fields.collect::<Vec<_>>()
    });
    let fields = fields.max_by_key(Vec::len).unwrap_or_default();
    Finding::of_subscriptions(|name| fields.contains(&name), needed, others)
}
