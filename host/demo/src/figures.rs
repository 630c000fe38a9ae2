//! Figures of a day, for a table or a document.

use std::collections::BTreeMap;

/// Counts by name.
pub type Counts = BTreeMap<String, u64>;

/// Figures of one company, or of several added up.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Agents at work.
    pub agents: u64,
    /// Interactions the server accepted.
    pub interactions: u64,
    /// Conversations with at least one interaction.
    pub conversations: u64,
    /// Conversations whose first response was given or missed.
    pub first_responses_due: u64,
    /// Those of them that were answered in time.
    pub first_responses_in_time: u64,
    /// Simulated minutes until each first response.
    pub first_response_minutes: Vec<f64>,
    /// Journal entries by kind.
    pub kinds: Counts,
    /// Escalation actions by kind.
    pub escalations: Counts,
    /// Escalation triggers by code.
    pub triggers: Counts,
    /// Subjects of incidents, sorted within a company.
    pub incidents: Vec<String>,
    /// Conversations that returned to their queue, by reason.
    pub returned: Counts,
    /// Decisions made.
    pub decisions: u64,
    /// Decisions that failed, by outcome.
    pub not_ok: Counts,
    /// Returning customers answered by the agent who had answered before.
    pub same_agent: u64,
    /// Returning customers answered by another agent.
    pub other_agent: u64,
    /// Replies delivered, each once.
    pub replies: u64,
    /// Notices delivered, each once.
    pub notices: u64,
    /// Idempotency keys delivered more than once.
    pub repeated: u64,
    /// Delivery attempts that failed.
    pub failed: u64,
    /// Conversations that are not resolved, by state.
    pub open: Counts,
    /// Microseconds inside policies, for each message.
    pub micros: Vec<f64>,
}

impl Figures {
    /// Add the figures of another company.
    pub fn add(&mut self, other: &Figures) {
        for (to, from) in [
            (&mut self.agents, other.agents),
            (&mut self.interactions, other.interactions),
            (&mut self.conversations, other.conversations),
            (&mut self.decisions, other.decisions),
            (&mut self.first_responses_due, other.first_responses_due),
            (
                &mut self.first_responses_in_time,
                other.first_responses_in_time,
            ),
            (&mut self.same_agent, other.same_agent),
            (&mut self.other_agent, other.other_agent),
            (&mut self.replies, other.replies),
            (&mut self.notices, other.notices),
            (&mut self.repeated, other.repeated),
            (&mut self.failed, other.failed),
        ] {
            *to += from;
        }
        for (to, from) in [
            (&mut self.kinds, &other.kinds),
            (&mut self.escalations, &other.escalations),
            (&mut self.triggers, &other.triggers),
            (&mut self.returned, &other.returned),
            (&mut self.not_ok, &other.not_ok),
            (&mut self.open, &other.open),
        ] {
            for (name, count) in from {
                *to.entry(name.clone()).or_default() += count;
            }
        }
        let minutes = &other.first_response_minutes;
        self.first_response_minutes.extend(minutes);
        self.micros.extend(&other.micros);
        self.incidents.extend(other.incidents.iter().cloned());
    }

    /// Journal entries of a kind.
    pub fn kind(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    /// Share of first responses in time, 0 to 1; 1 where none was due.
    pub fn service_level(&self) -> f64 {
        match self.first_responses_due {
            0 => 1.0,
            due => self.first_responses_in_time as f64 / due as f64,
        }
    }
}
