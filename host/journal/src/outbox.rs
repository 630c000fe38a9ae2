//! The outbox: side effects to deliver at least once, each time with the same
//! key and bytes.

use jiff::Timestamp;

use crate::{AuditEntry, CompanyId, ConversationId, Result};

/// A side effect, before it is in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutbox {
    /// Unique within the company. Given again with the same target,
    /// conversation and payload it is the same item; with others the commit is
    /// refused.
    pub key: String,
    /// Name of a configured target.
    pub target: String,
    /// Its conversation, if any. Items of one conversation for one target are
    /// delivered in the order they were put in: while one waits, for its time
    /// or another attempt, the later ones are held back. A dead item holds
    /// nothing back; retried, it precedes those that still wait. Compaction
    /// keeps a conversation until its items are done.
    pub conversation: Option<ConversationId>,
    /// The bytes to deliver; sealed where they hold personal data.
    pub payload: Vec<u8>,
    /// Earliest time of the first attempt.
    pub not_before: Timestamp,
    /// Whether a commit may [take it back](crate::Commit::taken_back) until its first
    /// attempt [begins](Outbox::begin_outbox_item).
    pub can_take_back: bool,
}

/// Items of one target that are due and are not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxBacklog {
    /// The company.
    pub company: CompanyId,
    /// Name of the target.
    pub target: String,
    /// How many there are; those held back behind them are not counted.
    pub items: u64,
    /// When the next attempt of the first of them is due, or was.
    pub due: Timestamp,
    /// Failed attempts of the one that was tried most often.
    pub attempts: u32,
}

patchbay_model::codes! {
    /// State of an outbox item.
    pub enum OutboxState {
        /// To be delivered.
        Waiting = "waiting",
        /// The target has it.
        Done = "done",
        /// Given up; an operator may retry it.
        Dead = "dead",
    }
}

/// An item of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    /// Its company.
    pub company: CompanyId,
    /// Unique within the company.
    pub key: String,
    /// Name of the target.
    pub target: String,
    /// Its conversation, if any.
    pub conversation: Option<ConversationId>,
    /// The bytes, the same at every attempt.
    pub payload: Vec<u8>,
    /// Earliest time of the next attempt.
    pub not_before: Timestamp,
    /// Failed attempts since it was put in or retried.
    pub attempts: u32,
    /// State.
    pub state: OutboxState,
    /// Whether it may be taken back: no attempt has begun.
    pub can_take_back: bool,
    /// Problem of the last failed or held attempt, cut at 4 KiB.
    pub problem: Option<String>,
    /// The part whose sending has begun, while it is not recorded what became of it.
    pub begun_part: Option<u32>,
}

/// How many items of a company wait and are dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxCount {
    /// The company.
    pub company: CompanyId,
    /// Items to be delivered.
    pub waiting: u64,
    /// Items given up.
    pub dead: u64,
}

/// Reads the outbox and records attempts. [`Commits`](crate::Commits) fills it.
pub trait Outbox {
    /// An item in any state.
    fn outbox_item(&self, company: CompanyId, key: &str) -> Result<Option<OutboxItem>>;

    /// A company's items in a state, by key, after a key (empty: from the
    /// first).
    fn outbox_items(
        &self,
        company: CompanyId,
        state: OutboxState,
        after: &str,
        limit: usize,
    ) -> Result<Vec<OutboxItem>>;

    /// Record that the target has an item. Does nothing if it is done already.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` for an unknown key.
    fn mark_outbox_done(&self, company: CompanyId, key: &str) -> Result<()>;

    /// Record a failed attempt, and when to try again.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` unless it waits.
    fn reschedule_outbox(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<()>;

    /// Record that the first attempt of an item begins: from then on it cannot be taken
    /// back. Either this call or the commit that takes it back succeeds, never both,
    /// whatever the time is. Does nothing to an item that cannot be taken back.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` unless it waits; do not send it.
    fn begin_outbox_item(&self, company: CompanyId, key: &str) -> Result<()>;

    /// Record that sending a part of an item begins. Its receipt ends it,
    /// [`end_outbox_part`](Outbox::end_outbox_part), and the end of the item. While the item
    /// waits it stays, also after a crash: the part may have been sent.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` unless the item waits.
    fn begin_outbox_part(&self, company: CompanyId, key: &str, part: u32) -> Result<()>;

    /// Record that a part that has begun was not sent, or that its target refused it. Does
    /// nothing if it has not begun.
    fn end_outbox_part(&self, company: CompanyId, key: &str, part: u32) -> Result<()>;

    /// Let an item wait for `not_before` because its target is broken: no
    /// attempt is counted.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` unless it waits.
    fn hold_outbox(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<()>;

    /// Record the last failed attempt: the item is dead until an operator
    /// retries it.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` unless it waits.
    fn mark_outbox_dead(&self, company: CompanyId, key: &str, problem: &str) -> Result<()>;

    /// Let a dead or waiting item wait for `not_before`, with its attempts
    /// counted from 0, together with the audit entry about it.
    ///
    /// # Errors
    /// `JournalError::NoOutboxItem` if it is unknown or done.
    fn retry_outbox(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        audit: AuditEntry,
    ) -> Result<()>;

    /// Let the waiting items of the targets that are due later be due at `not_before`,
    /// together with the audit entry about it. Their attempts stay counted. An item that
    /// can still be taken back waits for its own time. Returns how many there were.
    fn release_outbox(
        &self,
        company: CompanyId,
        targets: Vec<String>,
        not_before: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64>;

    // Host-wide.

    /// Items of all companies due by `now`, the longest due first, after a
    /// position in that order (the last item's `not_before`, company and key);
    /// at most `limit`. Items held back by an earlier one of their
    /// [conversation](NewOutbox::conversation) are left out. Items that the
    /// caller is delivering are still listed: it finds others on the following
    /// pages.
    fn due_outbox(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, CompanyId, String)>,
        limit: usize,
    ) -> Result<Vec<OutboxItem>>;

    /// When the first waiting item that is not held back is due, in the past
    /// or later, items that the caller is delivering included; `None`: none
    /// waits.
    fn next_outbox_due(&self) -> Result<Option<Timestamp>>;

    /// Waiting items, by company and target, that are due since before
    /// `due_before` or had at least `attempts` failed attempts. Reads every
    /// waiting item.
    fn outbox_backlogs(&self, due_before: Timestamp, attempts: u32) -> Result<Vec<OutboxBacklog>>;

    /// Counts of each company that has waiting or dead items.
    fn outbox_counts(&self) -> Result<Vec<OutboxCount>>;
}
