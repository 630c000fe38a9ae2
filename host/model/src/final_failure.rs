//! Why a delivery failed for good.

use crate::codes;

/// Why a delivery failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalFailure {
    /// Kind.
    pub kind: FinalKind,
    /// What went wrong, for the company: one line.
    pub problem: String,
}

codes! {
    /// Kinds of failure, by what a person can do about them.
    pub enum FinalKind {
        /// The target does not take this delivery, now or later: invalid, too
        /// long, against its rules, or there is no such target.
        Refused = "refused",
        /// The time for free replies on the channel is over.
        WindowClosed = "window-closed",
        /// This customer cannot be reached on the channel: blocked, opted out,
        /// unknown, deleted.
        RecipientUnreachable = "recipient-unreachable",
        /// The delivery may have arrived. A person must look before it is sent
        /// again: a retry may send it twice.
        Uncertain = "uncertain",
        /// Every permitted attempt failed.
        Exhausted = "exhausted",
    }
}
