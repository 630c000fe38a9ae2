//! Conversations: the desk's snapshot, and the columns it is found by.

use jiff::Timestamp;
use patchbay_model::conversation_state::ConversationState;

use crate::{CompanyId, ContactId, ConversationId, Result};

/// Ids that are read at once to count conversations.
const COUNTED: usize = 1_000;

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its company.
    pub company: CompanyId,
    /// Its id.
    pub id: ConversationId,
    /// Sequence number of its last entry. Ignored in a commit.
    pub sequence: u64,
    /// Key of its thread.
    pub thread: Vec<u8>,
    /// The customer, as first seen; `None` if unknown.
    pub contact: Option<ContactId>,
    /// State.
    pub state: ConversationState,
    /// Queue it waits in or came from.
    pub queue: Option<String>,
    /// Agent who owns it.
    pub owner: Option<String>,
    /// When its next clock rings; `None`: no clock runs.
    pub due_at: Option<Timestamp>,
    /// When it was opened; of two on one thread the later is the current one.
    pub opened_at: Timestamp,
    /// The desk's record of it, at most 16 MiB. No personal data in the clear.
    pub snapshot: Vec<u8>,
}

/// Place of a conversation among those that are resolved, by the time of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolvedMark {
    /// When it was resolved, in microseconds since 1970.
    pub at: u64,
    /// Tells those of one moment apart.
    pub number: u64,
}

/// Conversations with a message id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageMatches {
    /// The conversations, each once.
    pub conversations: Vec<ConversationId>,
    /// Whether those are all. `false`: there are more, or the company has more channels and
    /// accounts than are gone through, which is 1,000.
    pub is_complete: bool,
}

/// Reads conversations. [`Commits`](crate::Commits) writes them.
pub trait Conversations {
    /// A conversation by its id.
    fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>>;

    /// The conversation opened last on a thread, resolved or not.
    fn current_conversation(
        &self,
        company: CompanyId,
        thread: &[u8],
    ) -> Result<Option<Conversation>>;

    /// How many conversations a thread has had.
    fn count_conversations(&self, company: CompanyId, thread: &[u8]) -> Result<u32>;

    /// The newest `limit` conversations of the person behind a contact, oldest
    /// first.
    fn conversations_of_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        limit: usize,
    ) -> Result<Vec<Conversation>>;

    /// Ids of the unresolved conversations of the person behind a contact, in the order in
    /// which they were opened, after one of them; at most `limit`. Also of an erased person.
    fn unresolved_of_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationId>>;

    /// How many conversations of the person behind a contact are unresolved. Also of an
    /// erased person. Reads all their ids, in pages.
    fn count_unresolved_of_contact(&self, company: CompanyId, contact: ContactId) -> Result<usize> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.unresolved_of_contact(company, contact, after, COUNTED)?;
            count += page.len();
            if page.len() < COUNTED {
                return Ok(count);
            }
            after = page.last().copied();
        }
    }

    /// The `limit` conversations that were resolved last before a mark (absent: the last
    /// ones), newest first: of a company, or of the person behind a contact.
    fn resolved_conversations(
        &self,
        company: CompanyId,
        contact: Option<ContactId>,
        before: Option<ResolvedMark>,
        limit: usize,
    ) -> Result<Vec<(ResolvedMark, Conversation)>>;

    /// Channels from which a company has ever accepted something that is still stored, each
    /// once, in order; at most `limit`.
    fn channels_of(&self, company: CompanyId, limit: usize) -> Result<Vec<String>>;

    /// Conversations of a company that have an input with a channel's message id, on any
    /// channel and account; at most `limit`.
    fn conversations_with_message(
        &self,
        company: CompanyId,
        message: &str,
        limit: usize,
    ) -> Result<MessageMatches>;

    /// How many conversations of a company, or of the person behind a contact, are
    /// resolved. Reads an index, not the conversations.
    fn count_resolved(&self, company: CompanyId, contact: Option<ContactId>) -> Result<u64>;

    // Host-wide.

    /// Conversations of all companies with a running clock, after the company
    /// and id of the last one read; at most `limit`. Read at the start, to set
    /// the timers.
    fn conversations_with_clock(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>>;

    /// Unresolved conversations of all companies, paged like
    /// [`conversations_with_clock`](Conversations::conversations_with_clock).
    /// Read at the start, to rebuild the queues.
    fn unresolved_conversations(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>>;
}
