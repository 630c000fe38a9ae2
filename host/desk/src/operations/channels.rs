//! What the adapters of channels record beside interactions: receipts of replies, the
//! states of messages, addresses, and deliveries in quarantine.

use jiff::Timestamp;
use patchbay_journal::{
    AuditEntry, CompanyId, ConnectionName, ConnectionRecord, ConnectionRecordKind, ContactId,
    ContactMatch, ConversationId, DeliveryReport, JournalError, NewOriginal, NewQuarantined,
    NewReceipt, OptOut, OutboxState, Purpose, QuarantineOutcome, QuarantinedItem, ReceiptChange,
    SealError, forbidding,
};
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::final_failure::{FinalFailure, FinalKind};
use patchbay_model::interaction::Interaction;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::{conversation_reader, outbox_payload};
use serde_json::json;
use zeroize::Zeroizing;

use super::outbox::OutboxService;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::intake::delivery::{Delivery, thread_key};

/// Context of the keys of message ids: with another one, what was delivered before
/// would be new.
const MESSAGE_IDS: &str = "patchbay 2026 message ids of channels";

/// The records of the adapters of channels.
pub struct ChannelService<'a>(pub(crate) &'a DeskCore);

/// A part of a reply that a provider accepted.
#[derive(Clone, Debug)]
pub struct AcceptedPart<'a> {
    /// Key of the outbox item.
    pub key: &'a str,
    /// Number of the part, from 1.
    pub part: u32,
    /// How many parts the reply has.
    pub parts: u32,
    /// Name of the adapter.
    pub adapter: &'a str,
    /// The company's account.
    pub account: &'a str,
    /// Id of the message, without personal data.
    pub message: String,
    /// The provider's id of the message.
    pub provider_id: String,
    /// The recipient's address as the provider writes it, if it says so.
    pub recipient: Option<String>,
}

/// How far the sending of an outbox item came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendProgress {
    /// Parts that the provider accepted.
    pub accepted: Vec<u32>,
    /// The part whose sending began, while it is not recorded what became of it.
    pub begun: Option<u32>,
}

impl SendProgress {
    /// The part of which it is not known whether it was sent.
    pub fn uncertain_part(&self) -> Option<u32> {
        self.begun.filter(|part| !self.accepted.contains(part))
    }
}

/// What a customer said about messages to them, as an adapter decodes it.
#[derive(Clone, Copy, Debug)]
pub struct OptOutReport<'a> {
    /// Code of the channel.
    pub channel: &'a str,
    /// The company's account.
    pub account: &'a str,
    /// Code of what it is about.
    pub purpose: &'a str,
    /// Whether they opted out, or in again.
    pub is_opted_out: bool,
    /// Code of how they did.
    pub source: &'a str,
    /// The provider's time.
    pub at: Option<Timestamp>,
}

/// What a provider reports about a message of the company.
#[derive(Clone, Debug)]
pub struct MessageReport {
    /// State.
    pub state: DeliveryState,
    /// The provider's time of the state.
    pub at: Option<Timestamp>,
    /// Kind of failure, if it failed.
    pub failure: Option<FinalKind>,
    /// The provider's code of a failure.
    pub reason: Option<String>,
}

/// The customer behind an address, as far as the journal knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownCustomer {
    /// The contact of the address, and the thread of what they and the account write
    /// to each other; `None` before their first message, and after an erasure.
    pub thread: Option<(ContactId, Vec<u8>)>,
    /// When the person behind the address was last erased.
    pub erased_at: Option<Timestamp>,
}

