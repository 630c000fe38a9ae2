//! An interaction while it is put together, and who the customer is.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction};
use patchbay_model::channel::Visibility;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Direction, Interaction};
use serde_json::Value;

use super::{PUBLIC, X};

/// An interaction with its attributes.
pub(super) struct Message {
    pub(super) interaction: Interaction,
    pub(super) attributes: Attributes,
}

impl Message {
    /// The message of a channel with this id of the provider, without content.
    pub(super) fn new(adapter: &X, channel: &'static str, id: &str) -> Message {
        let (ids, visibility) = match channel == PUBLIC {
            true => (&adapter.public_ids, Visibility::Public),
            false => (&adapter.direct_ids, Visibility::Private),
        };
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(id.into()));
        let interaction = Interaction {
            account: Some(adapter.account.clone()),
            ..blank_interaction(ids.id(&adapter.account, id), channel, visibility)
        };
        Message {
            interaction,
            attributes,
        }
    }

    /// Sets the customer by id, and what is known of them in either form. A handle
    /// changes hands, so the id is the address.
    pub(super) fn set_customer(&mut self, id: Option<&str>, user: Option<&Value>) {
        let user = user.unwrap_or(&Value::Null);
        let name = |fields: &[&str]| user.text(fields).map(|name| cut(name, NAME_BYTES));
        let reach = user.id(&["public_metrics", "followers_count"]);
        let reach = reach.or_else(|| user.id(&["followers_count"]));
        let kind = name(&["verified_type"]).filter(|kind| *kind != "none");
        let verified = user.get("verified").and_then(Value::as_bool);
        self.interaction.author = Author {
            address: id.map(str::to_owned),
            name: name(&["name"]).map(str::to_owned),
            reach: reach.and_then(|count| count.parse().ok()),
            verified: verified.map(|is_verified| is_verified || kind.is_some()),
        };
        let username = name(&["username"]).or_else(|| name(&["screen_name"]));
        let attributes = &mut self.attributes;
        attributes.set("username", username.map(Value::from));
        attributes.set("verified_type", kind.map(Value::from));
        // The reply to a protected post is not public.
        let is_protected = user.flag(&["protected"]);
        attributes.set("protected", is_protected.then_some(true.into()));
    }

    /// The item. An echo is outbound.
    pub(super) fn into_item(mut self, kind: InteractionKind, place: &str) -> Item {
        if kind == InteractionKind::Echo {
            self.interaction.direction = Direction::Outbound;
        }
        self.interaction.attributes = self.attributes.into_map();
        let decoded = DecodedInteraction {
            kind,
            interaction: self.interaction,
            second_address: None,
            key: None,
        };
        decoded.into_item(place)
    }
}

/// The user with this id in a list. An item can be wrapped in `data`.
pub(super) fn found_user<'a>(users: &'a [Value], id: &str) -> Option<&'a Value> {
    let mut users = users.iter().map(unwrapped);
    users.find(|user| user.text(&["id"]) == Some(id))
}

/// A user without the `data` around it.
pub(super) fn unwrapped(user: &Value) -> &Value {
    user.get("data").unwrap_or(user)
}
