//! From a review, as App Store Connect lists it, to its item.

use patchbay_adapter::document::parse;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, InboundRequest, InteractionKind, Item, blank_interaction,
};
use patchbay_model::channel::Visibility;
use serde_json::Value;

use super::reviews::created;
use super::{AppStore, CHANNEL};
use crate::polled::name;
use crate::review_poll;

/// Place of a review in its delivery.
const PLACE: &str = "$";
/// Most bytes of a territory.
const TERRITORY_BYTES: usize = 64;

/// The item of a delivery.
pub(super) fn decode(adapter: &AppStore, request: &InboundRequest<'_>) -> Item {
    if let Some(problem) = review_poll::problem(request.url) {
        return Item::undecodable(PLACE, problem);
    }
    let review = match parse(request.body) {
        Ok(review) => review,
        Err(problem) => return Item::undecodable(PLACE, problem),
    };
    let Some(id) = review.text(&["id"]) else {
        return Item::undecodable("$.id", "is missing");
    };
    let text = text(&review);
    if text.is_empty() {
        return Item::event(&["review", "without-text"]);
    }
    let ids = &adapter.ids;
    let message = ids.id(&adapter.account, id);
    let mut interaction = blank_interaction(message, CHANNEL, Visibility::Public);
    interaction.text = text;
    interaction.account = Some(adapter.account.clone());
    interaction.conversation = Some(ids.conversation(&adapter.account, &[id]));
    interaction.received_at = created(&review);
    // People choose it, and can change it: it is no address.
    let nickname = review.text(&["attributes", "reviewerNickname"]);
    interaction.author.name = nickname.and_then(name);
    let rating = review.at(&["attributes", "rating"]);
    let territory = review.text(&["attributes", "territory"]);
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(id.into()));
    attributes.set("rating", rating.filter(|it| it.is_u64()).cloned());
    attributes.set(
        "territory",
        territory.map(|it| cut(it, TERRITORY_BYTES).into()),
    );
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item(PLACE)
}

fn text(review: &Value) -> String {
    let part = |name| {
        review
            .text(&["attributes", name])
            .unwrap_or_default()
            .trim()
    };
    let (title, body) = (part("title"), part("body"));
    match (title.is_empty(), body.is_empty()) {
        (true, _) => body.to_owned(),
        (false, true) => title.to_owned(),
        (false, false) => format!("{title}\n\n{body}"),
    }
}
