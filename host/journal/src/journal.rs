//! The one trait behind which a store stands.

use std::path::Path;

use jiff::Timestamp;
use patchbay_model::state::{Memory, Scope};

use crate::agent::AgentRow;
use crate::arrival::{Accepted, Arrival, Message, Pending, Queued};
use crate::audit::{AuditChain, AuditEntry, AuditHash, Audited};
use crate::commit::{Commit, Committed, Conversation};
use crate::contact::{ContactChange, Erased, Found};
use crate::directive::Directive;
use crate::entry::{Entry, Feed, Note};
use crate::error::{CommitError, Conflict, JournalError, SealError};
use crate::generation::{Activation, ActiveGeneration, GenerationRow, NewGeneration};
use crate::id::{CompanyId, ContactId, ConversationId, Ordinal, TokenId};
use crate::maintain::{Backup, CheckReport, Compacted, Status, Writes};
use crate::outbox::{OutboxCount, OutboxItem, OutboxState};
use crate::rollout::RolloutRow;
use crate::token::Token;
use crate::vault::Purpose;

/// Called with what was taken in, in its order.
pub type InOrder = Box<dyn FnOnce(&[Queued]) + Send>;

/// A durable store. Every method may be called from any thread at any time;
/// one that writes returns when its effect is on disk, and blocks until then.
/// Reads see everything that was acknowledged before they began.
///
/// # Errors
/// Every method answers [`JournalError`] for what the disk or the database
/// does; only what a method adds to that is said at the method.
#[allow(clippy::missing_errors_doc)]
pub trait Journal: Send + Sync {
    /// The number of a company, given at its first mention.
    fn company(&self, name: &str) -> Result<CompanyId, JournalError>;

    /// The number of a company that was mentioned before; writes nothing.
    fn find_company(&self, name: &str) -> Result<Option<CompanyId>, JournalError>;

    // Intake.

    /// Take arrivals in, all in one transaction, and answer for each in order.
    /// Any number of retries, at once or later, take an arrival in once.
    fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<Accepted>, JournalError> {
        self.accept_in_order(arrivals, Box::new(|_| {}))
    }

    /// The same; and `queue` is called with what was taken in once that is on
    /// disk and before this returns. However many callers there are, they are
    /// called one after the other, in the order of the inputs. It must be
    /// quick: everybody who writes waits for it.
    fn accept_in_order(
        &self,
        arrivals: Vec<Arrival>,
        queue: InOrder,
    ) -> Result<Vec<Accepted>, JournalError>;

    /// Inputs nobody has dealt with, after an ordinal, in order; at most
    /// `limit`. For the start: afterwards the host knows them from `accept`.
    fn pending(&self, after: Ordinal, limit: usize) -> Result<Vec<Pending>, JournalError>;

    /// Note that a lane (a worker, 0 up to the number set at opening) is about
    /// to decide an input. Costs one small write without waiting for the disk:
    /// it outlives a crash of the process, not of the machine.
    fn claimed(&self, lane: u16, input: Ordinal) -> Result<(), JournalError>;

    /// Note that a lane is done with what it claimed, whatever came of it.
    fn released(&self, lane: u16) -> Result<(), JournalError>;

    // Deciding.

