//! The interface of a store: one trait per concern.

use crate::{
    Acknowledgements, AuditTrail, Commits, Companies, ConnectionRecords, ContactRecords, Contacts,
    ConversationEntries, Conversations, Directives, Entries, Files, Generations, Intake,
    Maintenance, OptOuts, Originals, Outbox, PersonOverviews, Quarantine, Receipts, Rollouts,
    Roster, Runs, Seal, SeenMarks, Sessions, Statistics, Tokens, Usage, WordLists,
};

macro_rules! journal {
    ($($concern:ident)+) => {
        /// A durable store. A backend implements each supertrait; this trait
        /// then applies to it. Methods of the supertraits are called on
        /// `dyn Journal` without importing them; on a concrete backend they
        /// need a `use`.
        ///
        /// Any thread may call any method at any time. A write blocks until
        /// its effect is on disk. A read sees every write acknowledged before
        /// it started.
        ///
        /// Methods under the heading "Host-wide" of a supertrait cover all
        /// companies at once. They assume that one process owns the store; a
        /// backend shared by several hosts needs each of them per company.
        ///
        /// # Errors
        /// Every method returns [`JournalError`](crate::JournalError) when the
        /// disk or the database fails. A method's own documentation names only
        /// further errors.
        pub trait Journal: $($concern +)+ Send + Sync {}

        impl<T: $($concern +)+ Send + Sync> Journal for T {}
    };
}

journal! {
    Companies Intake Commits Conversations ConversationEntries Entries Contacts ContactRecords PersonOverviews Seal Outbox Receipts Quarantine Originals Files OptOuts
    ConnectionRecords
    Generations Rollouts Roster Directives Tokens Sessions AuditTrail Maintenance Runs Usage
    Statistics Acknowledgements WordLists SeenMarks
}
