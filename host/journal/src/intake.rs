//! Intake: each arrival is accepted once and becomes an input with a place in
//! the order.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_model::traceparent::Traceparent;

use crate::{CompanyId, ContactId, Ordinal, Result, Slot};

pub use patchbay_events::InputKind;

/// One delivery of a channel. Times are stored to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its company.
    pub company: CompanyId,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on the channel; empty if it has one only.
    pub account: String,
    /// The channel's message id; it must not hold personal data.
    pub message: String,
    /// Kind of input. A message whose id is known with other words becomes an
    /// edit, and one with the same words and other attributes
    /// [`Counters`](InputKind::Counters).
    pub kind: InputKind,
    /// Key of its thread, unless `in_reply_to` or an earlier arrival of the
    /// same message id decides otherwise. Where it is built from addresses, a
    /// keyed hash of them.
    pub thread: Vec<u8>,
    /// Id of the message it answers, on the same channel and account. If that
    /// message is known, its thread replaces `thread`.
    pub in_reply_to: Option<String>,
    /// Whether only the customer of that thread joins it: an id that another person
    /// knows must not let them into a private conversation.
    pub participants_only: bool,
    /// Digest of the body as delivered; stored under a key only.
    pub digest: [u8; 32],
    /// Digest of what was said: text and files. A message or edit that says
    /// what the newest wording says is no new wording.
    pub said: [u8; 32],
    /// Digest of the rest of the body without its times.
    pub details: [u8; 32],
    /// When the channel says this wording was written; it orders the wordings
    /// of a message. Without it the order of acceptance does.
    pub written_at: Option<Timestamp>,
    /// The body, sealed for [`Purpose::Message`](crate::Purpose::Message); at
    /// most 1 MiB.
    pub body: Vec<u8>,
    /// Its author, whose key sealed the body; `None` if unknown, and then the
    /// body must hold no personal data.
    pub contact: Option<ContactId>,
    /// When the channel says it was written.
    pub received_at: Timestamp,
    /// When it reached the host.
    pub accepted_at: Timestamp,
    /// The delivering caller's trace context, if it sent one. No part of the
    /// delivery's identity.
    pub traceparent: Option<Traceparent>,
    /// Refuse edits, because the host is overloaded: a message that turns out
    /// to be an edit is answered [`Busy`](AcceptOutcome::Busy).
    pub no_edit: bool,
    /// Whether its sender never rewords a message: another wording under a known
    /// id is answered [`Conflict`](AcceptOutcome::Conflict), at any load.
    pub is_final: bool,
}

/// Result of one arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// New, and on disk: the input as [`inputs`](Intake::inputs) reads it.
    Accepted(Box<Input>),
    /// The same delivery, or the same words, were accepted before; nothing was
    /// written.
    Duplicate {
        /// Ordinal of the first.
        ordinal: Ordinal,
    },
    /// The same words were accepted before, with other attributes: those are an
    /// input of the kind `Counters`, on disk.
    Updated {
        /// Ordinal of the words.
        ordinal: Ordinal,
        /// The input.
        input: Box<Input>,
    },
    /// Refused: the id is known with other words, and this one must not be an
    /// edit. Nothing was written.
    Conflict,
    /// Refused: the company stores as much as it may. Nothing was written.
    Full {
        /// How many bytes it may store.
        limit: u64,
    },
    /// Refused: the backlog is full, or it is an edit and edits are refused.
    /// Nothing was written.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
}

impl AcceptOutcome {
    /// Its ordinal, unless it was refused.
    pub fn ordinal(&self) -> Option<Ordinal> {
        match self {
            AcceptOutcome::Accepted(input) => Some(input.ordinal),
            AcceptOutcome::Duplicate { ordinal } | AcceptOutcome::Updated { ordinal, .. } => {
                Some(*ordinal)
            }
            AcceptOutcome::Conflict | AcceptOutcome::Busy { .. } | AcceptOutcome::Full { .. } => {
                None
            }
        }
    }
}

