//! What those who answer a person need to know about them.

use crate::{CompanyId, ContactId, Conversation, OptOut, Result};

/// The conversations and opt-outs of a person, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonOverview {
    /// The person's contacts, in order.
    pub contacts: Vec<ContactId>,
    /// Conversations that are not resolved, newest first.
    pub open: Vec<Conversation>,
    /// Resolved conversations, newest first.
    pub resolved: Vec<Conversation>,
    /// Number of all resolved conversations.
    pub resolved_count: u64,
    /// What the person's contacts said about messages to them, by contact, channel, account
    /// and purpose.
    pub opt_outs: Vec<OptOut>,
}

/// How much of a person's data is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewLimits {
    /// Most open conversations.
    pub open: usize,
    /// Most resolved conversations.
    pub resolved: usize,
    /// Most opt-outs.
    pub opt_outs: usize,
}

/// Reads persons.
pub trait PersonOverviews {
    /// The overview of the person behind a contact. Goes through the person's
    /// conversations by an index; reads the snapshots of those in the limits only.
    ///
    /// # Errors
    /// `JournalError::NoContact`.
    fn person_overview(
        &self,
        company: CompanyId,
        contact: ContactId,
        limits: OverviewLimits,
    ) -> Result<PersonOverview>;
}
