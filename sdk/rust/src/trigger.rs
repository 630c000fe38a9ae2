use crate::source::types;
use crate::{Conversation, Timestamp};

/// Why an escalation policy is called.
#[derive(Debug)]
pub struct Trigger {
    pub(crate) host: types::Trigger,
}

impl Trigger {
    pub(crate) fn new(host: types::Trigger) -> Self {
        Self { host }
    }

    /// Code: `classified`, `sla-at-risk`, `sla-breached`,
    /// `customer-returned`, `declined`, `silent-agent`, `wake-up`,
    /// `volume-surge`, `reach-surge`. The set grows: answer none to a
    /// code you do not know.
    pub fn code(&self) -> String {
        self.host.code()
    }

    /// When it fired.
    pub fn at(&self) -> Timestamp {
        self.host.at()
    }

    /// The conversation it is about; absent for a surge over many.
    pub fn conversation(&self) -> Option<Conversation> {
        self.host.conversation().map(Conversation::new)
    }

    /// For SLA triggers, the clock: `first-response`, `next-response` or
    /// `resolution`; otherwise absent.
    pub fn clock(&self) -> Option<String> {
        self.host.clock()
    }

    /// For SLA triggers, when the target is or was due; otherwise absent.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.host.due_at()
    }

    /// For surges, the topic or intent that surges; otherwise absent.
    pub fn subject(&self) -> Option<String> {
        self.host.subject()
    }

    /// For surges, how many interactions (or how much reach) were counted
    /// in the window; for `declined` and `silent-agent`, how many offers
    /// failed; otherwise absent.
    pub fn count(&self) -> Option<u64> {
        self.host.count()
    }

    /// For surges, what the window usually holds; otherwise absent.
    pub fn usual(&self) -> Option<f64> {
        self.host.usual()
    }
}
