//! A delivery: its kind, its author's address, and its thread.

use patchbay_journal::{ContactId, InputKind};
use patchbay_model::address;
use patchbay_model::channel::{self, Visibility};
use patchbay_model::input::{InputError, InputWarning};
use patchbay_model::interaction::{Attachment, Direction, Interaction, ReadInteraction};
use patchbay_model::traceparent::Traceparent;
use serde_json::Value;

/// What a channel delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Message, edit, deletion, reaction or echo.
    pub kind: InputKind,
    /// The interaction.
    pub interaction: Interaction,
    /// The caller's trace context; not part of the content.
    pub traceparent: Option<Traceparent>,
    /// What the caller should look at; not part of the content.
    pub warnings: Vec<InputWarning>,
    /// Whether its sender never rewords a message: other words under a known id are
    /// refused, not an edit.
    pub is_final: bool,
}

impl Delivery {
    /// Parse a delivery: an interaction with an additional field `kind`. The
    /// default is `message`, and `echo` for an outbound one.
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn from_outside(mut value: Value) -> Result<Delivery, InputError> {
        let kind = match &mut value {
            Value::Object(fields) => fields.remove("kind"),
            _ => None,
        };
        let absent: &[&str] = match kind {
            None => &["kind"],
            Some(_) => &[],
        };
        let ReadInteraction {
            interaction,
            warnings,
        } = Interaction::read_outside(value, absent)?;
        let default = match interaction.direction {
            Direction::Inbound => InputKind::Message,
            Direction::Outbound => InputKind::Echo,
        };
        let kind = match kind {
            None | Some(Value::Null) => default,
            Some(Value::String(code)) => kind_of(&code).ok_or_else(|| unknown(&code))?,
            Some(other) => return Err(unknown(&other.to_string())),
        };
        if (kind == InputKind::Echo) != (interaction.direction == Direction::Outbound) {
            return Err(InputError::Invalid {
                field: "kind".to_owned(),
                problem: format!(
                    "is {:?} and the direction {:?}; an outbound interaction must be an \"echo\", an inbound one must not",
                    kind.as_str(),
                    interaction.direction.as_str()
                ),
            });
        }
        Ok(Delivery {
            kind,
            interaction,
            traceparent: None,
            warnings,
            is_final: false,
        })
    }

    /// Digest of kind and body. The same delivery again has the same digest,
    /// whatever the order of its fields.
    pub(crate) fn digest(&self, body: &[u8]) -> [u8; 32] {
        blake3::Hasher::new()
            .update(self.kind.as_str().as_bytes())
            .update(&[0])
            .update(body)
            .finalize()
            .into()
    }

    /// Digest of what was said: the text as a person reads it, and files.
    pub(crate) fn said(&self) -> [u8; 32] {
        let interaction = &self.interaction;
        let files = interaction.attachments.iter();
        let files: Vec<_> = files.map(Attachment::as_said).collect();
        // Plain values: serialization cannot fail.
        let files = serde_json::to_vec(&files).unwrap_or_default();
        let text = interaction.text_as_read();
        blake3::Hasher::new()
            .update(&(text.len() as u64).to_le_bytes())
            .update(text.as_bytes())
            .update(&files)
            .finalize()
            .into()
    }

    /// Digest of everything else but the times, which differ between two
    /// deliveries of one wording.
    pub(crate) fn details(&self) -> [u8; 32] {
        let details = Interaction {
            text: String::new(),
            attachments: Vec::new(),
            received_at: None,
            edited_at: None,
            ..self.interaction.clone()
        };
        let details = serde_json::to_vec(&details).unwrap_or_default();
        blake3::hash(&details).into()
    }

    /// The author's address. An author without one is a new contact with every
    /// message.
    pub(crate) fn address(&self) -> String {
        match &self.interaction.author.address {
            Some(address) => address.clone(),
            None => format!("\u{0}message {}", self.interaction.id),
        }
    }

