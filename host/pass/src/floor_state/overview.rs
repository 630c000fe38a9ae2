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
    /// Number of its unresolved conversations.
    pub open: usize,
    /// When a supervisor closed it, if no other conversation came into it since.
    pub closed_at: Option<Timestamp>,
}

/// A conversation of an incident, by the time at which it came into it.
pub type IncidentPlace = (Timestamp, ConversationId);

/// Since when a reply of a conversation waits for approval. Ordered by age, the oldest
/// first.
pub type WaitingApproval = (Timestamp, ConversationId);

/// Follows the stored conversations: set when the desk opens, and by each commit for
/// its conversation.
#[derive(Debug, Default)]
pub struct Overview {
    incidents: BTreeMap<String, BTreeSet<IncidentPlace>>,
    incident_of: BTreeMap<ConversationId, (String, Timestamp)>,
    /// When supervisors closed incidents, by subject.
    closed: BTreeMap<String, Timestamp>,
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
        let unlisted = open_incident(snapshot).filter(|(incident, since)| {
            !self.is_listed(incident) && !self.is_closed(incident, *since)
        });
        match unlisted {
            Some((incident, _)) => self.unstored.insert(id, incident.to_owned()),
            None => self.unstored.remove(&id),
        };
    }

    /// The commit of a conversation was not stored.
    pub fn drop_unstored(&mut self, id: ConversationId) {
        self.unstored.remove(&id);
    }

    /// Set a conversation's incident and since when it is in it (`None` where it is
    /// resolved), and since when a reply of it waits for approval.
    fn set(
        &mut self,
        id: ConversationId,
        incident: Option<(&str, Timestamp)>,
        waits_since: Option<Timestamp>,
    ) {
        if let Some(before) = self.approval_of.remove(&id) {
            self.approvals.remove(&(before, id));
        }
        if let Some(since) = waits_since {
            self.approval_of.insert(id, since);
            self.approvals.insert((since, id));
        }
        let known = self.incident_of.get(&id);
        if known.map(|(subject, since)| (subject.as_str(), *since)) == incident {
            return;
        }
        if let Some((before, since)) = self.incident_of.remove(&id)
            && let Some(conversations) = self.incidents.get_mut(&before)
        {
            conversations.remove(&(since, id));
            if conversations.is_empty() {
                self.incidents.remove(&before);
            }
        }
        if let Some((incident, since)) = incident {
            self.incident_of.insert(id, (incident.to_owned(), since));
            let conversations = self.incidents.entry(incident.to_owned()).or_default();
            conversations.insert((since, id));
        }
    }

    /// Whether a subject has an open incident, stored or about to be.
    pub fn is_open(&self, subject: &str) -> bool {
        self.is_listed(subject) || self.unstored.values().any(|known| known == subject)
    }

    /// Whether a subject has an open incident that is stored.
    fn is_listed(&self, subject: &str) -> bool {
        let newest = self.incidents.get(subject).and_then(BTreeSet::last);
        newest.is_some_and(|(since, _)| !self.is_closed(subject, *since))
    }

    /// Whether a supervisor closed an incident after a conversation came into it.
    fn is_closed(&self, subject: &str, since: Timestamp) -> bool {
        self.closed
            .get(subject)
            .is_some_and(|closed| since <= *closed)
    }

    /// A supervisor closed an incident, or reopened it (`None`).
    pub fn set_closed(&mut self, subject: &str, closed_at: Option<Timestamp>) {
        match closed_at {
            Some(at) => self.closed.insert(subject.to_owned(), at),
            None => self.closed.remove(subject),
        };
    }

    /// The incident of a subject.
    pub fn incident(&self, subject: &str) -> Option<Incident> {
        let conversations = self.incidents.get(subject)?;
        let closed_at = self.closed.get(subject).copied();
        Some(Incident {
            subject: subject.to_owned(),
            open: conversations.len(),
            closed_at: closed_at.filter(|_| !self.is_listed(subject)),
        })
    }

    /// Incidents by subject, after one.
    pub fn incidents(&self, after: Option<&str>) -> impl Iterator<Item = Incident> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let subjects = self.incidents.range::<str, _>((from, Bound::Unbounded));
        subjects.filter_map(|(subject, _)| self.incident(subject))
    }

    /// Conversations of an incident in the order in which they came into it, after one.
    pub fn incident_places(
        &self,
        subject: &str,
        after: Option<IncidentPlace>,
        limit: usize,
    ) -> Vec<IncidentPlace> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let places = self.incidents.get(subject).into_iter();
        let places = places.flat_map(|places| places.range((from, Bound::Unbounded)));
        places.copied().take(limit).collect()
    }

    /// Conversations with a reply that waits for approval, oldest first, after one.
    pub fn approvals(&self, after: Option<WaitingApproval>, limit: usize) -> Vec<WaitingApproval> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let waiting = self.approvals.range((from, Bound::Unbounded));
        waiting.copied().take(limit).collect()
    }
}

