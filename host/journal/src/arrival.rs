//! What comes in, and what the journal answers.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_model::traceparent::Traceparent;

use crate::id::{CompanyId, ContactId, Ordinal, Slot};

/// What an arrival is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A message, post, call or mention.
    Message,
    /// New wording of an earlier message.
    Edit,
    /// An earlier message was taken back.
    Delete,
    /// A reaction to a message.
    Reaction,
    /// The channel's copy of what the company sent.
    Echo,
}

impl Kind {
    /// Every kind, in the order of their numbers in the store.
    pub(crate) const ALL: [Kind; 5] = [
        Kind::Message,
        Kind::Edit,
        Kind::Delete,
        Kind::Reaction,
        Kind::Echo,
    ];

    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Message => "message",
            Kind::Edit => "edit",
            Kind::Delete => "delete",
            Kind::Reaction => "reaction",
            Kind::Echo => "echo",
        }
    }
}

/// Something a channel delivered. Times are kept to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Whose.
    pub company: CompanyId,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on the channel; empty where it has but one.
    pub account: String,
    /// The channel's id of the message; it must not hold personal data.
    pub message: String,
    /// What it is. A message whose id is known with another body becomes an
    /// edit.
    pub kind: Kind,
    /// Key of the thread it belongs to, unless `in_reply_to` or an earlier
    /// arrival of the same id says otherwise. Where it is made of addresses,
    /// a keyed hash of them.
    pub thread: Vec<u8>,
    /// Id of the message it answers, on the same channel and account. Where
    /// that is known, its thread wins over `thread`.
    pub in_reply_to: Option<String>,
    /// Digest of the body as it came; kept only under a key.
    pub digest: [u8; 32],
    /// The body, sealed for [`Purpose::Message`](crate::Purpose::Message).
    pub body: Vec<u8>,
    /// Who wrote it and whose key sealed the body; absent where no person is
    /// known, and then the body must hold no personal data.
    pub contact: Option<ContactId>,
    /// When the channel says it was written.
    pub received_at: Timestamp,
    /// When it reached the host.
    pub accepted_at: Timestamp,
    /// What the caller who delivered it traced that as, if it did.
    pub traceparent: Option<Traceparent>,
    /// Whether there is no time for edits: a message that turns out to be one
    /// is answered [`Busy`](Accepted::Busy).
    pub no_edit: bool,
}

/// What became of an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is new, and on disk: the input it became, as
    /// [`inputs`](crate::Journal::inputs) would read it back.
    Taken(Box<Message>),
    /// The same came before; nothing was written.
    Duplicate {
        /// Of the first.
        ordinal: Ordinal,
    },
    /// Too many inputs wait already, or it is an edit and there is no time for
    /// those; nothing was written.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
}

impl Accepted {
    /// Its place in the order, unless it was refused.
    pub fn ordinal(&self) -> Option<Ordinal> {
        match self {
            Accepted::Taken(taken) => Some(taken.ordinal),
            Accepted::Duplicate { ordinal } => Some(*ordinal),
            Accepted::Busy { .. } => None,
        }
    }
}

/// The place of an input that was just taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Whose.
    pub company: CompanyId,
    /// The share of threads it belongs to.
    pub slot: Slot,
    /// Its place in the order.
    pub ordinal: Ordinal,
}

/// A row of the inbox, whether it was dealt with or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in the order.
    pub ordinal: Ordinal,
    /// Whose.
    pub company: CompanyId,
    /// The share of threads it belongs to.
    pub slot: Slot,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on the channel; may be empty.
    pub account: String,
    /// The channel's id.
    pub message: String,
    /// What it is.
    pub kind: Kind,
    /// The thread it belongs to.
    pub thread: Vec<u8>,
    /// The sealed body.
    pub body: Vec<u8>,
    /// Who wrote it, if known.
    pub contact: Option<ContactId>,
    /// When the channel says it was written.
    pub received_at: Timestamp,
    /// When it reached the host.
    pub accepted_at: Timestamp,
    /// What the caller who delivered it traced that as, if it did.
    pub traceparent: Option<Traceparent>,
}

/// An input nobody has dealt with yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The input.
    pub message: Message,
    /// How often the host died while it was being decided.
    pub crashes: u32,
    /// Whether it was in flight at so many crashes that it must not be given
    /// to a policy again.
    pub quarantined: bool,
}
