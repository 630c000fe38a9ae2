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
pub struct Overview {
    incidents: BTreeMap<String, BTreeSet<ConversationId>>,
    incident_of: BTreeMap<ConversationId, String>,
    /// Incidents that passes opened or joined and whose commits are not stored yet.
    /// They are not listed.
    unstored: BTreeMap<ConversationId, String>,
    approvals: BTreeSet<ConversationId>,
}

impl Overview {
    /// Adopt a conversation's stored snapshot.
    pub fn update(&mut self, id: ConversationId, snapshot: &Snapshot) {
        self.unstored.remove(&id);
        self.set(id, open_incident(snapshot), snapshot.pending.is_some());
    }

    /// Note the incident of a conversation whose commit is about to be stored:
    /// messages that other passes decide meanwhile join it. Followed by
    /// [`update`](Self::update) or [`drop_unstored`](Self::drop_unstored).
    pub fn note_unstored(&mut self, id: ConversationId, snapshot: &Snapshot) {
        let incident = open_incident(snapshot);
        match incident.filter(|incident| !self.is_listed(incident)) {
            Some(incident) => self.unstored.insert(id, incident.to_owned()),
            None => self.unstored.remove(&id),
        };
    }

    /// The commit of a conversation was not stored.
    pub fn drop_unstored(&mut self, id: ConversationId) {
        self.unstored.remove(&id);
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

    /// Whether a subject has an open incident, stored or about to be.
    pub fn is_open(&self, subject: &str) -> bool {
        self.is_listed(subject) || self.unstored.values().any(|known| known == subject)
    }

    fn is_listed(&self, subject: &str) -> bool {
        self.incidents.contains_key(subject)
    }

    /// Open incidents by subject, each with at most `limit` conversations.
    pub fn incidents(&self, limit: usize) -> Vec<(Incident, usize)> {
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
    pub fn approvals(&self, limit: usize) -> Vec<ConversationId> {
        self.approvals.iter().copied().take(limit).collect()
    }
}

/// The incident of a conversation that is not resolved.
fn open_incident(snapshot: &Snapshot) -> Option<&str> {
    let is_over = snapshot.state == ConversationState::Resolved;
    snapshot.incident.as_deref().filter(|_| !is_over)
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
    #[test]
    fn an_incident_that_is_not_stored_yet_is_open_and_not_listed() {
        let id = ConversationId([1; 16]);
        let mut snapshot = Snapshot::new("chat", jiff::Timestamp::UNIX_EPOCH, 0);
        snapshot.incident = Some("outage".to_owned());
        let mut overview = Overview::default();
        overview.note_unstored(id, &snapshot);
        assert!(overview.is_open("outage") && !overview.is_open("refunds"));
        assert!(overview.incidents(9).is_empty());
        overview.drop_unstored(id);
        assert!(!overview.is_open("outage"), "its commit failed");
        overview.note_unstored(id, &snapshot);
        overview.update(id, &snapshot);
        assert_eq!(overview.incidents(9).len(), 1);
        snapshot.state = ConversationState::Resolved;
        overview.note_unstored(id, &snapshot);
        overview.update(id, &snapshot);
        assert!(!overview.is_open("outage"), "it ended");
    }
}