/// The incident of a conversation that is not resolved, and since when it is in it.
fn open_incident(snapshot: &Snapshot) -> Option<(&str, Timestamp)> {
    let is_over = snapshot.state == ConversationState::Resolved;
    let incident = snapshot.incident.as_deref().filter(|_| !is_over)?;
    let since = snapshot.incident_since.unwrap_or(snapshot.created_at);
    Some((incident, since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_open_while_one_of_its_conversations_is() {
        let (first, second) = (ConversationId([1; 16]), ConversationId([2; 16]));
        let mut overview = Overview::default();
        let at = |second| Timestamp::from_second(second).ok();
        let outage = Some(("outage", Timestamp::UNIX_EPOCH));
        overview.set(first, outage, at(7));
        overview.set(second, outage, at(5));
        assert_eq!(overview.incidents(None).next().map(|it| it.open), Some(2));
        assert!(overview.is_open("outage") && !overview.is_open("refunds"));
        let waiting = overview.approvals(None, 9);
        let ids: Vec<_> = waiting.iter().map(|(_, id)| *id).collect();
        assert_eq!(ids, [second, first]);
        assert_eq!(overview.approvals(None, 1), waiting[..1]);
        assert_eq!(overview.approvals(Some(waiting[0]), 9), waiting[1..]);
        overview.set(first, Some(("refunds", Timestamp::UNIX_EPOCH)), None);
        overview.set(second, None, None);
        let left = overview.incidents(None).map(|incident| incident.subject);
        assert_eq!(left.collect::<Vec<_>>(), ["refunds"]);
        assert_eq!(overview.incidents(Some("refunds")).count(), 0);
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
        assert_eq!(overview.incidents(None).count(), 0);
        overview.drop_unstored(id);
        assert!(!overview.is_open("outage"), "its commit failed");
        overview.note_unstored(id, &snapshot);
        overview.update(id, &snapshot);
        assert_eq!(overview.incidents(None).count(), 1);
        snapshot.state = ConversationState::Resolved;
        overview.note_unstored(id, &snapshot);
        overview.update(id, &snapshot);
        assert!(!overview.is_open("outage"), "it ended");
    }

    /// | what happens | open? |
    /// | --- | --- |
    /// | two conversations are in it | yes |
    /// | a supervisor closes it | no |
    /// | one of them is decided about again | no |
    /// | another conversation comes into it | yes, with all three |
    /// | that one is resolved | no |
    /// | the supervisor reopens it | yes |
    #[test]
    fn a_closed_incident_opens_again_with_another_conversation_or_by_hand() {
        let [first, second, third] = [1, 2, 3].map(|number| ConversationId([number; 16]));
        let at = |second| Timestamp::from_second(second).expect("in range");
        let mut overview = Overview::default();
        let mut snapshot = Snapshot::new("chat", at(1), 0);
        snapshot.join_incident("outage".to_owned(), at(5));
        overview.update(first, &snapshot);
        overview.update(second, &snapshot);
        overview.set_closed("outage", Some(at(9)));
        let closed = |overview: &Overview| {
            overview
                .incident("outage")
                .expect("its conversations")
                .closed_at
        };
        assert_eq!(closed(&overview), Some(at(9)));
        assert!(!overview.is_open("outage"));

        snapshot.join_incident("outage".to_owned(), at(11));
        assert_eq!(snapshot.incident_since, Some(at(5)), "it is in it already");
        overview.note_unstored(first, &snapshot);
        assert!(!overview.is_open("outage"));
        overview.update(first, &snapshot);
        assert!(!overview.is_open("outage"));

        snapshot.incident_since = Some(at(12));
        overview.note_unstored(third, &snapshot);
        assert!(overview.is_open("outage"), "about to be stored");
        overview.update(third, &snapshot);
        assert!(overview.is_open("outage"));
        assert_eq!(
            (
                closed(&overview),
                overview.incident("outage").map(|it| it.open)
            ),
            (None, Some(3))
        );
        let places = overview.incident_places("outage", None, 2);
        assert_eq!(places, [(at(5), first), (at(5), second)]);
        assert_eq!(
            overview.incident_places("outage", Some(places[1]), 2),
            [(at(12), third)]
        );

        snapshot.state = ConversationState::Resolved;
        overview.update(third, &snapshot);
        assert!(!overview.is_open("outage"));
        overview.set_closed("outage", None);
        assert!(overview.is_open("outage"));
    }
}
