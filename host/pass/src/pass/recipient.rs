//! Where a reply goes: to the customer of the conversation, never to the author
//! of what the company sent.

use std::sync::Arc;

use patchbay_journal::{ContactId, Ordinal};
use patchbay_model::interaction::{Direction, Interaction};
use patchbay_records::conversation_reader;

use super::unit_of_work::UnitOfWork;
use super::{Pass, PassError};
use crate::agent_action::ActionError;

/// The customer whom a reply goes to.
pub(super) struct Recipient {
    /// Contact whose key seals the reply.
    pub(super) contact: ContactId,
    /// What the customer wrote from the address that the reply goes to.
    pub(super) source: Arc<Interaction>,
    /// Id of the message that the reply answers; absent where none is left.
    pub(super) in_reply_to: Option<String>,
}

/// Find the author of the newest message. Where the company or a program wrote
/// everything that is left, find the conversation's customer, as long as an
/// automatic or a deleted message tells the address.
pub(super) fn find(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
) -> Result<Result<Recipient, ActionError>, PassError> {
    let customer = unit.contact();
    if let Some(latest) = unit.latest_message()
        && let Some(contact) = latest.contact.or(customer)
    {
        return Ok(Ok(Recipient {
            contact,
            in_reply_to: Some(latest.interaction.id.clone()),
            source: latest.interaction,
        }));
    }
    let Some(contact) = customer else {
        return Ok(Err(ActionError::AddressUnknown));
    };
    let source = match find_automatic(unit, contact) {
        Some(source) => Some(source),
        None => open_deleted(pass, unit)?,
    };
    let source = source.filter(|source| source.author.address.is_some());
    Ok(source
        .ok_or(ActionError::AddressUnknown)
        .map(|source| Recipient {
            contact,
            source,
            in_reply_to: None,
        }))
}

/// What a program wrote for the customer, such as an out-of-office reply.
fn find_automatic(unit: &UnitOfWork, customer: ContactId) -> Option<Arc<Interaction>> {
    let mut texts = unit.conversation.texts.iter();
    let found = texts.find(|text| {
        let is_inbound = text.interaction.direction == Direction::Inbound;
        is_inbound && text.contact == Some(customer) && text.interaction.author.address.is_some()
    });
    found.map(|text| Arc::clone(&text.interaction))
}

/// The message that the customer deleted last.
fn open_deleted(pass: &Pass<'_>, unit: &UnitOfWork) -> Result<Option<Arc<Interaction>>, PassError> {
    let Some(deleted) = unit.snapshot().deleted else {
        return Ok(None);
    };
    let inputs = pass.journal.inputs(pass.company, &[Ordinal(deleted)])?;
    let Some(input) = inputs.first() else {
        return Ok(None);
    };
    let opened = conversation_reader::open_input(pass.journal, input)?;
    Ok(opened.map(Arc::new))
}
