//! The conversations of a company that are not resolved, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;

use super::{ListFilter, ListOrder, ListedConversation, SortKey};
use crate::snapshot::unix_ms;

/// The conversations of a company that are not resolved, without names and texts. A page
/// reads each row of the company once, or those of one agent or incident; it needs no
/// sorted copies.
#[derive(Debug, Default)]
pub struct OpenIndex {
    rows: HashMap<ConversationId, Arc<ListedConversation>>,
    by_owner: Groups,
    by_incident: Groups,
}

/// Conversations by a name that each has at most once.
#[derive(Debug, Default)]
struct Groups(HashMap<String, BTreeSet<ConversationId>>);

impl Groups {
    /// Moves a conversation from one name to another.
    fn change(&mut self, id: ConversationId, from: Option<&str>, to: Option<&str>) {
        if from == to {
            return;
        }
        if let Some(from) = from
            && let Some(group) = self.0.get_mut(from)
        {
            group.remove(&id);
            if group.is_empty() {
                self.0.remove(from);
            }
        }
        if let Some(to) = to {
            self.0.entry(to.to_owned()).or_default().insert(id);
        }
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &ConversationId> {
        self.0.get(name).into_iter().flatten()
    }
}

/// How many conversations a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// Those that match the filter.
    pub matching: usize,
    /// Those that match all but the states of the filter, by state.
    pub by_state: BTreeMap<ConversationState, usize>,
    /// Those that match all but the states and the clock of the filter, with a running
    /// clock that is at risk.
    pub at_risk: usize,
    /// The same, with a missed clock.
    pub missed: usize,
    /// The same, with one or the other.
    pub warned: usize,
}

/// How many conversations that are not resolved there are, in all and by group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// All of the company.
    pub total: ListCounts,
    /// Those that wait in each queue or came from it; a queue without any is absent.
    pub by_queue: BTreeMap<String, ListCounts>,
    /// Those that each agent owns; an agent without any is absent.
    pub by_owner: BTreeMap<String, ListCounts>,
}

impl ListCounts {
    /// Counts a conversation that matches a filter without states and clocks.
    fn add(&mut self, row: &ListedConversation, (is_at_risk, is_missed): (bool, bool)) {
        self.matching += 1;
        *self.by_state.entry(row.state).or_default() += 1;
        self.at_risk += usize::from(is_at_risk);
        self.missed += usize::from(is_missed);
        self.warned += usize::from(is_at_risk || is_missed);
    }
}

/// A page of conversations that are not resolved.
#[derive(Clone, Debug, Default)]
pub struct OpenPage {
    /// In their order.
    pub rows: Vec<Arc<ListedConversation>>,
    /// Whether more follow.
    pub has_more: bool,
    /// Counts of the same moment.
    pub counts: ListCounts,
}

impl OpenIndex {
    /// Number of conversations.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Put a conversation as it is now. One of an earlier sequence number than the known
    /// one is ignored.
    pub fn put(&mut self, row: Arc<ListedConversation>) {
        let known = self.rows.get(&row.id);
        if known.is_some_and(|known| known.sequence > row.sequence) {
            return;
        }
        let id = row.id;
        let before = self.rows.insert(id, Arc::clone(&row));
        self.regroup(id, before.as_deref(), Some(&row));
    }

    /// Remove a conversation: it is resolved.
    pub fn remove(&mut self, id: ConversationId) {
        if let Some(before) = self.rows.remove(&id) {
            self.regroup(id, Some(&before), None);
        }
    }

    /// Remove a conversation that was resolved by this entry, unless it is known to be open
    /// again.
    pub fn remove_before(&mut self, id: ConversationId, sequence: u64) {
        let known = self.rows.get(&id);
        if known.is_some_and(|known| known.sequence <= sequence) {
            self.remove(id);
        }
    }

    fn regroup(
        &mut self,
        id: ConversationId,
        from: Option<&ListedConversation>,
        to: Option<&ListedConversation>,
    ) {
        let owner = |row: Option<&ListedConversation>| row?.owner.clone();
        let incident = |row: Option<&ListedConversation>| row?.incident.clone();
        self.by_owner
            .change(id, owner(from).as_deref(), owner(to).as_deref());
        self.by_incident
            .change(id, incident(from).as_deref(), incident(to).as_deref());
    }