/// An input that was just accepted, as [`AcceptHook`] receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedInput {
    /// Index of its arrival in the call.
    pub arrival: usize,
    /// Its company.
    pub company: CompanyId,
    /// Slot of its thread.
    pub slot: Slot,
    /// Its place in the order.
    pub ordinal: Ordinal,
}

/// Called with the inputs of one call that were accepted, in order.
pub type AcceptHook = Box<dyn FnOnce(&[AcceptedInput]) + Send>;

/// What an input is among the wordings of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordingStatus {
    /// The first wording that is known, also of an edit whose message has not
    /// come yet. Inputs of other kinds have it too.
    First,
    /// It replaces an earlier one.
    Newer,
    /// A newer wording or the deletion of the message came before.
    Superseded,
}

/// A row of the inbox, decided or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its place in the order.
    pub ordinal: Ordinal,
    /// Its company.
    pub company: CompanyId,
    /// Slot of its thread.
    pub slot: Slot,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on the channel; may be empty.
    pub account: String,
    /// The channel's message id.
    pub message: String,
    /// Kind of input.
    pub kind: InputKind,
    /// What it is among the wordings of its message.
    pub wording: WordingStatus,
    /// Key of its thread.
    pub thread: Vec<u8>,
    /// The sealed body.
    pub body: Vec<u8>,
    /// Its author, if known.
    pub contact: Option<ContactId>,
    /// When the channel says it was written.
    pub received_at: Timestamp,
    /// When it reached the host.
    pub accepted_at: Timestamp,
    /// The delivering caller's trace context, if it sent one.
    pub traceparent: Option<Traceparent>,
}

/// An input that no entry names yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingInput {
    /// The input.
    pub input: Input,
    /// How often the host stopped while deciding it.
    pub crashes: u32,
    /// Whether it reached three crashes and must not be given to a policy
    /// again.
    pub quarantined: bool,
}

/// Accepts arrivals and reads the inbox.
pub trait Intake {
    /// Accept arrivals in one transaction and answer each, in order. However
    /// often an arrival is delivered, it is accepted once.
    ///
    /// # Errors
    /// `JournalError::Invalid` if one is out of bounds; then none is written.
    fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<AcceptOutcome>> {
        self.accept_with(arrivals, Box::new(|_| {}))
    }

    /// Like [`accept`](Intake::accept), and call `hook` when the inputs are on
    /// disk, before this returns. Hooks of all callers run one after the other
    /// in ordinal order, on the thread that writes: a slow hook delays every
    /// write.
    fn accept_with(&self, arrivals: Vec<Arrival>, hook: AcceptHook) -> Result<Vec<AcceptOutcome>>;

    /// The newest input with a channel's message id.
    fn newest_input(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Input>>;

    /// The newest wording with a channel's message id, or the deletion: no reaction, and no
    /// change of counters.
    fn newest_wording(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Input>>;

    /// The ordinal of the first wording with a channel's message id: of a message, an
    /// echo, or an edit whose message is not known.
    fn first_wording(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Ordinal>>;

    /// Inputs by their ordinals, in order; unknown ordinals are skipped.
    fn inputs(&self, company: CompanyId, ordinals: &[Ordinal]) -> Result<Vec<Input>>;

    // Host-wide.

    /// Undecided inputs of all companies after an ordinal, in order; at most
    /// `limit`. Read at the start; later the host knows them from `accept`.
    fn pending(&self, after: Ordinal, limit: usize) -> Result<Vec<PendingInput>>;

    /// Record that a lane (a worker, 0 up to the number of lanes that the backend is told)
    /// starts to decide an input. One small write without a wait for the disk:
    /// it survives a crash of the process, not of the machine.
    fn mark_in_flight(&self, lane: u16, input: Ordinal) -> Result<()>;

    /// Record that a lane finished with its input, whatever the result.
    fn clear_in_flight(&self, lane: u16) -> Result<()>;
}
