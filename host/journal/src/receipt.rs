//! Receipts: what a channel accepted of a reply, and how far it came.

use jiff::Timestamp;
use patchbay_model::delivery_state::DeliveryState;

use crate::{CompanyId, ContactId, ConversationId, Result};

/// A part of a reply that a channel accepted, before it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// The company.
    pub company: CompanyId,
    /// Code of the channel.
    pub channel: String,
    /// Keyed hash of the provider's id of the message, at most 256 bytes; it must
    /// not hold personal data. Channels on which a reply replaces another use one
    /// id for both.
    pub message: String,
    /// Key of the reply's outbox item.
    pub key: String,
    /// Number of the part, from 1.
    pub part: u32,
    /// How many parts the reply has, at most 1,000.
    pub parts: u32,
    /// Its conversation, if any. The receipt is deleted with it.
    pub conversation: Option<ConversationId>,
    /// The recipient, whose key sealed `sealed`.
    pub contact: ContactId,
    /// The company's account on the channel; empty if it has one only.
    pub account: String,
    /// The provider's id and the recipient, sealed for
    /// [`Purpose::Receipt`](crate::Purpose::Receipt), at most 16 KiB. Empty if the
    /// contact was erased before.
    pub sealed: Vec<u8>,
    /// When the channel accepted it.
    pub accepted_at: Timestamp,
}

/// A part of a reply that a channel accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The company.
    pub company: CompanyId,
    /// Code of the channel.
    pub channel: String,
    /// Keyed hash of the provider's id of the message.
    pub message: String,
    /// Key of the reply's outbox item.
    pub key: String,
    /// Number of the part, from 1.
    pub part: u32,
    /// How many parts the reply has.
    pub parts: u32,
    /// Its conversation; `None` if there was none when it was recorded.
    pub conversation: Option<ConversationId>,
    /// The recipient.
    pub contact: ContactId,
    /// The company's account on the channel.
    pub account: String,
    /// The provider's id and the recipient, sealed for
    /// [`Purpose::Receipt`](crate::Purpose::Receipt).
    pub sealed: Vec<u8>,
    /// When the channel accepted it.
    pub accepted_at: Timestamp,
    /// How far it came; `None` while the provider has reported nothing.
    pub state: Option<DeliveryState>,
    /// The provider's time of the state.
    pub state_at: Option<Timestamp>,
    /// The provider's code of the state.
    pub reason: Option<String>,
}

/// What a provider reports about a message of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport {
    /// State of the message.
    pub state: DeliveryState,
    /// The provider's time of the state.
    pub at: Option<Timestamp>,
    /// The provider's code, such as that of a failure; at most 64 bytes.
    pub reason: Option<String>,
    /// When the report reached the host.
    pub received_at: Timestamp,
}

/// Effect of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptChange {
    /// No receipt of the message is known yet. The report is kept for it.
    Early,
    /// The receipt has this state or one that includes it.
    Unchanged(Receipt),
    /// The receipt has the state of the report now.
    Advanced(Receipt),
}

/// Records receipts, and the states that providers report in any order.
pub trait Receipts {
    /// Record a receipt, and return it as it is stored. The first one of a
    /// company, key and part stays: another is not recorded, whatever it says.
    ///
    /// If a report came before it, the receipt has the reported state from the
    /// start. No later call announces that state again: a caller that acts on
    /// failures looks at it here too.
    ///
    /// # Errors
    /// `JournalError::NoContact` for an unknown contact.
    fn record_receipt(&self, new: NewReceipt) -> Result<Receipt>;

    /// The receipts of an outbox item, by part. Parts that the channel has not
    /// accepted are missing.
    fn receipts(&self, company: CompanyId, key: &str) -> Result<Vec<Receipt>>;

    /// The newest receipt of a message.
    fn receipt(&self, company: CompanyId, channel: &str, message: &str) -> Result<Option<Receipt>>;

    /// Apply a report to the newest receipt of a message, by
    /// [`DeliveryState::after`]. Time and reason are those of the report that
    /// changed the state last.
    ///
    /// Reports of messages without a receipt are merged by the same rule. The
    /// journal keeps them for the 1,000 such messages of a company that were
    /// reported last, for a day.
    fn advance_receipt(
        &self,
        company: CompanyId,
        channel: &str,
        message: &str,
        report: DeliveryReport,
    ) -> Result<ReceiptChange>;
}
