//! Messages: of customers, of agents and other programs, and of Patchbay.

use jiff::Timestamp;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{Failure, FailureKind, InteractionKind, Item, Reason};
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input::NAME_BYTES;
use patchbay_text::mail;
use serde_json::Value;

use super::outbound::KEY_ATTRIBUTE;
use super::{Chatwoot, contact, media};
use crate::desk_item::{Customer, DeskInteraction, own_message};
use crate::help_desk::number;
use crate::network;

/// Who sent a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Customer,
    Company,
    /// Texts of the system: activities, templates.
    System,
}

/// The item of a message that was created or updated.
pub(super) fn decode(adapter: &Chatwoot, message: &Value, event: &str) -> Item {
    let side = match message.id(&["message_type"]).as_deref() {
        Some("incoming" | "0") => Side::Customer,
        Some("outgoing" | "1") => Side::Company,
        Some(_) => Side::System,
        None => return Item::undecodable("message_type", "is missing"),
    };
    if side == Side::System {
        return Item::event(&[event, "system"]);
    }
    let Some(id) = message.id(&["id"]).filter(|id| number(id).is_some()) else {
        return Item::undecodable("id", "is missing or no number");
    };
    // A customer can choose content attributes too.
    let key = message.text(&["content_attributes", KEY_ATTRIBUTE]);
    let key = key.filter(|_| side == Side::Company);
    // A note never reaches the customer.
    if message.flag(&["private"]) {
        return Item::event(&[event, "private"]);
    }
    if let Some(key) = key {
        return own_message(&adapter.desk, &id, key, state(message, &id));
    }
    let conversation = message.id(&["conversation", "id"]);
    let Some(thread) = conversation.filter(|id| number(id).is_some()) else {
        return Item::undecodable("conversation.id", "is missing or no number");
    };
    let found = Found {
        adapter,
        message,
        conversation: &message["conversation"],
        id: &id,
        thread: &thread,
    };
    match (side, event) {
        (Side::Customer, "message_updated") if is_deleted(message) => found.deletion(),
        (Side::Customer, "message_updated") => found.item(InteractionKind::Edit),
        (Side::Customer, _) => found.item(InteractionKind::Message),
        _ if found.is_ours() => Item::event(&[event, "own"]),
        (_, "message_updated") => Item::event(&[event, "outgoing"]),
        _ => found.item(InteractionKind::Echo),
    }
}

/// A message with the ids that it needs.
struct Found<'a> {
    adapter: &'a Chatwoot,
    message: &'a Value,
    conversation: &'a Value,
    id: &'a str,
    thread: &'a str,
}