impl ChannelService<'_> {
    /// The customer behind an address of a channel. Writes nothing.
    pub fn customer(
        &self,
        company: &str,
        (channel, account): (&str, &str),
        address: &str,
    ) -> Result<KnownCustomer, DeskError> {
        let id = self.0.company_id(company)?;
        let record = self.0.journal.address_record(id, channel, address)?;
        let thread = record.contact.map(|ContactMatch { contact, .. }| {
            (contact, thread_key(channel, account, &contact.0))
        });
        Ok(KnownCustomer {
            thread,
            erased_at: record.erased_at,
        })
    }

    /// The key from which the company's message ids are made.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn message_key(&self, company: &str) -> Result<Zeroizing<[u8; 32]>, DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.derive_company_key(id, MESSAGE_IDS))
    }

    /// Whether a message is a reply of the desk whose receipt is known.
    pub fn has_receipt(
        &self,
        company: &str,
        adapter: &str,
        message: &str,
    ) -> Result<bool, DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.receipt(id, adapter, message)?.is_some())
    }

    /// How far the sending of an outbox item came.
    pub fn progress(&self, company: &str, key: &str) -> Result<SendProgress, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &self.0.journal;
        let receipts = journal.receipts(id, key)?;
        let item = journal.outbox_item(id, key)?;
        Ok(SendProgress {
            accepted: receipts.into_iter().map(|receipt| receipt.part).collect(),
            begun: item.and_then(|item| item.begun_part),
        })
    }

    /// Records that sending a part begins: after a crash the part may have been sent.
    ///
    /// # Errors
    /// [`DeskError::Journal`]; do not send it.
    pub fn begin_part(&self, company: &str, key: &str, part: u32) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.begin_outbox_part(id, key, part)?)
    }

    /// Records that a part that has begun was not sent, or that the provider refused it.
    ///
    /// # Errors
    /// [`DeskError::Journal`]; the part stays uncertain.
    pub fn end_part(&self, company: &str, key: &str, part: u32) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.end_outbox_part(id, key, part)?)
    }

    /// Why nothing more of an outbox item may leave; `None` if it may: it waits, and the
    /// customer was not erased.
    pub fn obstacle(&self, company: &str, key: &str) -> Result<Option<String>, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        let item = journal.outbox_item(id, key)?;
        match item.filter(|item| item.state == OutboxState::Waiting) {
            Some(item) => Ok(outbox_payload::item_body(journal, &item)?.err()),
            None => Ok(Some("the delivery is no longer pending".to_owned())),
        }
    }

    /// The body of a reply whose delivery failed for good; `None` for any other item.
    pub fn failed_reply(&self, company: &str, key: &str) -> Result<Option<Vec<u8>>, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        let item = journal.outbox_item(id, key)?;
        let Some(item) = item.filter(|item| item.state == OutboxState::Dead) else {
            return Ok(None);
        };
        Ok(outbox_payload::item_body(journal, &item)?.ok())
    }

    /// The channel's time of the customer's newest message in a conversation.
    pub fn last_inbound(
        &self,
        company: &str,
        conversation: ConversationId,
    ) -> Result<Option<Timestamp>, DeskError> {
        let id = self.0.company_id(company)?;
        let Some(row) = self.0.journal.conversation(id, conversation)? else {
            return Ok(None);
        };
        Ok(conversation_reader::read_snapshot(&row)?.last_inbound_at)
    }

    /// Records that a provider accepted a part of a reply.
    ///
    /// # Errors
    /// [`DeskError::Journal`]: the part may be on its way and is not recorded.
    pub fn record_receipt(&self, company: &str, part: AcceptedPart<'_>) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        let Some(item) = journal.outbox_item(id, part.key)? else {
            return Err(JournalError::NoOutboxItem(part.key.to_owned()).into());
        };
        let Some(contact) = outbox_payload::contact_of(journal, &item)? else {
            // Erased since: nothing to match it with.
            return Ok(());
        };
        let document = json!({"provider_id": part.provider_id, "recipient": part.recipient});
        let sealed = journal.seal(
            id,
            contact,
            Purpose::Receipt,
            document.to_string().as_bytes(),
        );
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(SealError::Erased(_)) => Vec::new(),
            Err(SealError::Journal(error)) => return Err(error.into()),
            Err(error) => return Err(JournalError::Corrupt(error.to_string()).into()),
        };
        journal.record_receipt(NewReceipt {
            company: id,
            channel: part.adapter.to_owned(),
            message: part.message,
            key: part.key.to_owned(),
            part: part.part,
            parts: part.parts,
            conversation: item.conversation,
            contact,
            account: part.account.to_owned(),
            sealed,
            accepted_at: self.0.now(),
        })?;
        // A failure that was reported before is followed when the item is finished.
        Ok(())
    }

    /// Applies what a provider reports about a message of the company. Reports come in
    /// any order, and before the receipt.
    ///
    /// # Errors
    /// [`DeskError`]: the report is not stored, or the conversation does not have it yet;
    /// the provider repeats it.
    pub fn report(
        &self,
        company: &str,
        adapter: &str,
        message: &str,
        report: MessageReport,
    ) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let failure = report.failure;
        let report = DeliveryReport {
            state: report.state,
            at: report.at,
            reason: report.reason,
            received_at: self.0.now(),
        };
        let change = self
            .0
            .journal
            .advance_receipt(id, adapter, message, report)?;
        match change {
            ReceiptChange::Advanced(receipt) => self.0.follow_receipts(id, &receipt.key, failure),
            // The conversation may not have it yet: its write may have failed.
            ReceiptChange::Unchanged(receipt) if receipt.state == Some(DeliveryState::Failed) => {
                self.0.follow_receipts(id, &receipt.key, failure)
            }
            ReceiptChange::Early | ReceiptChange::Unchanged(_) => Ok(()),
        }
    }

    /// Gives the contact of an address one more address on the channel. One that
    /// belongs to another contact stays there: only a person merges contacts.
    pub fn add_address(
        &self,
        company: &str,
        channel: &str,
        known: &str,
        other: &str,
    ) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let (core, journal) = (self.0, &*self.0.journal);
        let contact = self.contact(id, channel, known)?;
        if core.cache.contact_of(id, channel, other) == Some(contact) {
            return Ok(());
        }
        match journal.add_address(id, contact, channel, other) {
            Ok(()) => {
                core.cache.put_address(id, channel, other, contact);
                Ok(())
            }
            Err(JournalError::AddressTaken(_) | JournalError::Erased(_)) => {
                tracing::info!(
                    company,
                    channel,
                    "a second address belongs to another contact: merge the contacts if they are one person"
                );
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lets every reply that waits for a later attempt to one of the targets be due now.
    /// Returns how many there were.
    pub fn release(
        &self,
        company: &str,
        targets: Vec<String>,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let id = self.0.company_id(company)?;
        let now = self.0.now();
        Ok(self.0.journal.release_outbox(id, targets, now, audit)?)
    }

    /// The contact of an address, which is created if it is new.
    fn contact(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> Result<ContactId, DeskError> {
        let core = self.0;
        if let Some(contact) = core.cache.contact_of(company, channel, address) {
            return Ok(contact);
        }
        let found = core
            .journal
            .find_or_create_contact(company, channel, address, core.now())?;
        core.cache
            .put_address(company, channel, address, found.contact);
        Ok(found.contact)
    }

    /// Records what a customer said about messages to an address of theirs. Without the
    /// provider's time, the host's counts.
    pub fn record_opt_out(
        &self,
        company: &str,
        address: &str,
        said: OptOutReport<'_>,
    ) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let contact = self.contact(id, said.channel, address)?;
        self.0.journal.record_opt_out(OptOut {
            company: id,
            contact,
            channel: said.channel.to_owned(),
            account: said.account.to_owned(),
            purpose: said.purpose.to_owned(),
            is_opted_out: said.is_opted_out,
            source: said.source.to_owned(),
            at: said.at.unwrap_or_else(|| self.0.now()),
        })?;
        Ok(())
    }

    /// What the customer behind an address said that forbids an answer from an account
    /// on a channel, after they wrote last at a time.
    pub fn forbidding_opt_out(
        &self,
        company: &str,
        (channel, account): (&str, &str),
        address: &str,
        last_inbound: Option<Timestamp>,
    ) -> Result<Option<OptOut>, DeskError> {
        let id = self.0.company_id(company)?;
        let contact = self.contact(id, channel, address)?;
        let all = self.0.journal.opt_outs(id, contact)?;
        Ok(forbidding(&all, channel, Some(account), last_inbound).cloned())
    }

    /// Stores the delivery of an interaction as it came, sealed for the author, before
    /// the interaction is accepted. `most_bytes` bounds what the company keeps of them.
    /// Nothing is stored of a message that is known from a person who was erased since.
    ///
    /// # Errors
    /// [`DeskError::Erased`], and those of the journal: nothing was stored.
    pub fn store_original(
        &self,
        company: &str,
        delivery: &Delivery,
        bytes: &[u8],
        most_bytes: u64,
    ) -> Result<(), DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        if self.0.known_of_erased(id, delivery)?.is_some() {
            return Ok(());
        }
        let interaction = &delivery.interaction;
        let contact = self.contact(id, &interaction.channel, &delivery.address())?;
        let sealed = journal.seal(id, contact, Purpose::Original, bytes);
        let new = NewOriginal {
            company: id,
            channel: interaction.channel.clone(),
            account: interaction.account.clone().unwrap_or_default(),
            message: interaction.id.clone(),
            contact,
            received_at: self.0.now(),
            sealed: sealed.map_err(seal_failed)?,
        };
        Ok(journal.store_original(new, most_bytes)?)
    }

    /// The delivery of an interaction as it came; `None` if it is not stored, or its
    /// author was erased.
    pub fn original(
        &self,
        company: &str,
        interaction: &Interaction,
    ) -> Result<Option<Vec<u8>>, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        let account = interaction.account.as_deref().unwrap_or_default();
        let (channel, message) = (&interaction.channel, &interaction.id);
        let Some(original) = journal.original(id, channel, account, message)? else {
            return Ok(None);
        };
        let (contact, sealed) = (original.contact, &original.sealed);
        match journal.open(id, contact, Purpose::Original, sealed) {
            Ok(plain) => Ok(Some(plain)),
            Err(SealError::Erased(_)) => Ok(None),
            Err(error) => Err(seal_failed(error)),
        }
    }

    /// Stores a delivery that could not be decoded. `new` gets the company and the
    /// sealed bytes. Returns whether there was room.
    pub fn quarantine(
        &self,
        company: &str,
        plain: Vec<u8>,
        new: impl FnOnce(CompanyId, Vec<u8>) -> NewQuarantined,
    ) -> Result<bool, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        let sealed = journal.seal_company(id, Purpose::Quarantine, plain);
        let sealed = sealed.map_err(seal_failed)?;
        match journal.quarantine(new(id, sealed))? {
            QuarantineOutcome::Stored { .. } | QuarantineOutcome::Known { .. } => Ok(true),
            QuarantineOutcome::Full { .. } => Ok(false),
        }
    }

    /// A company's deliveries in quarantine after a number.
    pub fn quarantined(
        &self,
        company: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<QuarantinedItem>, DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.quarantined(id, after, limit)?)
    }

    /// A delivery in quarantine, and its bytes.
    pub fn open_quarantined(
        &self,
        company: &str,
        number: u64,
    ) -> Result<Option<(QuarantinedItem, Vec<u8>)>, DeskError> {
        let id = self.0.company_id(company)?;
        let journal = &*self.0.journal;
        let Some((item, sealed)) = journal.quarantined_item(id, number)? else {
            return Ok(None);
        };
        let plain = journal.open_company(id, Purpose::Quarantine, &sealed);
        Ok(Some((item, plain.map_err(seal_failed)?)))
    }

    /// Removes a delivery from quarantine. Returns whether there was one.
    pub fn remove_quarantined(
        &self,
        company: &str,
        number: u64,
        audit: AuditEntry,
    ) -> Result<bool, DeskError> {
        let id = self.0.company_id(company)?;
        Ok(self.0.journal.remove_quarantined(id, number, audit)?)
    }

    /// What the host remembers of a connection; `None`: nothing yet.
    pub fn connection_record(
        &self,
        company: &str,
        (channel, connection): (&str, &str),
        kind: ConnectionRecordKind,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, DeskError> {
        let name = self.connection_name(company, (channel, connection))?;
        let journal = &*self.0.journal;
        let Some(record) = journal.connection_record(&name, kind)? else {
            return Ok(None);
        };
        let plain = journal.open_company(name.company, kind.purpose(), &record.sealed);
        Ok(Some(Zeroizing::new(plain.map_err(seal_failed)?)))
    }

    /// Remembers something of a connection, in place of what was remembered of the kind.
    /// A cursor is stored after what was read is on disk.
    pub fn store_connection_record(
        &self,
        company: &str,
        (channel, connection): (&str, &str),
        kind: ConnectionRecordKind,
        plain: &[u8],
    ) -> Result<(), DeskError> {
        let name = self.connection_name(company, (channel, connection))?;
        let journal = &*self.0.journal;
        let sealed = journal.seal_company(name.company, kind.purpose(), plain.to_vec());
        let record = ConnectionRecord {
            stored_at: self.0.now(),
            sealed: sealed.map_err(seal_failed)?,
        };
        Ok(journal.store_connection_record(name, kind, record)?)
    }

    /// Forgets what is remembered of a connection.
    pub fn delete_connection_record(
        &self,
        company: &str,
        (channel, connection): (&str, &str),
        kind: ConnectionRecordKind,
    ) -> Result<(), DeskError> {
        let name = self.connection_name(company, (channel, connection))?;
        Ok(self.0.journal.delete_connection_record(name, kind)?)
    }

    fn connection_name(
        &self,
        company: &str,
        (channel, connection): (&str, &str),
    ) -> Result<ConnectionName, DeskError> {
        Ok(ConnectionName {
            company: self.0.company_id(company)?,
            channel: channel.to_owned(),
            connection: connection.to_owned(),
        })
    }
}