    /// The message whose thread this one joins. A channel that names the conversation
    /// knows better: what one customer answers to another's comment stays apart. Only a
    /// copy of what the company sent goes to the customer it answers.
    pub(crate) fn parent(&self) -> Option<&str> {
        let interaction = &self.interaction;
        let joins = self.kind == InputKind::Echo || interaction.conversation.is_none();
        interaction.in_reply_to.as_deref().filter(|_| joins)
    }

    /// Whether only the customer of the answered message's conversation joins it: a
    /// private message of anyone else, who may know the id, begins their own.
    pub(crate) fn is_for_participants(&self) -> bool {
        let interaction = &self.interaction;
        let usual = || channel::usual_visibility(&interaction.channel);
        let visibility = interaction.visibility.unwrap_or_else(usual);
        self.kind != InputKind::Echo && visibility == Visibility::Private
    }

    /// Key of the thread: the conversation that the caller names, else all
    /// interactions between one author and one account on a channel. It
    /// contains no address: the contact's id is a keyed hash.
    pub(crate) fn thread(&self, contact: ContactId) -> Vec<u8> {
        let interaction = &self.interaction;
        let account = interaction.account.as_deref().unwrap_or_default();
        match &interaction.conversation {
            Some(conversation) => {
                thread_key(&interaction.channel, account, conversation.as_bytes())
            }
            None => thread_key(&interaction.channel, account, &contact.0),
        }
    }
}

/// Key of a thread between an account and a conversation or a contact.
pub(crate) fn thread_key(channel: &str, account: &str, with: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 thread");
    let account = address::canonical_account(channel, account);
    for part in [channel.as_bytes(), account.as_bytes(), with] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().as_bytes()[..16].to_vec()
}

fn kind_of(code: &str) -> Option<InputKind> {
    [
        InputKind::Message,
        InputKind::Edit,
        InputKind::Delete,
        InputKind::Reaction,
        InputKind::Echo,
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
    fn the_default_kind_is_message_and_echo_for_outbound() {
        let message = json!({"id": "1", "channel": "x", "text": "Hi"});
        assert_eq!(delivery(message.clone()).kind, InputKind::Message);
        for (kind, expected) in [
            ("edit", InputKind::Edit),
            ("delete", InputKind::Delete),
            ("reaction", InputKind::Reaction),
        ] {
            let mut value = message.clone();
            value["kind"] = kind.into();
            assert_eq!(delivery(value).kind, expected);
        }
        let sent = json!({"id": "1", "channel": "x", "text": "Hi", "direction": "outbound"});
        assert_eq!(delivery(sent).kind, InputKind::Echo);
    }

    #[test]
    fn a_name_that_is_nearly_kind_has_a_warning_unless_the_kind_is_given() {
        for name in ["kynd", "Kind", "knid"] {
            let mut value = json!({"id": "1", "channel": "x", "text": "Hi"});
            value[name] = "delete".into();
            let read = delivery(value.clone());
            assert_eq!(read.kind, InputKind::Message);
            let [warning] = &read.warnings[..] else {
                panic!("{name}: {:?}", read.warnings);
            };
            assert!(warning.message.contains("`kind`"), "{}", warning.message);
            value["kind"] = "edit".into();
            assert_eq!(delivery(value).warnings, []);
        }
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_name_of_the_field() {
        for kind in [json!("poke"), json!(7), json!("echo")] {
            let value = json!({"id": "1", "channel": "x", "text": "Hi", "kind": kind});
            let error = Delivery::from_outside(value).expect_err("refused");
            assert_eq!(error.field(), Some("kind"), "{error}");
        }
    }

    #[test]
    fn a_named_conversation_is_not_left_for_that_of_the_message_it_answers() {
        let parent = |value: Value| delivery(value).parent().map(str::to_owned);
        let answer = json!({"id": "2", "channel": "facebook", "text": "Hi", "in_reply_to": "1"});
        assert_eq!(parent(answer.clone()), Some("1".to_owned()));
        let mut named = answer.clone();
        named["conversation"] = json!("post of ben");
        assert_eq!(parent(named.clone()), None);
        named["direction"] = json!("outbound");
        assert_eq!(parent(named), Some("1".to_owned()));
    }

    #[test]
    fn an_author_and_an_account_are_one_thread_unless_the_caller_names_a_conversation() {
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
