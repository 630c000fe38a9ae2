//! The items of a delivery: interactions while they are put together, and states of what
//! Patchbay wrote.

use patchbay_adapter::field::cut;
use patchbay_adapter::{
    Attributes, DecodedInteraction, DeliveryStatus, Failure, InteractionKind, Item,
    blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Direction, Interaction};
use serde_json::Value;

use crate::help_desk::HelpDesk;

/// Most bytes of what a mail quotes, in the attribute `quoted`.
const QUOTED_BYTES: usize = 4_096;

/// Who the customer is.
#[derive(Default)]
pub(crate) struct Customer {
    pub(crate) address: Option<String>,
    /// Another address of the same person.
    pub(crate) second_address: Option<String>,
    pub(crate) name: Option<String>,
}

/// An interaction with its attributes.
pub(crate) struct DeskInteraction {
    pub(crate) interaction: Interaction,
    pub(crate) attributes: Attributes,
    pub(crate) kind: InteractionKind,
    second_address: Option<String>,
}

impl DeskInteraction {
    /// The interaction about a message of a ticket or conversation, without content. Its
    /// author is the customer, also that of an echo.
    pub(crate) fn new(
        desk: &HelpDesk,
        (kind, visibility): (InteractionKind, Visibility),
        (provider_id, thread): (&str, &str),
        customer: Customer,
    ) -> DeskInteraction {
        let id = desk.ids.id(&desk.account, provider_id);
        let mut interaction = blank_interaction(id, desk.channel, visibility);
        interaction.account = Some(desk.account.clone());
        interaction.conversation = Some(thread.to_owned());
        if kind == InteractionKind::Echo {
            interaction.direction = Direction::Outbound;
        }
        interaction.author = Author {
            address: customer.address,
            name: customer.name.map(|name| cut(&name, NAME_BYTES).to_owned()),
            ..Author::default()
        };
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(provider_id.into()));
        DeskInteraction {
            interaction,
            attributes,
            kind,
            second_address: customer.second_address,
        }
    }

    /// The text of a mail, and apart from it what it quotes.
    pub(crate) fn set_mail(&mut self, division: patchbay_text::mail::Division) {
        let (written, history) = (division.written.trim(), division.history.trim());
        if written.is_empty() {
            self.interaction.text = history.to_owned();
            return;
        }
        self.interaction.text = written.to_owned();
        let quoted = cut(history, QUOTED_BYTES);
        let quoted = (!quoted.is_empty()).then(|| quoted.into());
        self.attributes.set("quoted", quoted);
    }

    /// Sets the subject.
    pub(crate) fn set_subject(&mut self, subject: Option<&str>) {
        let words: Vec<&str> = subject.unwrap_or_default().split_whitespace().collect();
        let subject = words.join(" ");
        let subject = cut(&subject, NAME_BYTES);
        let subject = (!subject.is_empty()).then(|| subject.into());
        self.attributes.set("subject", subject);
    }

    /// Sets the labels that are there, if the list is one of texts: what is written back
    /// must keep them.
    pub(crate) fn set_labels(&mut self, labels: Option<&Value>) {
        let labels = labels.and_then(Value::as_array);
        let labels = labels.filter(|labels| labels.iter().all(Value::is_string));
        self.attributes
            .set("labels", labels.cloned().map(Value::Array));
    }

    pub(crate) fn into_item(mut self, place: &str) -> Item {
        self.interaction.attributes = self.attributes.into_map();
        let decoded = DecodedInteraction {
            kind: self.kind,
            interaction: self.interaction,
            second_address: self.second_address,
            key: None,
        };
        decoded.into_item(place)
    }
}

/// The state of a message that Patchbay wrote, by the key that it planted.
pub(crate) fn own_message(
    desk: &HelpDesk,
    provider_id: &str,
    key: &str,
    (state, failure): (DeliveryState, Option<Failure>),
) -> Item {
    Item::Status(DeliveryStatus {
        message: desk.ids.id(&desk.account, provider_id),
        provider_id: provider_id.to_owned(),
        account: desk.account.clone(),
        state,
        at: None,
        key: Some(cut(key, NAME_BYTES).to_owned()),
        failure,
    })
}
