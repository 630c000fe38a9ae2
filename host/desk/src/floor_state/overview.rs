//! Incidents and pending approvals across the conversations of a company.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::snapshot::Snapshot;

/// Unresolved conversations about the same subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The subject.
    pub subject: String,
    /// Its unresolved conversations.
    pub conversations: Vec<ConversationId>,
}

/// Follows the stored conversations: set when the desk opens, and by each commit for
/// its conversation.
#[derive(Debug, Default)]
pub(crate) struct Overview {
    incidents: BTreeMap<String, BTreeSet<ConversationId>>,
    incident_of: BTreeMap<ConversationId, String>,
    approvals: BTreeSet<ConversationId>,
}

impl Overview {
    /// Adopt a conversation's stored snapshot.
    pub(crate) fn update(&mut self, id: ConversationId, snapshot: &Snapshot) {
        let is_over = snapshot.state == ConversationState::Resolved;
        let incident = snapshot.incident.as_deref().filter(|_| !is_over);
        self.set(id, incident, snapshot.pending.is_some());
    }

    /// Set a conversation's incident (`None` where it is resolved), and whether
    /// a reply of it waits for approval.
    fn set(&mut self, id: ConversationId, incident: Option<&str>, is_pending: bool) {
        match is_pending {
            true => self.approvals.insert(id),
            false => self.approvals.remove(&id),
        };
        if self.incident_of.get(&id).map(String::as_str) == incident {
            return;
        }
        if let Some(before) = self.incident_of.remove(&id)
            && let Some(conversations) = self.incidents.get_mut(&before)
        {
            conversations.remove(&id);
            if conversations.is_empty() {
                self.incidents.remove(&before);
            }
        }
        if let Some(incident) = incident {
            self.incident_of.insert(id, incident.to_owned());
            let conversations = self.incidents.entry(incident.to_owned()).or_default();
            conversations.insert(id);
        }
    }

    /// Whether a subject has an open incident.
    pub(crate) fn is_open(&self, subject: &str) -> bool {
        self.incidents.contains_key(subject)
    }

    /// Open incidents by subject, each with at most `limit` conversations.
    pub(crate) fn incidents(&self, limit: usize) -> Vec<(Incident, usize)> {
        self.incidents
            .iter()
            .map(|(subject, conversations)| {
                let incident = Incident {
                    subject: subject.clone(),
                    conversations: conversations.iter().copied().take(limit).collect(),
                };
                (incident, conversations.len())
            })
            .collect()
    }

    /// Conversations with a reply that waits for approval.
    pub(crate) fn approvals(&self, limit: usize) -> Vec<ConversationId> {
        self.approvals.iter().copied().take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_open_while_one_of_its_conversations_is() {
        let (first, second) = (ConversationId([1; 16]), ConversationId([2; 16]));
        let mut overview = Overview::default();
        overview.set(first, Some("outage"), false);
        overview.set(second, Some("outage"), true);
        assert_eq!(overview.incidents(9)[0].1, 2);
        assert!(overview.is_open("outage") && !overview.is_open("refunds"));
        assert_eq!(overview.approvals(9), [second]);
        overview.set(first, Some("refunds"), false);
        overview.set(second, None, false);
        let left: Vec<String> = overview
            .incidents(9)
            .into_iter()
            .map(|(incident, _)| incident.subject)
            .collect();
        assert_eq!(left, ["refunds"]);
        assert!(overview.approvals(9).is_empty());
    }
}
