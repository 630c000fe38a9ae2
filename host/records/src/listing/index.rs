//! The conversations of a company that are not resolved, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;

use super::{ListFilter, ListOrder, ListedConversation, SortKey};
use crate::snapshot::unix_ms;

/// The conversations of a company that are not resolved, without names and texts. A page
/// reads each row of the company once, or those of one agent; it needs no sorted copies.
#[derive(Debug, Default)]
pub struct OpenIndex {
    rows: HashMap<ConversationId, Arc<ListedConversation>>,
    by_owner: HashMap<String, BTreeSet<ConversationId>>,
}

/// How many conversations a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// Those that match the filter.
    pub matching: usize,
    /// Those that match all but the states of the filter, by state.
    pub by_state: BTreeMap<ConversationState, usize>,
    /// Those of them with a running clock that is at risk.
    pub at_risk: usize,
    /// Those of them with a missed clock.
    pub missed: usize,
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
        let owner = row.owner.clone();
        let before = self.rows.insert(id, row);
        let before = before.and_then(|before| before.owner.clone());
        if before == owner {
            return;
        }
        self.drop_owner(before, id);
        if let Some(owner) = owner {
            self.by_owner.entry(owner).or_default().insert(id);
        }
    }

    /// Remove a conversation: it is resolved.
    pub fn remove(&mut self, id: ConversationId) {
        if let Some(before) = self.rows.remove(&id) {
            self.drop_owner(before.owner.clone(), id);
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

    fn drop_owner(&mut self, owner: Option<String>, id: ConversationId) {
        let Some(owner) = owner else {
            return;
        };
        if let Some(own) = self.by_owner.get_mut(&owner) {
            own.remove(&id);
            if own.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
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
            *counts.by_state.entry(row.state).or_default() += 1;
            counts.at_risk += usize::from(row.is_at_risk(now_ms));
            counts.missed += usize::from(row.is_missed(now_ms));
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

    /// The ids of at most `limit` conversations that match all but the states of a filter,
    /// those with the newest messages first; and whether those are all.
    pub fn newest(&self, filter: &ListFilter, limit: usize) -> (Vec<ConversationId>, bool) {
        let mut found: Vec<(SortKey, ConversationId)> = Vec::new();
        self.visit(filter, |row| {
            if filter.matches(row) {
                found.push((ListOrder::Activity.key(row), row.id));
            }
        });
        found.sort_unstable();
        let is_all = found.len() <= limit;
        found.truncate(limit);
        (found.into_iter().map(|(_, id)| id).collect(), is_all)
    }

    /// Visit all that a filter may match: of an agent only their own.
    fn visit<'a>(
        &'a self,
        filter: &ListFilter,
        mut visit: impl FnMut(&'a Arc<ListedConversation>),
    ) {
        let Some(agent) = filter.owner.as_ref().or(filter.agent.as_ref()) else {
            self.rows.values().for_each(visit);
            return;
        };
        let own = self.by_owner.get(agent).into_iter().flatten();
        let offered = filter.offered.iter().filter(|_| filter.owner.is_none());
        let ids: BTreeSet<&ConversationId> = own.chain(offered).collect();
        for id in ids {
            self.rows.get(id).into_iter().for_each(&mut visit);
        }
    }
}
