//! A post.

use jiff::Timestamp;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction};
use patchbay_model::channel::Visibility;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Direction};
use patchbay_text::mail::html_to_text;
use serde_json::Value;

use super::{CHANNEL, Discourse};

/// Type of the posts that a person writes to everyone in the topic.
const REGULAR: i64 = 1;
/// Names of the other types.
const OTHER_TYPES: [(i64, &str); 3] =
    [(2, "moderator_action"), (3, "small_action"), (4, "whisper")];

/// The provider's id of a post, as the address of the post has it: `topic:number`.
pub(super) fn provider_id(topic: u64, number: u64) -> String {
    format!("{topic}:{number}")
}

/// What happened to a post.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    New,
    Rewritten,
    Deleted,
}

impl Change {
    /// What a delivery shows. `event` is absent where the delivery was in quarantine.
    fn of(event: Option<&str>, post: &Value) -> Change {
        let is_gone = post.text(&["deleted_at"]).is_some() || post.flag(&["user_deleted"]);
        match event {
            Some("post_destroyed") => Change::Deleted,
            Some("post_recovered") => Change::Rewritten,
            _ if is_gone => Change::Deleted,
            Some("post_created") => Change::New,
            Some("post_edited") => Change::Rewritten,
            _ => match post.get("version").and_then(Value::as_i64) {
                Some(2..) => Change::Rewritten,
                _ => Change::New,
            },
        }
    }
}

/// The item of a post. A post of the company is an echo where it answers one: its other
/// posts belong to no conversation.
pub(super) fn decode(adapter: &Discourse, event: Option<&str>, post: &Value) -> Item {
    let name = event.unwrap_or("post");
    let kind = post.get("post_type").and_then(Value::as_i64);
    let kind = kind.unwrap_or(REGULAR);
    if kind != REGULAR {
        let known = OTHER_TYPES.iter().find(|(code, _)| *code == kind);
        return Item::event(&[name, known.map_or("other", |(_, name)| name)]);
    }
    let user = post.get("user_id").and_then(Value::as_i64);
    if user.is_some_and(|id| id < 0) {
        return Item::event(&[name, "bot"]);
    }
    let (Some(topic), Some(number)) = (number(post, "topic_id"), number(post, "post_number"))
    else {
        return Item::undecodable("post", "has no topic_id or no post_number");
    };
    let post = Post {
        adapter,
        post,
        topic,
        number,
        answered: self::number(post, "reply_to_post_number"),
        is_private: post.text(&["topic_archetype"]) == Some("private_message"),
        change: Change::of(event, post),
    };
    match is_own(adapter, post.post) {
        true if !post.is_echo() => Item::event(&[name, "own"]),
        true => post.into_echo(),
        false => post.into_interaction(),
    }
}

/// Whether the company wrote a post: a user of the settings, or one who runs the forum.
fn is_own(adapter: &Discourse, post: &Value) -> bool {
    let mut roles = ["staff", "admin", "moderator"].iter();
    let username = post.text(&["username"]).map(str::to_lowercase);
    roles.any(|role| post.flag(&[role]))
        || username.is_some_and(|name| adapter.team.contains(&name))
}

/// A regular post of a person.
struct Post<'a> {
    adapter: &'a Discourse,
    post: &'a Value,
    topic: u64,
    number: u64,
    /// Number of the post that it answers.
    answered: Option<u64>,
    is_private: bool,
    change: Change,
}

