//! What the answers of a help desk's API mean.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Exchange, Failure, FailureKind, OutboundRequest, Outcome, Reason, Receipt, Response,
};
use serde_json::Value;

use crate::decision_writes;

/// What the result of sending a reply means. `id` finds the provider's id of the message in
/// an answer. No help desk has an idempotency key: what may have been written is not written
/// again.
pub(crate) fn of_reply(exchange: &Exchange<'_>, id: impl Fn(&Value) -> Option<String>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let is_success = matches!(response.status, 200..=299);
    match id(&response.json()).filter(|_| is_success) {
        Some(provider_id) => Outcome::Accepted(Receipt {
            provider_id,
            recipient: None,
        }),
        None => failure(response, FailureKind::Uncertain),
    }
}

/// What the result of a request of a decision means. States are set again after a loss, a
/// note is not added again.
pub(crate) fn of_decision(request: &OutboundRequest, exchange: &Exchange<'_>) -> Outcome {
    let lost = match decision_writes::is_note(request) {
        true => FailureKind::Uncertain,
        false => FailureKind::Retry,
    };
    let response = match exchange.answer(lost) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    match response.status {
        200..=299 => {
            let id = response.json().id(&["id"]).map(|id| id.into_owned());
            Outcome::Accepted(Receipt {
                provider_id: id.unwrap_or_default(),
                recipient: None,
            })
        }
        _ => failure(response, lost),
    }
}

/// What a status means that is no success. A user of the help desk can lack rights for one
/// group of tickets (403), a ticket can be gone (404), and two writes can meet (409): then
/// nothing was written.
fn failure(response: &Response<'_>, lost: FailureKind) -> Outcome {
    let after = response.retry_after();
    let kind = match response.status {
        403 => FailureKind::Refused,
        404 | 410 => FailureKind::RecipientUnreachable,
        409 => FailureKind::Retry,
        // The help desk or its proxy is closed for a while and says so.
        503 if after.is_some() => FailureKind::Retry,
        status => FailureKind::of_status(status, lost),
    };
    let reason = Reason::status(response.status);
    Outcome::failed(Failure { kind, reason }, after)
}
