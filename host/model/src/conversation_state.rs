//! States of a conversation.

use crate::codes;

codes! {
    /// State of a conversation; exactly one at a time.
    #[derive(Default)]
    pub enum ConversationState {
        /// Waits for an agent.
        #[default]
        Queued = "queued",
        /// Offered to an agent.
        Reserved = "reserved",
        /// Owned by an agent.
        Active = "active",
        /// Answered; the customer is next. The owner keeps it.
        WaitingOnCustomer = "waiting-on-customer",
        /// Set aside by its agent or by a route plan.
        OnHold = "on-hold",
        /// A reply waits for approval.
        AwaitingApproval = "awaiting-approval",
        /// Answered; its agent completes the notes. Holds capacity, bounded.
        Wrapping = "wrapping",
        /// Complete. A new message within a window reopens it.
        Resolved = "resolved",
    }
}