    /// Write what a pass decided, all of it or nothing.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when the pass was decided on something that
    /// is no longer so.
    fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        match self.commit_all(vec![commit])?.pop() {
            Some(answer) => Ok(answer?),
            None => Err(JournalError::Closed.into()),
        }
    }

    /// Write what several passes decided, in order and in one transaction, and
    /// answer for each: a conflict of one leaves the others alone. Whoever has
    /// many passes done at once saves most of what a call costs.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] if any is out of bounds; then none is written.
    fn commit_all(
        &self,
        commits: Vec<Commit>,
    ) -> Result<Vec<Result<Committed, Conflict>>, JournalError>;

    /// What a plugin's state version remembers of the owners named, as one
    /// memory. The owner of the scope company is the empty one.
    fn memory(
        &self,
        company: CompanyId,
        plugin: &str,
        version: u32,
        owners: &[(Scope, &[u8])],
    ) -> Result<Memory, JournalError>;

    // Reading.

    /// A conversation.
    fn conversation(
        &self,
        company: CompanyId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, JournalError>;

    /// The conversation opened last on a thread, resolved or not.
    fn current(
        &self,
        company: CompanyId,
        thread: &[u8],
    ) -> Result<Option<Conversation>, JournalError>;

    /// How many conversations a thread has had.
    fn conversations_on(&self, company: CompanyId, thread: &[u8]) -> Result<u32, JournalError>;

    /// Conversations of the person behind a contact, oldest first; at most
    /// `limit`, the newest ones.
    fn conversations_with(
        &self,
        company: CompanyId,
        contact: ContactId,
        limit: usize,
    ) -> Result<Vec<Conversation>, JournalError>;

    /// Entries of a conversation after a sequence number, in order.
    fn entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, JournalError>;

    /// Entries of all conversations of the person behind a contact, after a
    /// feed number, in the order of the feed.
    fn journey(
        &self,
        company: CompanyId,
        contact: ContactId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, JournalError>;

    /// A company's entries after a feed number.
    fn feed(&self, company: CompanyId, after: u64, limit: usize) -> Result<Feed, JournalError>;

    /// A company's entries of the kinds 48 to 63, after a feed number: those
    /// that whoever watches over the company should see.
    fn watched(
        &self,
        company: CompanyId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, JournalError>;

    /// The newest arrival under a channel's message id.
    fn message(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        id: &str,
    ) -> Result<Option<Message>, JournalError>;

    /// Inputs by their ordinals, in order; those that are not there are left
    /// out.
    fn inputs(
        &self,
        company: CompanyId,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Message>, JournalError>;

    /// Conversations with a clock running, of all companies, after a place in
    /// the list (the last one's company and id); at most `limit`. To set the
    /// timers at the start.
    fn due(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, JournalError>;

    /// Conversations that are not resolved, of all companies, paged as in
    /// [`due`](Journal::due). To rebuild the queues at the start.
    fn unresolved(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, JournalError>;

    // The outbox.

    /// Items to be sent by now, of all companies, the longest due first, after
    /// a place in that order (the last one's `not_before`, company and key); at
    /// most `limit`. Whoever has some of them out, or a target that takes none,
    /// finds the others on the pages that follow. What is held back by an
    /// earlier item of its [conversation](crate::NewOutbox::conversation) is not
    /// among them.
    fn outbox_due(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, CompanyId, String)>,
        limit: usize,
    ) -> Result<Vec<OutboxItem>, JournalError>;

    /// When the first item that waits and is not held back is to be sent, past
    /// or to come; absent: none waits. What is out and not yet answered for still waits: past it,
    /// [`outbox_due`](Journal::outbox_due) at the end of time tells what
    /// follows.
    fn outbox_next(&self) -> Result<Option<Timestamp>, JournalError>;

    /// An item, wherever it stands.
    fn outbox_item(
        &self,
        company: CompanyId,
        key: &str,
    ) -> Result<Option<OutboxItem>, JournalError>;

    /// A company's items in a state, by key, after a key (empty: from the
    /// first).
    fn outbox_list(
        &self,
        company: CompanyId,
        state: OutboxState,
        after: &str,
        limit: usize,
    ) -> Result<Vec<OutboxItem>, JournalError>;

    /// How many items wait and were given up, of each company that has any.
    fn outbox_counts(&self) -> Result<Vec<OutboxCount>, JournalError>;

    /// The target has it. Saying so again changes nothing.
    ///
    /// # Errors
    /// [`JournalError::NoItem`] for an unknown key.
    fn outbox_done(&self, company: CompanyId, key: &str) -> Result<(), JournalError>;

    /// An attempt failed: count it, and try again later.
    ///
    /// # Errors
    /// [`JournalError::NoItem`] unless it waits.
    fn outbox_later(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), JournalError>;

    /// Give it up: it waits for a human.
    ///
    /// # Errors
    /// [`JournalError::NoItem`] unless it waits.
    fn outbox_dead(&self, company: CompanyId, key: &str, problem: &str)
    -> Result<(), JournalError>;

    /// Send it after all, with its attempts counted from 0: one that was
    /// given up, or one that waits and should not. Together with what the audit
    /// trail says of it.
    ///
    /// # Errors
    /// [`JournalError::NoItem`] if it is unknown or done.
    fn outbox_retry(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        audit: AuditEntry,
    ) -> Result<(), JournalError>;

    // What happens to a company.

    /// Write into a company's feed what happened to none of its conversations;
    /// at most 10,000. Answers the feed number of the first.
    fn note(&self, company: CompanyId, notes: Vec<Note>) -> Result<u64, JournalError>;

    // Setups.

    /// Keep a generation of a company's setup, and have the company decide by
    /// it, or one of both: all in one transaction, with what the audit trail
    /// says of it.
    ///
    /// # Errors
    /// [`JournalError::GenerationTaken`] when the number is not the next one,
    /// [`JournalError::GenerationMoved`] when the company decides by another
    /// than expected, [`JournalError::NoGeneration`].
    fn put_generation(
        &self,
        company: CompanyId,
        new: Option<NewGeneration>,
        activation: Option<Activation>,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<(), JournalError>;

    /// By which generation each company decides, by name; those that decide by
    /// none are left out.
    fn active_generations(&self) -> Result<Vec<ActiveGeneration>, JournalError>;

    /// The number of the generation a company decides by.
    fn active_generation(&self, company: CompanyId) -> Result<Option<u64>, JournalError>;

    /// A company's generations, newest first, before a number; at most
    /// `limit`.
    fn generations(
        &self,
        company: CompanyId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<GenerationRow>, JournalError>;

    /// A generation, and what it is built from.
    fn generation(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<(GenerationRow, Vec<u8>)>, JournalError>;

    /// A part that generations refer to, by its digest.
    fn generation_part(&self, digest: [u8; 32]) -> Result<Option<Vec<u8>>, JournalError>;

    /// Begin to try a generation beside the one the company decides by, or by
    /// other terms; with what the feed and the audit trail say of it.
    /// An activation ends what is tried.
    ///
    /// # Errors
    /// [`JournalError::GenerationMoved`] when the company decides by another
    /// than its control, [`JournalError::NoGeneration`].
    fn put_rollout(
        &self,
        company: CompanyId,
        rollout: RolloutRow,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<(), JournalError>;

    /// Say how what is tried stands, where that generation still is; answers
    /// whether it is.
    fn tally_rollout(
        &self,
        company: CompanyId,
        generation: u64,
        tally: String,
    ) -> Result<bool, JournalError>;

    /// Try it no more; answers whether something was tried. If nothing was,
    /// nothing is said of it.
    fn end_rollout(
        &self,
        company: CompanyId,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool, JournalError>;

    /// What companies try, by the companies' names.
    fn rollouts(&self) -> Result<Vec<(CompanyId, String, RolloutRow)>, JournalError>;

    // The roster.

    /// Put agents on a company's roster, all in one transaction and together
    /// with what the feed says of it, each in place of the one with its id; of
    /// two with one id the later stays. At most 10,000. The audit trail says so
    /// where somebody had it done.
    fn put_agents(
        &self,
        company: CompanyId,
        agents: Vec<AgentRow>,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<(), JournalError>;

    /// Take an agent off the roster, and forget everything about them; if
    /// there was one, together with what the feed and the audit trail say of it.
    /// Answers whether there was. Conversations they own keep their name; their
    /// tokens are revoked, for another may come under the same id.
    fn remove_agent(
        &self,
        company: CompanyId,
        id: &str,
        notes: Vec<Note>,
        audit: AuditEntry,
    ) -> Result<bool, JournalError>;

    /// Agents of a company, by id, after an id (empty: from the first).
    fn agents(
        &self,
        company: CompanyId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<AgentRow>, JournalError>;

    // What operators ordered.

    /// Keep a directive, in place of the one of its name, together with what
    /// the feed and the audit trail say of it.
    fn put_directive(
        &self,
        company: CompanyId,
        directive: Directive,
        notes: Vec<Note>,
        audit: AuditEntry,
    ) -> Result<(), JournalError>;

    /// Take a directive back; if there was one, together with what the feed and
    /// the audit trail say of it. The audit trail says nothing of what ended by
    /// itself. Answers whether there was one.
    fn lift_directive(
        &self,
        company: CompanyId,
        name: &str,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool, JournalError>;

    /// A company's directives, by name.
    fn directives(&self, company: CompanyId) -> Result<Vec<Directive>, JournalError>;

    // People.

    /// The contact of an address, made at first sight.
    fn address(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<Found, JournalError>;

    /// Give a contact one more address.
    ///
    /// # Errors
    /// [`JournalError::AddressTaken`] when it belongs to another contact,
    /// [`JournalError::NoContact`], [`JournalError::Erased`].
    fn add_address(
        &self,
        company: CompanyId,
        contact: ContactId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<(), JournalError>;

    /// Channels and addresses of the person behind a contact, in order.
    fn addresses(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<Vec<(String, String)>, JournalError>;

    /// All contacts that are one person with this one, itself among them, in
    /// order; the first field of the answer stands for the person.
    fn person(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<(ContactId, Vec<ContactId>), JournalError>;

    /// Make two contacts one person; what either holds stays its own.
    /// Answers the number of the change.
    ///
    /// # Errors
    /// [`JournalError::SamePerson`], [`JournalError::NoContact`],
    /// [`JournalError::Erased`].
    fn merge(
        &self,
        company: CompanyId,
        contact: ContactId,
        into: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64, JournalError>;

    /// Part a contact from the one it was merged into.
    ///
    /// # Errors
    /// [`JournalError::NotMerged`], [`JournalError::NoContact`].
    fn split(
        &self,
        company: CompanyId,
        contact: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64, JournalError>;

    /// Undo a merge or a split. That is a change of its own, and can be undone.
    ///
    /// # Errors
    /// [`JournalError::NotUndoable`].
    fn undo(
        &self,
        company: CompanyId,
        change: u64,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64, JournalError>;

    /// Merges and splits of the contacts that are one person with this one,
    /// or were, oldest first.
    fn contact_changes(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<Vec<ContactChange>, JournalError>;

    /// Destroy the keys and addresses of the person behind a contact, and what
    /// policies remember of them and their conversations. What was
    /// sealed for them can never be opened again, here or in a backup made
    /// afterwards; earlier backups must be discarded by whoever keeps them.
    ///
    /// # Errors
    /// [`JournalError::NoContact`].
    fn erase(
        &self,
        company: CompanyId,
        contact: ContactId,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<Erased, JournalError>;

    /// Seal bytes under a contact's key. The same bytes for the same contact
    /// and purpose give the same sealed bytes, so that doing a thing again
    /// writes the same again.
    fn seal(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError>;

    /// Open sealed bytes.
    fn open(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError>;

    // Who may ask, and who did what.

    /// Keep a token, together with what the audit trail says of it.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] for a standing nobody can have,
    /// [`JournalError::NoAgent`] for an agent's who is not on the roster.
    fn put_token(&self, token: Token, audit: AuditEntry) -> Result<(), JournalError>;

    /// Every token there ever was, in the order in which they were made.
    fn tokens(&self) -> Result<Vec<Token>, JournalError>;

    /// Take a token back, together with what the audit trail says of it.
    /// Answers whether it still was not.
    ///
    /// # Errors
    /// [`JournalError::NoToken`].
    fn revoke_token(
        &self,
        id: TokenId,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<bool, JournalError>;

    /// Write an act into the audit trail that was no write of this journal: a
    /// read of personal data, a copy, a change of policies. Answers its number.
    fn audit(&self, audit: AuditEntry) -> Result<u64, JournalError>;

    /// Acts after a number, in order: a company's, or everybody's.
    fn audited(
        &self,
        company: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Audited>, JournalError>;

    /// Walk along the whole audit trail, up to the first act that is not what
    /// was written, and look for one of an expected hash.
    fn verify_audit(&self, expected: Option<AuditHash>) -> Result<AuditChain, JournalError>;

    // Keeping it sound.

    /// How long writing took and how much went together, since it was opened.
    /// Reads nothing and waits for nobody, as does [`bytes`](Journal::bytes).
    fn writes(&self) -> &Writes;

    /// Size of the store's files.
    fn bytes(&self) -> u64;

    /// How it fares.
    fn status(&self) -> Result<Status, JournalError>;

    /// Copy it into a new file while it is in use, and check the copy.
    ///
    /// # Errors
    /// [`JournalError::File`] when `to` exists.
    fn backup(&self, to: &Path) -> Result<Backup, JournalError>;

    /// Look for damage. Reads everything, while work goes on.
    fn check(&self) -> Result<CheckReport, JournalError>;

    /// Let go what was last touched before a time: resolved conversations
    /// with their entries, inputs, memories, except those of which something in
    /// the outbox waits or was given up; items of the outbox that are
    /// done; expired memories. In small steps, while work goes on.
    fn compact(&self, before: Timestamp) -> Result<Compacted, JournalError>;
}
