//! From what a channel delivered to an arrival: what it is, whose it is, and
//! which thread it belongs to.

use patchbay_journal::{ContactId, Kind};
use patchbay_model::input::InputError;
use patchbay_model::interaction::{Direction, Interaction};
use patchbay_model::traceparent::Traceparent;
use serde_json::Value;

/// An interaction as it was delivered, with what happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Message, edit, deletion, reaction or echo.
    pub kind: Kind,
    /// The interaction.
    pub interaction: Interaction,
    /// What its caller traced the delivery as; no part of what is delivered.
    pub traceparent: Option<Traceparent>,
}

impl Delivery {
    /// Read a delivery: an interaction, and beside its fields `kind`
    /// (`message` unless said; what went out is an `echo`).
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn from_outside(mut value: Value) -> Result<Delivery, InputError> {
        let kind = match &mut value {
            Value::Object(fields) => fields.remove("kind"),
            _ => None,
        };
        let interaction = Interaction::from_outside(value)?;
        let usual = match interaction.direction {
            Direction::Inbound => Kind::Message,
            Direction::Outbound => Kind::Echo,
        };
        let kind = match kind {
            None | Some(Value::Null) => usual,
            Some(Value::String(code)) => kind_of(&code).ok_or_else(|| unknown(&code))?,
            Some(other) => return Err(unknown(&other.to_string())),
        };
        if (kind == Kind::Echo) != (interaction.direction == Direction::Outbound) {
            return Err(InputError::Invalid {
                field: "kind".to_owned(),
                problem: format!(
                    "is {:?}, and the direction {:?}; what the company sent is an \"echo\", and only that",
                    kind.as_str(),
                    interaction.direction.as_str()
                ),
            });
        }
        Ok(Delivery {
            kind,
            interaction,
            traceparent: None,
        })
    }

    /// Digest of everything that was delivered: the same delivery again has the
    /// same, whatever the order of its fields.
    pub(crate) fn digest(&self, body: &[u8]) -> [u8; 32] {
        blake3::Hasher::new()
            .update(self.kind.as_str().as_bytes())
            .update(&[0])
            .update(body)
            .finalize()
            .into()
    }

    /// The address the author is known by. Who has none is somebody new with
    /// every message.
    pub(crate) fn address(&self) -> String {
        match &self.interaction.author.address {
            Some(address) => address.clone(),
            None => format!("\u{0}message {}", self.interaction.id),
        }
    }

    /// Key of the thread: the conversation the channel or integrator names,
    /// else everything between one author and one account on a channel. It
    /// holds no address in the clear: the contact's id is a keyed hash of it.
    pub(crate) fn thread(&self, contact: ContactId) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 thread");
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        let account = self.interaction.account.as_deref().unwrap_or_default();
        part(self.interaction.channel.as_bytes());
        part(account.as_bytes());
        match &self.interaction.conversation {
            Some(conversation) => part(conversation.as_bytes()),
            None => part(&contact.0),
        }
        hasher.finalize().as_bytes()[..16].to_vec()
    }
}

fn kind_of(code: &str) -> Option<Kind> {
    [
        Kind::Message,
        Kind::Edit,
        Kind::Delete,
        Kind::Reaction,
        Kind::Echo,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == code)
}

fn unknown(kind: &str) -> InputError {
    InputError::Invalid {
        field: "kind".to_owned(),
        problem: format!("is {kind}; it must be message, edit, delete, reaction or echo"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delivery(value: Value) -> Delivery {
        Delivery::from_outside(value).expect("valid")
    }

    #[test]
    fn an_interaction_is_a_message_unless_it_says_otherwise() {
        let message = json!({"id": "1", "channel": "x", "text": "Hi"});
        assert_eq!(delivery(message.clone()).kind, Kind::Message);
        for (kind, expected) in [
            ("edit", Kind::Edit),
            ("delete", Kind::Delete),
            ("reaction", Kind::Reaction),
        ] {
            let mut value = message.clone();
            value["kind"] = kind.into();
            assert_eq!(delivery(value).kind, expected);
        }
        let sent = json!({"id": "1", "channel": "x", "text": "Hi", "direction": "outbound"});
        assert_eq!(delivery(sent).kind, Kind::Echo);
    }

    #[test]
    fn a_kind_nobody_knows_is_refused_by_name() {
        for kind in [json!("poke"), json!(7), json!("echo")] {
            let value = json!({"id": "1", "channel": "x", "text": "Hi", "kind": kind});
            let error = Delivery::from_outside(value).expect_err("refused");
            assert_eq!(error.field(), Some("kind"), "{error}");
        }
    }

    #[test]
    fn one_author_on_one_account_is_one_thread_unless_a_conversation_is_named() {
        let contact = ContactId([7; 16]);
        let thread = |value: Value| delivery(value).thread(contact);
        let first = thread(json!({"id": "1", "channel": "x", "text": "Hi"}));
        assert_eq!(
            first,
            thread(json!({"id": "2", "channel": "x", "text": "Ho"}))
        );
        for other in [
            json!({"id": "1", "channel": "sms", "text": "Hi"}),
            json!({"id": "1", "channel": "x", "text": "Hi", "account": "@us"}),
            json!({"id": "1", "channel": "x", "text": "Hi", "conversation": "c"}),
        ] {
            assert_ne!(first, thread(other));
        }
        let named = |id: &str| json!({"id": id, "channel": "x", "text": "Hi", "conversation": "c"});
        assert_eq!(
            delivery(named("1")).thread(contact),
            delivery(named("2")).thread(ContactId([8; 16]))
        );
    }
}
