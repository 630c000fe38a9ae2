//! Incidents and pending approvals across the conversations of a company.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
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

/// Since when a reply of a conversation waits for approval. Ordered by age, the oldest
/// first.
pub type WaitingApproval = (Timestamp, ConversationId);

/// Follows the stored conversations: set when the desk opens, and by each commit for
/// its conversation.
#[derive(Debug, Default)]
pub struct Overview {
    incidents: BTreeMap<String, BTreeSet<ConversationId>>,
    incident_of: BTreeMap<ConversationId, String>,
    /// Incidents that passes opened or joined and whose commits are not stored yet.
    /// They are not listed.
    unstored: BTreeMap<ConversationId, String>,
    approvals: BTreeSet<WaitingApproval>,
    approval_of: BTreeMap<ConversationId, Timestamp>,
}

impl Overview {
    /// Adopt a conversation's stored snapshot.
    pub fn update(&mut self, id: ConversationId, snapshot: &Snapshot) {
        self.unstored.remove(&id);
        let waits_since = snapshot.pending.as_ref().map(|pending| pending.since);
        self.set(id, open_incident(snapshot), waits_since);
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

    /// Set a conversation's incident (`None` where it is resolved), and since when a
    /// reply of it waits for approval.
    fn set(&mut self, id: ConversationId, incident: Option<&str>, waits_since: Option<Timestamp>) {
        if let Some(before) = self.approval_of.remove(&id) {
            self.approvals.remove(&(before, id));
        }
        if let Some(since) = waits_since {
            self.approval_of.insert(id, since);
            self.approvals.insert((since, id));
        }
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

    /// Conversations with a reply that waits for approval, oldest first, after one.
    pub fn approvals(&self, after: Option<WaitingApproval>, limit: usize) -> Vec<WaitingApproval> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let waiting = self.approvals.range((from, Bound::Unbounded));
        waiting.copied().take(limit).collect()
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
        let at = |second| Timestamp::from_second(second).ok();
        overview.set(first, Some("outage"), at(7));
        overview.set(second, Some("outage"), at(5));
        assert_eq!(overview.incidents(9)[0].1, 2);
        assert!(overview.is_open("outage") && !overview.is_open("refunds"));
        let waiting = overview.approvals(None, 9);
        let ids: Vec<_> = waiting.iter().map(|(_, id)| *id).collect();
        assert_eq!(ids, [second, first]);
        assert_eq!(overview.approvals(None, 1), waiting[..1]);
        assert_eq!(overview.approvals(Some(waiting[0]), 9), waiting[1..]);
        overview.set(first, Some("refunds"), None);
        overview.set(second, None, None);
        let left: Vec<String> = overview
            .incidents(9)
            .into_iter()
            .map(|(incident, _)| incident.subject)
            .collect();
        assert_eq!(left, ["refunds"]);
        assert!(overview.approvals(None, 9).is_empty());
    }

    #[test]
    fn an_incident_that_is_not_stored_yet_is_open_and_not_listed() {
        let id = ConversationId([1; 16]);
        let mut snapshot = Snapshot::new("chat", Timestamp::UNIX_EPOCH, 0);
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
