//! Word lists: the words by which conversations are found, sealed like the texts that they
//! are of.

use crate::{CompanyId, ContactId, ConversationId, Result};

/// Version of the rules by which words are made that stands for none: no words are stored.
pub const NO_WORDS: u64 = 0;

/// A list of words of a conversation, as a commit writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWordList {
    /// The contact whose key sealed it: the author of the texts, or the customer to whom
    /// they were written.
    pub contact: ContactId,
    /// Its number among the lists of the contact in this conversation: 0, 1, 2 …
    pub part: u32,
    /// Whether no list has that number yet. Else it replaces the stored one.
    pub is_new: bool,
    /// The list, sealed for [`Purpose::Words`](crate::Purpose::Words).
    pub sealed: Vec<u8>,
}

/// A stored list of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWordList {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The contact whose key sealed it.
    pub contact: ContactId,
    /// Its number among the lists of the contact in this conversation.
    pub part: u32,
    /// The sealed list.
    pub sealed: Vec<u8>,
}

/// A conversation whose words are to be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutdatedWords {
    /// Place among all of them.
    pub place: u64,
    /// Its company.
    pub company: CompanyId,
    /// The conversation.
    pub conversation: ConversationId,
}

/// The words of a conversation, collected from all its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedWords {
    /// Its company.
    pub company: CompanyId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its sequence number when its texts were read.
    pub sequence: u64,
    /// The sealed lists, each with its contact, in their order.
    pub lists: Vec<(ContactId, Vec<u8>)>,
}

/// Stores word lists. [`Commits`](crate::Commits) adds the words of new texts in the commit
/// that records them. [`compact`](crate::Maintenance::compact) deletes a conversation's
/// lists with it, and the erasure of a contact those of the contact.
pub trait WordLists {
    /// The last list of a contact in a conversation.
    fn last_word_list(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        contact: ContactId,
    ) -> Result<Option<StoredWordList>>;

    /// Lists of conversations, those of one after the other in the given order, at most
    /// [`WORD_LISTS`](crate::limits::WORD_LISTS). If so many are returned, more may follow: of
    /// the last conversation that has one of them, and of those after it.
    fn word_lists(
        &self,
        company: CompanyId,
        conversations: &[ConversationId],
    ) -> Result<Vec<StoredWordList>>;

    /// The lists that follow one of a conversation, at most
    /// [`WORD_LISTS`](crate::limits::WORD_LISTS).
    fn more_word_lists(
        &self,
        company: CompanyId,
        after: &StoredWordList,
    ) -> Result<Vec<StoredWordList>>;

    /// How many of a company's conversations have outdated words.
    fn count_outdated_words(&self, company: CompanyId) -> Result<u64>;

    // Host-wide.

    /// Note by which rules words are made. If the stored ones were made by others, the
    /// words of every conversation are outdated; by [`NO_WORDS`], none are.
    fn set_word_rules(&self, rules: u64) -> Result<()>;

    /// Delete lists of all companies, at most `limit`. Returns whether more are left.
    fn delete_word_lists(&self, limit: usize) -> Result<bool>;

    /// Conversations of all companies whose words are outdated, after a place, in order; at
    /// most `limit`.
    fn outdated_words(&self, after: u64, limit: usize) -> Result<Vec<OutdatedWords>>;

    /// Replace the lists of conversations, in one transaction. A conversation that changed
    /// since its texts were read stays outdated.
    fn replace_word_lists(&self, collected: Vec<CollectedWords>) -> Result<()>;
}
