//! What a supervisor looks at across conversations: incidents, and replies that
//! wait for an approval.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_journal::ConversationId;

/// Conversations grouped because they are about the same trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// What it is about.
    pub subject: String,
    /// Its conversations that are not resolved.
    pub conversations: Vec<ConversationId>,
}

/// Kept from the conversations as they are committed.
#[derive(Debug, Default)]
pub(crate) struct Overview {
    incidents: BTreeMap<String, BTreeSet<ConversationId>>,
    incident_of: BTreeMap<ConversationId, String>,
    approvals: BTreeSet<ConversationId>,
}

impl Overview {
    /// Note how a conversation stands: the incident it belongs to, if it is
    /// not resolved, and whether a reply waits for approval.
    pub(crate) fn note(&mut self, id: ConversationId, incident: Option<&str>, waits: bool) {
        match waits {
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

    /// Whether there is an open incident of a subject.
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

    /// Conversations with a reply that waits, after one.
    pub(crate) fn approvals(&self, limit: usize) -> Vec<ConversationId> {
        self.approvals.iter().copied().take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_there_while_one_of_its_conversations_is() {
        let (first, second) = (ConversationId([1; 16]), ConversationId([2; 16]));
        let mut overview = Overview::default();
        overview.note(first, Some("outage"), false);
        overview.note(second, Some("outage"), true);
        assert_eq!(overview.incidents(9)[0].1, 2);
        assert!(overview.is_open("outage") && !overview.is_open("refunds"));
        assert_eq!(overview.approvals(9), [second]);
        overview.note(first, Some("refunds"), false);
        overview.note(second, None, false);
        let left: Vec<String> = overview
            .incidents(9)
            .into_iter()
            .map(|(incident, _)| incident.subject)
            .collect();
        assert_eq!(left, ["refunds"]);
        assert!(overview.approvals(9).is_empty());
    }
}