    /// The page after a place (absent: the first) of at most `limit` conversations, and
    /// the counts at a moment.
    pub fn page(
        &self,
        filter: &ListFilter,
        order: ListOrder,
        after: Option<SortKey>,
        limit: usize,
        now: Timestamp,
    ) -> OpenPage {
        let now_ms = unix_ms(now);
        let mut counts = ListCounts::default();
        let mut found: Vec<(SortKey, &Arc<ListedConversation>)> = Vec::new();
        self.visit(filter, |row| {
            if !filter.matches(row) {
                return;
            }
            let (is_at_risk, is_missed) = (row.is_at_risk(now_ms), row.is_missed(now_ms));
            counts.at_risk += usize::from(is_at_risk);
            counts.missed += usize::from(is_missed);
            counts.warned += usize::from(is_at_risk || is_missed);
            if !filter.has_clock(row, now_ms) {
                return;
            }
            *counts.by_state.entry(row.state).or_default() += 1;
            if !filter.has_state(row.state) {
                return;
            }
            counts.matching += 1;
            let key = order.key(row);
            if after.is_none_or(|after| key > after) {
                found.push((key, row));
            }
        });
        let has_more = found.len() > limit;
        if has_more {
            found.select_nth_unstable_by_key(limit, |(key, _)| *key);
            found.truncate(limit);
        }
        found.sort_unstable_by_key(|(key, _)| *key);
        OpenPage {
            rows: found.into_iter().map(|(_, row)| Arc::clone(row)).collect(),
            has_more,
            counts,
        }
    }

    /// Counts of all conversations at a moment, by queue and by owner: one pass over the
    /// rows.
    pub fn group_counts(&self, now: Timestamp) -> GroupCounts {
        let now_ms = unix_ms(now);
        let mut total = ListCounts::default();
        let mut by_queue: HashMap<&str, ListCounts> = HashMap::new();
        let mut by_owner: HashMap<&str, ListCounts> = HashMap::new();
        for row in self.rows.values() {
            let clocks = (row.is_at_risk(now_ms), row.is_missed(now_ms));
            total.add(row, clocks);
            if let Some(queue) = row.queue.as_deref() {
                by_queue.entry(queue).or_default().add(row, clocks);
            }
            if let Some(owner) = row.owner.as_deref() {
                by_owner.entry(owner).or_default().add(row, clocks);
            }
        }
        let owned = |groups: HashMap<&str, ListCounts>| {
            let groups = groups.into_iter();
            groups
                .map(|(name, counts)| (name.to_owned(), counts))
                .collect()
        };
        GroupCounts {
            total,
            by_queue: owned(by_queue),
            by_owner: owned(by_owner),
        }
    }

    /// The ids of at most `limit` conversations that match all but the states and the clock
    /// of a filter: first those that it lists at a moment, then the others, which only counts
    /// have; of both those with the newest messages first. And whether all that it lists are
    /// among them.
    pub fn newest(
        &self,
        filter: &ListFilter,
        limit: usize,
        now: Timestamp,
    ) -> (Vec<ConversationId>, bool) {
        let now_ms = unix_ms(now);
        let mut listed = 0;
        let mut found: Vec<(bool, SortKey, ConversationId)> = Vec::new();
        self.visit(filter, |row| {
            if filter.matches(row) {
                let is_listed = filter.has_state(row.state) && filter.has_clock(row, now_ms);
                listed += usize::from(is_listed);
                found.push((!is_listed, ListOrder::Activity.key(row), row.id));
            }
        });
        found.sort_unstable();
        found.truncate(limit);
        let ids = found.into_iter().map(|(_, _, id)| id).collect();
        (ids, listed <= limit)
    }

    /// Visit all that a filter may match: of an agent or an incident only their own.
    fn visit<'a>(
        &'a self,
        filter: &ListFilter,
        mut visit: impl FnMut(&'a Arc<ListedConversation>),
    ) {
        let ids: BTreeSet<&ConversationId> = match (&filter.owner, &filter.agent) {
            (Some(owner), _) => self.by_owner.of(owner).collect(),
            (None, Some(agent)) => self.by_owner.of(agent).chain(&filter.offered).collect(),
            (None, None) => match &filter.incident {
                Some(incident) => self.by_incident.of(incident).collect(),
                None => return self.rows.values().for_each(visit),
            },
        };
        for id in ids {
            self.rows.get(id).into_iter().for_each(&mut visit);
        }
    }
}