impl Post<'_> {
    /// Whether a post of the company belongs to a conversation.
    fn is_echo(&self) -> bool {
        self.change != Change::Deleted && (self.is_private || self.answered.is_some())
    }

    /// A post of a customer. `in_reply_to` would join the conversation of the person who is
    /// answered, so that is an attribute.
    fn into_interaction(self) -> Item {
        let mut decoded = self.decoded(self.post, "user_id");
        decoded.kind = match self.change {
            Change::New => InteractionKind::Message,
            Change::Rewritten => InteractionKind::Edit,
            Change::Deleted => InteractionKind::Delete,
        };
        if let Some(parent) = self.answered_id() {
            let attributes = &mut decoded.interaction.attributes;
            attributes.insert("parent".to_owned(), parent.into());
        }
        decoded.into_item("post")
    }

    /// A post of the company. The customer is the author of the answered post, whom most
    /// versions of the forum name without the id.
    fn into_echo(self) -> Item {
        let customer = self.post.get("reply_to_user").unwrap_or(&Value::Null);
        let mut decoded = self.decoded(customer, "id");
        decoded.kind = InteractionKind::Echo;
        decoded.interaction.direction = Direction::Outbound;
        decoded.interaction.in_reply_to = self.answered_id();
        decoded.into_item("post")
    }

    /// The id of the message that it answers.
    fn answered_id(&self) -> Option<String> {
        let id = provider_id(self.topic, self.answered?);
        Some(self.adapter.ids.id(&self.adapter.account, &id))
    }

    /// What it has in common with any post of the same customer, whose id is in this field.
    fn decoded(&self, customer: &Value, id: &str) -> DecodedInteraction {
        let (ids, account) = (&self.adapter.ids, &self.adapter.account);
        let customer_id = number(customer, id).map(|id| id.to_string());
        let provider_id = provider_id(self.topic, self.number);
        let visibility = match self.is_private {
            true => Visibility::Private,
            false => Visibility::Public,
        };
        let id = ids.id(account, &provider_id);
        let mut interaction = blank_interaction(id, CHANNEL, visibility);
        interaction.account = Some(account.clone());
        interaction.received_at = time(self.post, "created_at");
        interaction.author = Author {
            address: customer_id.clone(),
            name: short(customer, "name"),
            ..Author::default()
        };
        let topic = self.topic.to_string();
        interaction.conversation = match (self.is_private, &customer_id) {
            (true, _) => Some(ids.conversation(account, &[&topic])),
            (false, Some(id)) => Some(ids.conversation(account, &[&topic, id])),
            // Two unknown people do not share a conversation.
            (false, None) => None,
        };
        match self.change {
            Change::New => interaction.text = self.text(),
            Change::Rewritten => {
                interaction.text = self.text();
                interaction.edited_at = time(self.post, "updated_at");
            }
            Change::Deleted => {}
        }
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(provider_id.into()));
        for (name, value) in [
            ("username", short(customer, "username")),
            ("subject", short(self.post, "topic_title")),
            ("category", short(self.post, "category_slug")),
            ("post_id", number(self.post, "id").map(|id| id.to_string())),
        ] {
            attributes.set(name, value.map(Value::from));
        }
        attributes.set(
            "trust_level",
            number(customer, "trust_level").map(Value::from),
        );
        // The forum hid it, for flags of other users.
        let is_hidden = self.post.flag(&["hidden"]);
        attributes.set("is_hidden", is_hidden.then_some(true.into()));
        interaction.attributes = attributes.into_map();
        DecodedInteraction {
            kind: InteractionKind::Message,
            interaction,
            second_address: None,
            key: None,
        }
    }

    /// The words, in Markdown. An old forum sends only what it made of them.
    fn text(&self) -> String {
        match (self.post.text(&["raw"]), self.post.text(&["cooked"])) {
            (Some(raw), _) => raw.to_owned(),
            (None, Some(cooked)) => readable(cooked),
            (None, None) => String::new(),
        }
    }
}

/// The text of HTML, without blank lines.
fn readable(html: &str) -> String {
    let text = html_to_text(html);
    let lines = text.text().lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A number of a topic, a post or a user.
pub(super) fn number(value: &Value, name: &str) -> Option<u64> {
    value.get(name)?.as_u64()
}

fn short(value: &Value, name: &str) -> Option<String> {
    value.text(&[name]).map(|it| cut(it, NAME_BYTES).to_owned())
}

fn time(post: &Value, name: &str) -> Option<Timestamp> {
    post.text(&[name])?.parse().ok()
}
