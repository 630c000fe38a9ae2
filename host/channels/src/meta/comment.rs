//! Public comments and posts.

use patchbay_adapter::field::cut;
use patchbay_adapter::{Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction};
use patchbay_model::channel::Visibility;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Direction, Interaction};
use serde_json::Value;

use super::inbox::Account;

/// What a customer, or the company by other means, says in public.
pub(crate) struct Comment<'a> {
    /// The provider's id.
    pub(crate) id: &'a str,
    /// The post or media under which it stands.
    pub(crate) post: Option<&'a str>,
    /// The comment that it answers.
    pub(crate) parent: Option<&'a str>,
    /// The id of its author. The provider leaves it out without a permission.
    pub(crate) author: Option<&'a str>,
    /// The name of its author.
    pub(crate) name: Option<&'a str>,
    /// Whether the company's account wrote it.
    pub(crate) is_own: bool,
}

impl Comment<'_> {
    /// The item, with what `add` adds to it; `event` if the company did something
    /// that is not for a customer's conversation.
    ///
    /// The post and the author are the conversation, so that the people under one
    /// post stay apart. The parent of a customer's comment is an attribute and not
    /// `in_reply_to`: that would join the conversation of the person who is
    /// answered. The company's comment is filed by `in_reply_to`; one under its own
    /// post answers no customer.
    pub(crate) fn into_item(
        self,
        account: Account<'_>,
        kind: InteractionKind,
        place: &str,
        event: Item,
        add: impl FnOnce(&mut Interaction, &mut Attributes),
    ) -> Item {
        let is_wording = matches!(kind, InteractionKind::Message | InteractionKind::Edit);
        if self.is_own && !(is_wording && self.parent.is_some()) {
            return event;
        }
        let ids = &account.inbox.public_ids;
        let parent = self.parent.map(|id| ids.id(account.id, id));
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(self.id.into()));
        let mut interaction = Interaction {
            account: Some(account.id.to_owned()),
            ..blank_interaction(
                ids.id(account.id, self.id),
                account.inbox.product.public,
                Visibility::Public,
            )
        };
        add(&mut interaction, &mut attributes);
        let mut kind = kind;
        if self.is_own {
            kind = InteractionKind::Echo;
            interaction.direction = Direction::Outbound;
            interaction.in_reply_to = parent;
        } else {
            attributes.set("parent", parent.map(Value::from));
            interaction.author = Author {
                address: self.author.map(str::to_owned),
                name: self.name.map(|name| cut(name, NAME_BYTES).to_owned()),
                ..Author::default()
            };
            // Two unknown people do not share a conversation.
            let place = self.post.zip(self.author);
            interaction.conversation =
                place.map(|(post, author)| ids.conversation(account.id, &[post, author]));
        }
        interaction.attributes = attributes.into_map();
        let decoded = DecodedInteraction {
            kind,
            interaction,
            second_address: None,
            key: None,
        };
        decoded.into_item(place)
    }
}