impl Found<'_> {
    /// Whether the user of the token wrote it. Users, bots and contacts are numbered apart.
    fn is_ours(&self) -> bool {
        let sender = self.message.id(&["sender", "id"]);
        let kind = self.message.text(&["sender", "type"]);
        kind.is_none_or(|kind| kind == "user")
            && sender.is_some_and(|sender| sender == self.adapter.desk.user)
    }

    /// Whether a program wrote it: a bot, a rule, a campaign, the customer's mail program.
    fn is_automatic(&self, kind: InteractionKind) -> bool {
        if kind != InteractionKind::Echo {
            return self
                .message
                .flag(&["content_attributes", "email", "auto_reply"]);
        }
        let attribute = |path: &[&str]| self.message.id(path).is_some();
        self.message.text(&["sender", "type"]) == Some("agent_bot")
            || attribute(&["content_attributes", "automation_rule_id"])
            || attribute(&["additional_attributes", "campaign_id"])
    }

    fn customer(&self, kind: InteractionKind) -> Customer {
        let of_conversation = self.conversation.at(&["meta", "sender"]);
        let contact = match kind {
            InteractionKind::Echo => of_conversation,
            _ => self.message.get("sender").filter(|it| it.is_object()),
        };
        contact::customer(contact.or(of_conversation))
    }

    fn interaction(&self, kind: InteractionKind) -> DeskInteraction {
        let network = contact::network(self.conversation);
        let visibility = network::visibility(network.as_deref());
        let mut found = DeskInteraction::new(
            &self.adapter.desk,
            (kind, visibility),
            (self.id, self.thread),
            self.customer(kind),
        );
        found.attributes.set("network", network.map(Value::from));
        found
    }

    fn item(&self, kind: InteractionKind) -> Item {
        let mut found = self.interaction(kind);
        let interaction = &mut found.interaction;
        interaction.received_at = time(self.message.get("created_at"));
        interaction.attachments =
            media::of_message(self.adapter, self.message, (self.thread, self.id));
        interaction.automatic = self.is_automatic(kind);
        if kind == InteractionKind::Edit {
            interaction.edited_at = time(self.stored().and_then(|it| it.get("updated_at")));
        }
        let answered = self.message.id(&["content_attributes", "in_reply_to"]);
        let answered = answered.filter(|id| number(id).is_some());
        let ids = &self.adapter.desk.ids;
        let account = &self.adapter.desk.account;
        interaction.in_reply_to = answered.map(|id| ids.id(account, &id));
        let text = self.message.text(&["content"]).unwrap_or_default();
        let is_mail = self.conversation.text(&["channel"]) == Some("Channel::Email");
        match is_mail && kind != InteractionKind::Echo {
            true => found.set_mail(mail::divide(text)),
            false => interaction.text = text.to_owned(),
        }
        let subjects = [
            self.message
                .text(&["content_attributes", "email", "subject"]),
            self.conversation
                .text(&["additional_attributes", "mail_subject"]),
        ];
        found.set_subject(subjects.into_iter().flatten().next());
        found.set_labels(self.conversation.get("labels"));
        let inbox = self.message.id(&["inbox", "id"]);
        let inbox = inbox.map(|id| cut(&id, NAME_BYTES).into());
        found.attributes.set("inbox", inbox);
        let language = &["additional_attributes", "browser_language"];
        let language = self.conversation.text(language);
        let language = language.map(|it| cut(it, NAME_BYTES).into());
        found.attributes.set("browser_language", language);
        found.into_item("$")
    }

    fn deletion(&self) -> Item {
        let mut found = self.interaction(InteractionKind::Delete);
        found.interaction.received_at = time(self.stored().and_then(|it| it.get("updated_at")));
        found.into_item("$")
    }

    /// The message as the conversation repeats it, with more fields.
    fn stored(&self) -> Option<&Value> {
        stored(self.message, self.id)
    }
}

fn stored<'m>(message: &'m Value, id: &str) -> Option<&'m Value> {
    let mut messages = message["conversation"].list("messages").iter();
    messages.find(|stored| stored.id(&["id"]).is_some_and(|found| found == id))
}

/// A message that an agent removed has a place holder as text.
fn is_deleted(message: &Value) -> bool {
    message.flag(&["content_attributes", "deleted"])
}

/// How far a message of Patchbay came.
fn state(message: &Value, id: &str) -> (DeliveryState, Option<Failure>) {
    let status = stored(message, id).and_then(|it| it.text(&["status"]));
    match status.or_else(|| message.text(&["status"])) {
        Some("failed") => {
            let failure = Failure {
                kind: FailureKind::Refused,
                reason: Reason::words("failed at the network"),
            };
            (DeliveryState::Failed, Some(failure))
        }
        Some("delivered") => (DeliveryState::Delivered, None),
        Some("read") => (DeliveryState::Read, None),
        _ => (DeliveryState::Sent, None),
    }
}

/// A time as one of Chatwoot's versions writes it: RFC 3339, `2020-03-03 13:05:57 UTC`, or
/// seconds.
fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::String(text) => match text.strip_suffix(" UTC") {
            Some(text) => format!("{text}Z").parse().ok(),
            None => text.parse().ok(),
        },
        Value::Number(number) => Timestamp::from_second(number.as_i64()?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_of_any_version_is_read() {
        for (value, expected) in [
            (
                json!("2026-01-02T03:04:05.678Z"),
                Some("2026-01-02T03:04:05.678Z"),
            ),
            (
                json!("2026-01-02 03:04:05 UTC"),
                Some("2026-01-02T03:04:05Z"),
            ),
            (json!(1_767_323_045), Some("2026-01-02T03:04:05Z")),
            (json!(1.5), None),
            (json!(i64::MAX), None),
            (json!("soon"), None),
            (json!(" UTC"), None),
            (json!(null), None),
        ] {
            let found = time(Some(&value)).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{value}");
        }
    }
}
