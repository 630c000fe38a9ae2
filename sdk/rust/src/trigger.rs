use crate::codes::{SlaClock, TriggerCode};
use crate::handle::handle;
use crate::source::types;
use crate::{Conversation, Timestamp};

handle! {
    /// Why an escalation policy is called.
    Trigger of types::Trigger {
        /// What happened. Decline a code you do not know: the set grows.
        get code: TriggerCode;
        /// When it fired: the time of the decision.
        get at: Timestamp;
        /// The conversation; absent for a surge over many.
        maybe conversation: Conversation;
        /// For SLA triggers, the clock; otherwise absent.
        maybe clock: SlaClock;
        /// For SLA triggers, when the target is or was due; for `wake-up`, the requested time;
        /// otherwise absent.
        maybe due_at: Timestamp;
        /// For surges, the topic or intent; for `wake-up`, the name given in the request, absent
        /// without one; otherwise absent.
        maybe subject: String;
        /// For `declined`, the agent who declined or let the offer time out; for `silent-agent`,
        /// the silent agent; otherwise absent.
        maybe agent: String;
        /// For `volume-surge`, interactions in the window; for `reach-surge`, people who see them;
        /// for `declined`, offers that failed since the conversation last had an owner; otherwise
        /// absent.
        maybe count: u64;
        /// For surges, the usual count in a window of the same length; otherwise absent.
        maybe usual: f64;
        /// For surges, length of the window in seconds; otherwise absent.
        maybe window_seconds: u32;
    }
}
