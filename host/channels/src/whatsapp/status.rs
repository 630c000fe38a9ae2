//! Statuses of the company's messages.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{DeliveryStatus, Failure, FailureKind, Item, Reason};
use patchbay_model::delivery_state::DeliveryState;
use serde_json::Value;

use super::delivery::Change;
use super::error_code::CODES;

/// Most bytes of the provider's id, and of a key.
const ID_BYTES: usize = 1_024;

/// One item of `statuses`. Prices and categories are not read: their names grow.
pub(super) fn decode(change: &Change<'_>, place: &str, status: &Value) -> Item {
    let Some(code) = status.text(&["status"]) else {
        return Item::undecodable(&format!("{place}.status"), "is missing");
    };
    let Some(state) = DeliveryState::from_code(code) else {
        return Item::event(&["statuses", code]);
    };
    let Some(id) = status.text(&["id"]).filter(|id| id.len() <= ID_BYTES) else {
        return Item::undecodable(&format!("{place}.id"), "is missing or too long");
    };
    let key = status.text(&["biz_opaque_callback_data"]);
    let failure = (state == DeliveryState::Failed).then(|| failure(status));
    Item::Status(DeliveryStatus {
        message: change.adapter.ids.id(change.account, id),
        provider_id: id.to_owned(),
        account: change.account.to_owned(),
        state,
        at: status.seconds("timestamp"),
        key: key.filter(|key| key.len() <= ID_BYTES).map(str::to_owned),
        failure,
    })
}

/// Why it failed, by the first error with a code. A message that failed without a
/// known code is not sent again by itself.
fn failure(status: &Value) -> Failure {
    let errors = status.list("errors").iter();
    let mut codes = errors.filter_map(|error| error.get("code")?.as_i64());
    match codes.next() {
        Some(code) => Failure {
            kind: CODES.kind(code, None).unwrap_or(FailureKind::Refused),
            reason: Reason::code(code),
        },
        None => Failure {
            kind: FailureKind::Refused,
            reason: Reason::words("no code"),
        },
    }
}
