//! From the body of a delivery to its item.

use patchbay_adapter::{InboundRequest, Item, document};
use serde_json::Value;

use super::{Discourse, post};

/// Header with the name of the event. The signature does not cover it, and the
/// quarantine does not keep it.
const EVENT: &str = "x-discourse-event";

/// The item of a delivery. Its body has the payload under the type of the event.
pub(super) fn decode(adapter: &Discourse, request: &InboundRequest<'_>) -> Item {
    let document: Value = match document::parse(request.body) {
        Ok(document) => document,
        Err(reason) => return Item::undecodable("$", reason),
    };
    let Some(fields) = document.as_object() else {
        return Item::undecodable("$", "is not an object");
    };
    let event = request.headers.only(EVENT).ok().flatten();
    if let Some(post) = fields.get("post") {
        return post::decode(adapter, event, post);
    }
    // Topics, users, tags, solutions. A new topic is its first post too.
    match fields.keys().next() {
        Some(kind) => Item::event(&[event.unwrap_or(kind)]),
        None => Item::undecodable("$", "is empty"),
    }
}
