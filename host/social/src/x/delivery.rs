//! From the body of a delivery to its items, in both forms.

use patchbay_adapter::Item;
use patchbay_adapter::field::Fields;
use serde_json::Value;

use super::{X, activity, direct_message, status};

/// The event by which a user takes the access of the app back.
pub(super) const REVOKED: &str = "oauth.revoke";

/// The items of a delivery.
pub(super) fn decode(adapter: &X, body: &[u8]) -> Vec<Item> {
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => return vec![Item::undecodable("$", format!("is not JSON: {error}"))],
    };
    if let Some(event) = document.get("data") {
        return activity::decode(adapter, event);
    }
    if let Some(user) = document.text(&["for_user_id"]) {
        return match adapter.account == user {
            true => lists(adapter, &document),
            false => vec![Item::event(&["unknown-account"])],
        };
    }
    if let Some(revoke) = document.at(&["user_event", "revoke"]) {
        return vec![revoked(adapter, revoke.text(&["source", "user_id"]))];
    }
    if document.get("replay_job_status").is_some() {
        return vec![Item::event(&["replay_job_status"])];
    }
    let problem = "is no event of the Activity or Account Activity API";
    vec![Item::undecodable("$", problem)]
}

/// The access of the app was revoked by this user.
pub(super) fn revoked(adapter: &X, user: Option<&str>) -> Item {
    match user == Some(&adapter.account) {
        true => Item::AccessRevoked {
            account: adapter.account.clone(),
        },
        false => Item::event(&["unknown-account"]),
    }
}

/// The lists of a delivery of the Account Activity API.
fn lists(adapter: &X, document: &Value) -> Vec<Item> {
    let fields = document.as_object();
    let lists = fields.into_iter().flatten();
    let lists = lists.filter(|(name, _)| name.ends_with("_events"));
    let mut items = Item::bounded(lists.flat_map(|(name, list)| {
        let items: Box<dyn Iterator<Item = Item>> = match (name.as_str(), list.as_array()) {
            ("tweet_create_events", Some(list)) => each(name, list, |place, status| {
                status::decode(adapter, document, place, status)
            }),
            ("tweet_delete_events", Some(list)) => each(name, list, |place, deletion| {
                status::decode_deletion(adapter, place, deletion)
            }),
            ("direct_message_events", Some(list)) => {
                let users = document.get("users");
                each(name, list, move |place, event| {
                    direct_message::decode(adapter, name, place, event, users)
                })
            }
            _ => Box::new(std::iter::once(Item::event(&[name]))),
        };
        items
    }));
    if items.is_empty() {
        items.push(Item::event(&["other"]));
    }
    items
}

/// The items of a list, each decoded by itself with its place.
fn each<'a>(
    name: &'a str,
    list: &'a [Value],
    decode: impl Fn(&str, &'a Value) -> Item + 'a,
) -> Box<dyn Iterator<Item = Item> + 'a> {
    let items = list.iter().enumerate();
    Box::new(items.map(move |(index, item)| decode(&format!("{name}[{index}]"), item)))
}
