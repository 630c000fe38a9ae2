//! From a review, as Google Play lists it, to its item.

use patchbay_adapter::document::parse;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, InboundRequest, InteractionKind, Item, blank_interaction,
};
use patchbay_model::channel::Visibility;
use serde_json::{Value, json};

use super::reviews::{last_modified, user_comment};
use super::{CHANNEL, PlayStore};
use crate::polled::name;
use crate::review_poll;

/// Place of a review in its delivery.
const PLACE: &str = "$";
/// Attributes, and where they are in what the customer wrote.
const FIELDS: [(&str, &[&str]); 7] = [
    ("rating", &["starRating"]),
    ("reviewer_language", &["reviewerLanguage"]),
    ("device", &["device"]),
    ("device_name", &["deviceMetadata", "productName"]),
    ("android_version", &["androidOsVersion"]),
    ("app_version", &["appVersionName"]),
    ("app_version_code", &["appVersionCode"]),
];
/// Most bytes of a text among them.
const FIELD_BYTES: usize = 256;
/// Most bytes of the company's reply.
const REPLY_BYTES: usize = 4 << 10;

/// The item of a delivery.
pub(super) fn decode(adapter: &PlayStore, request: &InboundRequest<'_>) -> Item {
    if let Some(problem) = review_poll::problem(request.url) {
        return Item::undecodable(PLACE, problem);
    }
    let review = match parse(request.body) {
        Ok(review) => review,
        Err(problem) => return Item::undecodable(PLACE, problem),
    };
    let Some(id) = review.text(&["reviewId"]) else {
        return Item::undecodable("$.reviewId", "is missing");
    };
    let comment = user_comment(&review).unwrap_or(&Value::Null);
    let text = text(comment);
    if text.is_empty() {
        return Item::event(&["review", "without-text"]);
    }
    let ids = &adapter.ids;
    let message = ids.id(&adapter.account, id);
    let mut interaction = blank_interaction(message, CHANNEL, Visibility::Public);
    interaction.text = text;
    interaction.account = Some(adapter.account.clone());
    interaction.conversation = Some(ids.conversation(&adapter.account, &[id]));
    interaction.received_at = last_modified(comment);
    interaction.author.name = review.text(&["authorName"]).and_then(name);
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(id.into()));
    for (name, path) in FIELDS {
        let value = match comment.at(path) {
            Some(Value::String(text)) if !text.is_empty() => Some(cut(text, FIELD_BYTES).into()),
            Some(Value::Number(number)) => Some(number.clone().into()),
            _ => None,
        };
        attributes.set(name, value);
    }
    attributes.set("company_reply", company_reply(&review));
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item(PLACE)
}

/// What the customer wrote, in their own language. A tab parts a title from the text.
fn text(comment: &Value) -> String {
    let text = comment.text(&["originalText"]).or(comment.text(&["text"]));
    let text = text.unwrap_or_default();
    let (title, text) = text.split_once('\t').unwrap_or(("", text));
    let (title, text) = (title.trim(), text.trim());
    match (title.is_empty(), text.is_empty()) {
        (true, _) => text.to_owned(),
        (false, true) => title.to_owned(),
        (false, false) => format!("{title}\n\n{text}"),
    }
}

/// What the company answered, from wherever.
fn company_reply(review: &Value) -> Option<Value> {
    let mut comments = review.list("comments").iter();
    let reply = comments.find_map(|comment| comment.get("developerComment"))?;
    let text = cut(reply.text(&["text"])?, REPLY_BYTES);
    let at = last_modified(reply).map(|at| at.to_string());
    Some(json!({"text": text, "at": at}))
}
