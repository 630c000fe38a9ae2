//! Payloads of outbox items, and the bytes they stand for.

use patchbay_journal::{
    CompanyId, ContactId, ConversationId, Entry, Journal, JournalError, OutboxItem, Purpose,
    SealError,
};
use serde_json::Value;

/// Payload of an outbox item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The bytes, without personal data.
    Plain(Vec<u8>),
    /// The bytes, sealed under a contact's key.
    Sealed(ContactId, Vec<u8>),
    /// The sealed bytes of a history entry, by its number.
    Entry(ConversationId, u64),
}

const PLAIN: u8 = 0;
const SEALED: u8 = 1;
const ENTRY: u8 = 2;

impl Payload {
    /// A document, sealed if it concerns a contact. For an erased contact the
    /// payload is empty and cannot be opened.
    pub fn seal(
        journal: &dyn Journal,
        company: CompanyId,
        contact: Option<ContactId>,
        document: &Value,
    ) -> Payload {
        let text = document.to_string().into_bytes();
        let Some(contact) = contact else {
            return Payload::Plain(text);
        };
        let sealed = journal.seal(company, contact, Purpose::Outbox, &text);
        Payload::Sealed(contact, sealed.unwrap_or_default())
    }

    /// The stored form: a tag byte and the payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Payload::Plain(bytes) => [&[PLAIN], &bytes[..]].concat(),
            Payload::Sealed(contact, sealed) => [&[SEALED], &contact.0[..], &sealed[..]].concat(),
            Payload::Entry(conversation, entry) => {
                [&[ENTRY], &conversation.0[..], &entry.to_le_bytes()[..]].concat()
            }
        }
    }

    /// Parses the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Payload> {
        let (tag, rest) = bytes.split_first()?;
        match *tag {
            PLAIN => Some(Payload::Plain(rest.to_vec())),
            SEALED => {
                let (contact, sealed) = rest.split_first_chunk::<16>()?;
                Some(Payload::Sealed(ContactId(*contact), sealed.to_vec()))
            }
            ENTRY => {
                let (conversation, entry) = rest.split_first_chunk::<16>()?;
                let entry = u64::from_le_bytes(entry.try_into().ok()?);
                Some(Payload::Entry(ConversationId(*conversation), entry))
            }
            _ => None,
        }
    }
}

/// A due outbox item, ready to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Name of the company.
    pub company: String,
    /// Idempotency key, unique within the company.
    pub key: String,
    /// Name of the configured target.
    pub target: String,
    /// Items of one lane are delivered in order.
    pub lane: Option<String>,
    /// The bytes, equal at each attempt; or why they no longer exist.
    pub body: Result<Vec<u8>, String>,
    /// Number of failed attempts.
    pub attempts: u32,
    /// Whether its author may take it back until its first attempt begins.
    pub can_take_back: bool,
}

/// The bytes of an item, or why they no longer exist.
pub fn item_body(
    journal: &dyn Journal,
    item: &OutboxItem,
) -> Result<Result<Vec<u8>, String>, JournalError> {
    match Payload::from_bytes(&item.payload) {
        None => Ok(Err("the stored payload is not valid".to_owned())),
        Some(payload) => open_payload(journal, item.company, payload),
    }
}

/// The contact whose key seals an item; `None` if it has none, or its entry was
/// deleted.
pub fn contact_of(
    journal: &dyn Journal,
    item: &OutboxItem,
) -> Result<Option<ContactId>, JournalError> {
    match Payload::from_bytes(&item.payload) {
        None | Some(Payload::Plain(_)) => Ok(None),
        Some(Payload::Sealed(contact, _)) => Ok(Some(contact)),
        Some(Payload::Entry(conversation, number)) => {
            Ok(find_entry(journal, item.company, conversation, number)?
                .and_then(|entry| entry.contact))
        }
    }
}

fn find_entry(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    number: u64,
) -> Result<Option<Entry>, JournalError> {
    let entries = journal.entries(company, conversation, number.saturating_sub(1), 1)?;
    Ok(entries.into_iter().find(|entry| entry.sequence == number))
}

/// The bytes a payload stands for, or why they no longer exist.
pub fn open_payload(
    journal: &dyn Journal,
    company: CompanyId,
    payload: Payload,
) -> Result<Result<Vec<u8>, String>, JournalError> {
    let opened = match payload {
        Payload::Plain(bytes) => return Ok(Ok(bytes)),
        Payload::Sealed(contact, sealed) => {
            journal.open(company, contact, Purpose::Outbox, &sealed)
        }
        Payload::Entry(conversation, number) => {
            let entry = find_entry(journal, company, conversation, number)?;
            let Some((contact, sealed)) =
                entry.and_then(|entry| Some((entry.contact?, entry.sealed)))
            else {
                return Ok(Err("the history entry was deleted".to_owned()));
            };
            journal.open(company, contact, Purpose::Entry, &sealed)
        }
    };
    match opened {
        Ok(bytes) => Ok(Ok(bytes)),
        Err(SealError::Journal(error)) => Err(error),
        Err(SealError::Erased(_)) => Ok(Err("the contact was erased".to_owned())),
        Err(error) => Ok(Err(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_round_trips_and_invalid_bytes_are_rejected() {
        for payload in [
            Payload::Plain(b"{}".to_vec()),
            Payload::Sealed(ContactId([7; 16]), vec![1, 2, 3]),
            Payload::Entry(ConversationId([9; 16]), 12),
        ] {
            let bytes = payload.to_bytes();
            assert_eq!(Payload::from_bytes(&bytes), Some(payload));
        }
        for bytes in [&[][..], &[9], &[SEALED, 1], &[ENTRY; 20]] {
            assert_eq!(Payload::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