impl DeskCore {
    /// Writes to the conversation of a finished item that its provider could not
    /// deliver a part of it. Of an item that is being sent, the end of the attempt calls
    /// this again.
    pub(crate) fn follow_receipts(
        &self,
        company: CompanyId,
        key: &str,
        kind: Option<FinalKind>,
    ) -> Result<(), DeskError> {
        let receipts = self.journal.receipts(company, key)?;
        let mut failed = receipts
            .iter()
            .filter(|receipt| receipt.state == Some(DeliveryState::Failed));
        let Some(failed) = failed.next() else {
            return Ok(());
        };
        let Some(item) = self.journal.outbox_item(company, key)? else {
            return Ok(());
        };
        if item.state != OutboxState::Done {
            return Ok(());
        }
        let reason = failed.reason.as_deref().unwrap_or("without a reason");
        let action = AgentAction::Undelivered {
            key: key.to_owned(),
            failure: FinalFailure {
                // The kind of a report that came before is not stored.
                kind: kind.unwrap_or(FinalKind::RecipientUnreachable),
                problem: format!("the channel reported that it did not arrive ({reason})"),
            },
        };
        OutboxService(self).record(company, &item, action)
    }
}

fn seal_failed(error: SealError) -> DeskError {
    match error {
        SealError::Erased(_) => DeskError::Erased,
        SealError::Journal(error) => error.into(),
        other => JournalError::Corrupt(other.to_string()).into(),
    }
}
