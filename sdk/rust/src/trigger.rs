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

    /// Code. The set grows: answer none to a code you do not know.
    ///
    /// - `classified`: an interaction was classified.
    /// - `sla-at-risk`, `sla-breached`: a share of a target, or all of it, is
    ///   used up; once each.
    /// - `customer-returned`: the conversation was reopened, or its contact
    ///   began it within the company's window for the same agent.
    /// - `declined`: the only agent who fits declined it or let its offer time
    ///   out.
    /// - `silent-agent`: its owner has not answered the customer for as long
    ///   as the company allows.
    /// - `wake-up`: an escalation asked to be called now.
    /// - `volume-surge`, `reach-surge`: many write about one thing, or few
    ///   before many.
    pub fn code(&self) -> String {
        self.host.code()
    }

    /// When it fired: the moment of the decision.
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

    /// For SLA triggers, when the target is or was due; for `wake-up`, when
    /// it was asked for; otherwise absent.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.host.due_at()
    }

    /// For surges, the topic or intent that surges; for `wake-up`, the name it
    /// was asked for by, absent where it had none; otherwise absent.
    pub fn subject(&self) -> Option<String> {
        self.host.subject()
    }

    /// For `declined`, the agent who declined it or let its offer time out;
    /// for `silent-agent`, the agent who is silent; otherwise absent.
    pub fn agent(&self) -> Option<String> {
        self.host.agent()
    }

    /// For `volume-surge`, how many interactions were counted in the window;
    /// for `reach-surge`, how many people see them; for `declined`, how many
    /// offers of it failed since it last had an owner; otherwise absent.
    pub fn count(&self) -> Option<u64> {
        self.host.count()
    }

    /// For surges, what a window of the same length usually counts; otherwise
    /// absent.
    pub fn usual(&self) -> Option<f64> {
        self.host.usual()
    }

    /// For surges, length of the window in seconds; otherwise absent.
    pub fn window_seconds(&self) -> Option<u32> {
        self.host.window_seconds()
    }
}
